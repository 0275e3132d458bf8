import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=1); b = Thing("b", value=a.arn); c = Thing("c", value=b.arn); g = Group("g"); h = Thing("h", value=1, opts=g.inside()); i = Thing("i", value=h.arn, opts=g.inside()); x = Thing("x1"); y = Thing("x2")
