import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
s = pulumi.Output.secret
a = Thing("a", config={"l": [{"k": "x"}, {"k": s("y")}], "m": s({"n": 1})}, value={"deep": [1, 2]}); b = Thing("b", value=a.value, fixed=a.config)
c = Thing("c", value="plain", makeSecret=True, opts=R(additional_secret_outputs=["echo"])); g = Group("g"); g.register_outputs({"a": a.value, "l": [c.token, "open"], "u": "now"})
pulumi.export("a", a.config); pulumi.export("t", c.echo); pulumi.export("plain", s(c.value))
