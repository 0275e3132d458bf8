import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", fixed=2, opts=R(protect=True)); b = Thing("b", fixedDbr=1); c = Thing("c", fixed=b.arn, opts=R(protect=True)); d = Thing("d", value=2)
g = Group("g", R(protect=True)); h = Thing("h", fixed=1, opts=g.inside()); i = Thing("i", fixed=2, opts=g.inside(protect=False))
