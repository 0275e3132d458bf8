import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
p = Provider("p", region="r1"); a = Thing("a", value=1, opts=R(provider=p)); g = Group("g"); h = Thing("h", value=1, opts=g.inside()); i = Thing("i", value=h.arn, opts=g.inside()); d = Thing("d", fixedDbr=1); e = Thing("e", fixed=d.arn); f = Thing("f", value=e.arn); x = Thing("x", value=1); y = Thing("y", value=x.arn)
