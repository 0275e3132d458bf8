import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=1); r = Thing.get("r", a.id); b = Thing("b", value=r.arn); p = Provider("p", region="here"); q = Thing.get("q", "ext", R(provider=p))
