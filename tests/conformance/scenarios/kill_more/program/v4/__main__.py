import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
b = Thing("b", value="x"); c = Thing("c", value=2)
