import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
p = Provider("p", account="1"); q = Provider("q", account="1", region="q"); s = Provider("s", account="2")
a = Thing("a", value=1, opts=R(provider=q)); b = Thing("b", value=1, opts=R(provider=s)); c = Thing("c", value=a.arn, fixed=b.arn, opts=R(provider=q)); d = Thing("d", value=1, opts=R(provider=q, protect=True)); e = Thing("e", value=1, opts=R(provider=s)); g = Group("g", R(providers=[s])); h = Thing("h", value=1, opts=g.inside()); i = Thing("i", value=1, opts=R(provider=s, delete_before_replace=True)); j = Thing("j", fixed=i.arn)
