import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=1, config={"k": [1, 2]}, opts=R(protect=True, depends_on=[Group("g")]))
