import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
class C(pulumi.ComponentResource):
    def __init__(self, name, n, opts=None): super().__init__("conf:index:Thing", name, {"n": n}, opts); self.out = pulumi.Output.from_input(n); self.register_outputs({"n": n})
a = C("a", 1); b = C("b", 1, R(depends_on=[a], protect=True)); t = Thing("t", value=1); u = Thing("u", value=a.out, target=a, opts=R(depends_on=[b])); v = Thing("v", value=1, opts=R(parent=t, delete_before_replace=True)); w = Thing("w", value=1, opts=R(parent=b))
pulumi.export("a", a)
