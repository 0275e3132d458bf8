import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", fixedDbr=3); c = Thing("c", fixed=a.arn, opts=R(delete_before_replace=True)); g = Thing("g", fixed=c.arn, opts=R(delete_before_replace=True))
