import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", fixed=1); g = Group("g"); b = Thing("b", value=pulumi.Output.secret("s"), config={"k": pulumi.Output.secret("t"), "l": 1}, opts=g.inside()); c = Thing("c", value=b.arn, opts=R(parent=b)); d = Thing("d", value=1, opts=R(retain_on_delete=True)); e = Thing("e", opts=R(deleted_with=d)); f = Thing("f", value=[1, {"x": 1}])
pulumi.export("f", f.value)
