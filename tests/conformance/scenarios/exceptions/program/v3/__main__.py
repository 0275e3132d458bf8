import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
def boom(x): raise RuntimeError("in apply")
a = Thing("a", value=3); b = Thing("b", value=a.arn); c = Thing("c", value=a.arn.apply(boom)); d = Thing("d", value=1); pulumi.export("x", a.value)
