import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=1, sleep={"delete": 3}); b = Thing("b", value=a.arn); c = Thing("c", value=1)
