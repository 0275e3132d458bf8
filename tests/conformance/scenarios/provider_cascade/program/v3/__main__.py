import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
p = Provider("p2", account="2", region="r2", opts=R(aliases=[pulumi.Alias(name="p")])); g = Group("g", R(providers={"conf": p})); a = Thing("a", value=1, opts=g.inside()); b = Thing("b", value=a.arn); c = Thing("c", value=1, opts=R(provider=p))
