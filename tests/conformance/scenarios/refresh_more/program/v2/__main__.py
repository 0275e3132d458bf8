import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=5); b = Thing("b", value=a.arn); g = Group("g"); c = Thing("c", value=1, opts=g.inside(depends_on=[b])); d = Thing("d", value=1, opts=R(ignore_changes=["value"])); e = Thing("e", value=pulumi.Output.secret("s"), opts=R(protect=True))
pulumi.export("b", b.value)
