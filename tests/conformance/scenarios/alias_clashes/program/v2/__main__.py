import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
x = Thing("x", value=1, opts=R(aliases=[pulumi.Alias(name="a")])); y = Thing("y", value=1, opts=R(aliases=[pulumi.Alias(name="a")]))
