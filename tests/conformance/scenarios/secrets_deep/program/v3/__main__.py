import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
s = pulumi.Output.secret
a = Thing("a", config={"l": [{"k": "x"}, {"k": "y"}], "m": {"n": 2}}, value={"deep": [1, s(3)]}); b = Thing("b", value=pulumi.Output.all(a.value, s("z")), fixed=s(1))
pulumi.export("a", a.config); pulumi.export("b", b.fixed)
