import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
class C(pulumi.ComponentResource):
    def __init__(self, name, n, opts=None):
        super().__init__("app:index:C", name, None, opts)
        self.first = Thing(f"{name}-first", value=n, opts=R(parent=self)); self.last = Thing(f"{name}-last", value=self.first.arn, opts=R(parent=self))
        self.out = pulumi.Output.concat("out-", self.last.arn); self.register_outputs({"out": self.out, "n": n})
a = C("a", 1); b = C("b", 2, R(depends_on=[a])); c = Thing("c", value=b.out, opts=R(depends_on=[a])); d = Thing("d", value=pulumi.Output.all(a.out, b.out).apply(lambda x: "+".join(x)))
pulumi.export("a", a); pulumi.export("out", b.out)
