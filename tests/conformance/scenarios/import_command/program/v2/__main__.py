import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", name="a-in", value=2); b = Thing("b", name="b-in", value=1); c = Thing("c", value=1)
