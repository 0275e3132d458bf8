import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=1, fixed=2); q = Thing.get("q", "e-2", R(depends_on=[a])); t = Thing("t", value=q.arn)
