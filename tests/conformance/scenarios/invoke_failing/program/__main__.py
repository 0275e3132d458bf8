import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=1)
f = function("explode", x=1)
b = Thing("b", value=f)
