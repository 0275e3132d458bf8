import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=2); g = Group("g"); h = Thing("h", value=a.arn, opts=g.inside()); b = Thing("b", value=1, opts=R(depends_on=g)); e = Thing("e", config={"x": [a.serial, {"y": b.arn}], "z": 1}); j = Thing("j", target=a, targets=[b])
