import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
p = Provider("p", account="2", region="r1"); g = Group("g", R(providers={"conf": p})); a = Thing("a", value=1, opts=g.inside()); b = Thing("b", value=a.arn, opts=R(provider=p)); c = Thing("c", value=1)
