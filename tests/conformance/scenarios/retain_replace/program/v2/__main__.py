import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", fixed=2, opts=R(retain_on_delete=True)); b = Thing("b", fixedDbr=2, opts=R(retain_on_delete=True)); c = Thing("c", fixed=b.arn)
g = Group("g", R(retain_on_delete=True)); h = Thing("h", value=1, opts=g.inside()); i = Thing("i", value=1, opts=g.inside(retain_on_delete=False))
o = Thing("o", fixed=2, opts=R(retain_on_delete=True)); w = Thing("w", opts=R(deleted_with=o))
