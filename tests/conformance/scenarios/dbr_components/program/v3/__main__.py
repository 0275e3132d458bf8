import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
g = Group("g"); a = Thing("a", fixedDbr=3, opts=g.inside()); d = Thing("d2", fixed=a.arn); e = Thing("e", fixed="now")
