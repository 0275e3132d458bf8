import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", fixed=2, sleep={"create": 3}); b = Thing("b", value=a.arn)
