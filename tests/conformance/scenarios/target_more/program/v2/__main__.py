import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
p = Provider("p", region="r2"); s = Provider("s", region="s"); a = Thing("a", value=2, opts=R(provider=p)); n = Thing("n", value=1, opts=R(provider=s)); m = Thing("m", value=a.arn, opts=R(provider=s)); g = Group("g"); h = Thing("h", value=2, opts=g.inside()); i = Thing("i", value=h.arn, count=1, opts=g.inside()); d = Thing("d", fixedDbr=1, value=2); e = Thing("e", fixed=d.arn); f = Thing("f", value=e.arn)
pulumi.export("a", a.value)
