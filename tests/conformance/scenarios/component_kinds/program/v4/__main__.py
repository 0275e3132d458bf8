import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
b = Thing("b", value=1); t = Thing("t", value=1)
