import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=1); b = Thing("b", value=a.arn); c = Thing("c", fixed=1); d = Thing("d", value=c.arn); e = Thing("e", fixedDbr=1); f = Thing("f", value=e.arn); x = Thing("x", value=1); y = Thing("y", value=x.arn)
