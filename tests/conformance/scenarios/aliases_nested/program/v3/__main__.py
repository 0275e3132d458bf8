import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
o = Group("outer2"); i = Group("inner2", o.inside())
a = Thing("a9", value=1, type_="conf:index:Other", opts=o.inside(aliases=[pulumi.Alias(name="a", type_="conf:index:Thing", parent=i)]))
b = Thing("b", value=a.arn, opts=i.inside()); m = Thing("moved", value=2, opts=R(aliases=[pulumi.Alias(parent=i)])); t = Thing("top", value=1, opts=o.inside())
