import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=1); b = Thing("b", value=2); c = Thing("c", value=a.arn, fixed=1); d = Thing("d", value=1, opts=R(depends_on=[b]))
