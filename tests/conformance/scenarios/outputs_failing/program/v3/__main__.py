import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=3); pulumi.export("a", a.value); pulumi.export("late", a.arn.apply(lambda x: 1 / 0))
