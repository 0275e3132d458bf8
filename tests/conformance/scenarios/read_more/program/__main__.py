import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
p = Provider("p", region="there"); g = Group("g"); a = Thing("a", value=1, fixed=1)
q = Thing.get("q", "e-1", R(parent=g, additional_secret_outputs=["echo"])); r = Thing.get("r", "e-1", R(provider=p, depends_on=[a])); s = Thing.get("s", a.id); t = Thing("t", value=s.arn, fixed=q.arn); pulumi.export("q", q.echo)
