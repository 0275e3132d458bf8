import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
p = Provider("p", region="there"); g = Group("g"); a = Thing("a", value=1, opts=g.inside())
b = Thing("b", name="b-in", value=1, opts=g.inside(protect=True)); c = Thing("c", name="c-in", value=2, opts=R(provider=p, protect=True))
