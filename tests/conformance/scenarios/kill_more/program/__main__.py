import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", fixed=1); b = Thing("b", value=a.arn)
