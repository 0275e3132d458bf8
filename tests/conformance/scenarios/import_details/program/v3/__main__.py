import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
k = Thing("k", value="k"); a = Thing("a", name="a-in", value=2, fixed=1, opts=R(import_="a-1", ignore_changes=["value"]))
g = Group("g"); b = Thing("b", name="b-in", value=1, opts=g.inside(import_="b-1", protect=True)); c = Thing("c", value=b.arn)
