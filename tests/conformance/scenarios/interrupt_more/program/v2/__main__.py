import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=2, sleep={"update": 4, "delete": 3}); b = Thing("b", value=a.serial); c = Thing("c", value=1); pulumi.export("b", b.value)
