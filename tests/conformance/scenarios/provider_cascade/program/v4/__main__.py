import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
p = Provider("p2", account="2", region="nowhere"); a = Thing("a", value=1, opts=R(provider=p))
