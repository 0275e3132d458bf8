import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
o = Group("outer2", R(aliases=[pulumi.Alias(name="outer")])); i = Group("inner2", o.inside(aliases=[pulumi.Alias(name="inner")]))
a = Thing("a", value=1, opts=i.inside()); b = Thing("b", value=a.arn, opts=i.inside())
m = Thing("moved", value=1, opts=i.inside(aliases=[pulumi.Alias(parent=o)])); t = Thing("top", value=1, opts=o.inside(aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)]))
x = Thing("x", value=1, fixed=2, opts=o.inside())
