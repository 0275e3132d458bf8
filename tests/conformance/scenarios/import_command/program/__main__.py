import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", name="a-in", value=1, opts=R(protect=True))
