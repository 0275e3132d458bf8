import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
p = Provider("p", region="there"); g = Group("g"); a = Thing("a", value=1, opts=g.inside())
