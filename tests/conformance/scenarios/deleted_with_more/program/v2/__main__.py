import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", fixed=2); b = Thing("b", opts=R(deleted_with=a)); c = Thing("c", opts=R(deleted_with=b)); g = Group("g", R(deleted_with=a)); h = Thing("h", opts=g.inside())
q = Thing("q", fixedDbr=2); r = Thing("r", value=1, opts=R(deleted_with=q)); s = Thing("s", value=r.arn)
