import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", fixed=3); d = Thing("d", fixedDbr=3, opts=R(depends_on=[a])); e = Thing("e", fixed=d.arn)
