import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
o = Group("outer"); i = Group("inner", opts=o.inside()); a = Thing("a", value=1, opts=i.inside()); b = Thing("b", value=a.arn, opts=i.inside())
m = Thing("moved", value=1, opts=o.inside()); t = Thing("top", value=1); x = Thing("x", value=1, fixed=1, opts=o.inside())
