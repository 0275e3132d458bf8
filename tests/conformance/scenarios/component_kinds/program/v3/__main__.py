import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
class C(pulumi.ComponentResource):
    def __init__(self, name, n, opts=None): super().__init__("conf:index:Thing", name, {"n": n}, opts); self.register_outputs({"n": n})
b = C("b", 1); t = C("t", 1); v = Thing("v", value=1, opts=R(parent=t)); w = Thing("w", value=1, opts=R(parent=b, protect=False))
