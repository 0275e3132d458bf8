import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=1, config={"k": [1, 2]}); pulumi.export("a", a.value)
