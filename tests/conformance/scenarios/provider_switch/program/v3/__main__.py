import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
q = Provider("q", account="1", region="q2")
a = Thing("a", value=1); b = Thing("b", value=2); c = Thing("c", value=a.arn, opts=R(provider=q)); d = Thing("d", value=1, opts=R(provider=q)); e = Thing("e", value=1); g = Group("g"); h = Thing("h", value=1, opts=g.inside())
