import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
class C(pulumi.ComponentResource):
    def __init__(self, name, type_="app:index:C", opts=None):
        super().__init__(type_, name, None, opts)
        self.one = Thing(f"{name}-one", value=1, opts=R(parent=self)); self.two = Thing("two", value=self.one.arn, type_="conf:index:Two", opts=R(parent=self, aliases=[pulumi.Alias(type_="conf:index:Thing")]))
p = Provider("q", region="r", opts=R(aliases=[pulumi.Alias(name="p")])); c = C("k", "app:index:K", R(aliases=[pulumi.Alias(name="c", type_="app:index:C")])); d = Thing("d", value=c.two.arn, opts=R(provider=p)); e = Thing("e", value=1, opts=R(parent=c.one)); f = Thing("f", value=1, opts=R(deleted_with=c.one))
