import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", fixed=1); b = Thing("b", opts=R(deleted_with=a)); c = Thing("c", opts=R(deleted_with=b)); g = Group("g", R(deleted_with=a)); h = Thing("h", opts=g.inside())
o = Thing("o", opts=R(retain_on_delete=True)); p = Thing("p", opts=R(deleted_with=o)); q = Thing("q", fixedDbr=1); r = Thing("r", value=1, opts=R(deleted_with=q)); s = Thing("s", value=r.arn); t = Thing("t", fail="delete"); u = Thing("u", opts=R(deleted_with=t))
