import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=1); x = Thing("x", value=1, opts=R(aliases=[pulumi.Alias(name="a")]))
