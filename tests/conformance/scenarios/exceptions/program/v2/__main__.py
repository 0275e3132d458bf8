import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
class C(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("app:index:C", name); self.t = Thing(f"{name}-t", value=1, opts=R(parent=self)); raise RuntimeError("half way")
a = Thing("a", value=2); c = C("c"); n = Thing("never")
