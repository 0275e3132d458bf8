import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
p = Provider("p", region="r"); a = Thing("a", value=1); b = Thing("b", value=a.arn); c = Thing("c", value=b.arn); d = Thing("d", value=1, opts=R(provider=p)); e = Thing("e", value=d.arn); g = Group("g", R(depends_on=[c])); h = Thing("h", opts=g.inside()); i = Thing("i", opts=R(depends_on=[g])); pulumi.export("a", a.value)
