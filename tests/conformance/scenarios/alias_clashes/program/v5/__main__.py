import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a1", value=1, opts=R(aliases=[pulumi.Alias(name="nobody"), pulumi.Alias(name="a"), pulumi.Alias(name="c")])); b = Thing("b", value=2)
c = Thing("c1", value=a.arn, fixed=2, opts=R(aliases=[pulumi.Alias(name="c")])); d = Thing("d", value=1, opts=R(depends_on=[b], aliases=[pulumi.Alias(name="d"), pulumi.Alias(parent=b)]))
