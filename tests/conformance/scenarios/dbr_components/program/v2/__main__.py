import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
g = Group("g"); a = Thing("a", fixedDbr=2, opts=g.inside()); b = Thing("b", fixed=1, opts=R(depends_on=[g])); d = Thing("d2", fixed=a.arn, opts=R(aliases=[pulumi.Alias(name="d")])); e = Thing("e", fixed=a.arn, opts=R(retain_on_delete=True)); r = Thing.get("r", a.id); f = Thing("f", fixed=r.arn); k = Thing("k", value=1, opts=R(parent=a)); w = Thing("w", value=1, opts=R(deleted_with=a))
