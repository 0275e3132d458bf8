import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", fixed=2); b = Thing("b", fixedDbr=1); c = Thing("c", fixed=b.arn, opts=R(protect=True)); d = Thing("d", value=3)
