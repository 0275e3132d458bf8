import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
p = Provider("p", region="there"); g = Group("g"); a = Thing("a", value=1, fixed=2)
q = Thing.get("q", "e-2", R(parent=g)); r = Thing.get("r2", "e-1", R(provider=p, aliases=[pulumi.Alias(name="r")])); s = Thing.get("s", a.id); t = Thing("t", value=s.arn, fixed=q.arn)
