import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
p = Provider("p", account="1"); q = Provider("q", account="1", region="q"); s = Provider("s", account="2")
a = Thing("a", value=1, opts=R(provider=p)); b = Thing("b", value=1, opts=R(provider=p)); c = Thing("c", value=a.arn, fixed=b.arn, opts=R(provider=p)); d = Thing("d", value=1, opts=R(provider=p, protect=True)); e = Thing("e", value=1); g = Group("g", R(providers=[p])); h = Thing("h", value=1, opts=g.inside()); i = Thing("i", value=1, opts=R(provider=p, delete_before_replace=True)); j = Thing("j", fixed=i.arn)
