import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=1); b = Thing("b", value=a.arn.apply(lambda arn: function("explode", x=arn)))
c = Thing("c", value=1)
