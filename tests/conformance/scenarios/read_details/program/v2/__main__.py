import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=2); r = Thing.get("r", a.id); b = Thing("b", value=r.echo); m = Thing.get("m", "missing"); c = Thing("c", value=m.arn)
