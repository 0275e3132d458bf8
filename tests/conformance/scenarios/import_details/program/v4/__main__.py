import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
k = Thing("k", value="k"); a = Thing("a", name="a-in", value=2, fixed=1)
g = Group("g"); b = Thing("b", name="b-in", value=3, opts=g.inside(import_="b-2")); c = Thing("c", value=b.arn)
