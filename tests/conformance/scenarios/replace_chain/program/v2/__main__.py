import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", fixedDbr=2); b = Thing("b", fixed=a.arn); c = Thing("c", fixed=b.arn, opts=R(delete_before_replace=False)); d = Thing("d", value=c.arn)
e = Thing("e", opts=R(depends_on=[b])); f = Thing("f", fixedDbr=d.arn); g = Thing("g", fixed=1, value=f.arn, opts=R(delete_before_replace=True))
