import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=5)
raise pulumi.RunError("the user is told this")
