import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
def bad(args): raise ValueError("the transform failed")
z = Thing("z", value=3); a = Thing("a2", value=1, opts=R(transforms=[bad]))
