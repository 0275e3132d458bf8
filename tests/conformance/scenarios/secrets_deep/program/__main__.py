import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
s = pulumi.Output.secret
a = Thing("a", config={"l": [{"k": s("x")}, {"k": "y"}], "m": {"n": 1}}, value=s({"deep": [1, 2]})); b = Thing("b", value=a.value, fixed=a.config)
c = Thing("c", value="plain", makeSecret=True); g = Group("g"); g.register_outputs({"a": a.value, "l": [c.token, "open"], "u": pulumi.Output.unsecret(a.value)})
pulumi.export("a", a.config); pulumi.export("t", {"x": [c.token]}); pulumi.export("plain", c.value)
