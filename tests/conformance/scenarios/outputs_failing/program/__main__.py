import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=1); b = Thing("b", value=a.arn); pulumi.export("a", a.value); pulumi.export("b", b.serial); pulumi.export("gone", 1)
