import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("b", value=1, opts=R(aliases=[pulumi.Alias(name="a")])); b = Thing("a", value=2, opts=R(aliases=[pulumi.Alias(name="b")]))
