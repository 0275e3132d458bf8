import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
z = Thing("z", value="r2", fixed=2)
