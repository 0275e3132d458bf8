import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=1, config={"k": [1, 2]}); pulumi.export("a", pulumi.Output.secret(a.value)); pulumi.export("b", 1)
