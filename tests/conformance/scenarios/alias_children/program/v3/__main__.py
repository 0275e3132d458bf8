import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
class C(pulumi.ComponentResource):
    def __init__(self, name, type_="app:index:K", opts=None):
        super().__init__(type_, name, None, opts)
        self.two = Thing("two", value="now", type_="conf:index:Two", opts=R(parent=self))
c = C("k"); one = Thing("one", value=1, opts=R(aliases=[pulumi.Alias(name="k-one", parent=c)])); e = Thing("e", value=1, opts=R(parent=c, aliases=[pulumi.Alias(parent="urn:pulumi:dev::alias-children::app:index:K$conf:index:Thing::k-one")]))
s = Thing("s", value=1, opts=R(parent=c, aliases=[pulumi.Alias(name="f", parent=pulumi.ROOT_STACK_RESOURCE)]))
