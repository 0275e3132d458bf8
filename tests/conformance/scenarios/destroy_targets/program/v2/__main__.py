import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=2); b = Thing("b", value=a.arn); c = Thing("c", value=b.arn, count=2); g = Group("g"); h = Thing("h", value=2, opts=g.inside()); i = Thing("i", value=h.arn, opts=g.inside()); n = Thing("n"); m = Thing("m", value=n.arn)
