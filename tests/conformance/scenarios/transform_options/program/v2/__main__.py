import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
p = Provider("p", region="there"); z = Thing("z")
def change(args):
    o = args.opts
    if args.name == "a2": return pulumi.ResourceTransformResult(args.props, R.merge(o, R(aliases=[pulumi.Alias(name="a")], protect=False)))
    if args.name == "b": return pulumi.ResourceTransformResult({**args.props, "count": 5}, R.merge(o, R(ignore_changes=["count"])))
    if args.name == "c": return pulumi.ResourceTransformResult(args.props, R.merge(o, R(delete_before_replace=True, retain_on_delete=True, replace_on_changes=["value"])))
    if args.name == "d": return pulumi.ResourceTransformResult(args.props, R.merge(o, R(provider=p, deleted_with=z)))
a = Thing("a2", value=1, opts=R(transforms=[change])); b = Thing("b", value=2, count=1, opts=R(transforms=[change]))
c = Thing("c", value="t", fixed=1, opts=R(transforms=[change])); d = Thing("d", value=1, opts=R(transforms=[change]))
