import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
k = Thing("k", value="k")
