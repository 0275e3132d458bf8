import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
c = Thing("c", value=2)
