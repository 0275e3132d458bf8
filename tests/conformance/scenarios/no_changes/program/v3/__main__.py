import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=pulumi.Output.secret(1), config={"k": pulumi.Output.secret([1, 2])}); pulumi.export("a", a.value)
