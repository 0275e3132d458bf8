import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=1, sleep=0.2); g = Group("g"); h = Thing("h", value=a.arn, opts=g.inside()); b = Thing("b", value=1, opts=R(depends_on=g)); i = Thing("i", value=1, opts=g.inside()); c = Thing("c", value=1, opts=R(depends_on=pulumi.Output.from_input([a, h])))
d = Thing("d", value=1, opts=R(depends_on=a.arn.apply(lambda x: [a, b]))); e = Thing("e", config={"x": [a.arn, {"y": b.arn}], "z": 1}, targets=pulumi.Output.all(c.arn, d.arn)); f = Thing("f", value=pulumi.Output.all(x=e.arn, y="y").apply(lambda v: v["y"])); j = Thing("j", target=a, targets=[b, {"k": h}])
k = Thing("k", value=1, opts=R(depends_on=[Thing("l", value=j.arn, opts=R(depends_on=[f]))]))
