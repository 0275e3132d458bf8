import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=2); b = Thing("b", value=a.serial); c = Thing("c", fail="create"); pulumi.export("a", a.value); pulumi.export("b", b.serial); pulumi.export("c", c.arn); pulumi.export("new", [c.id, a.arn])
