import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", fixed=2); b = Thing("b", value=a.arn); d = Thing("d", fixedDbr=1, opts=R(depends_on=[b])); e = Thing("e", fixed=d.arn)
