import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
p = Provider("p", region="there"); z = Thing("z")
def change(args):
    o = args.opts
    if args.name == "a": return pulumi.ResourceTransformResult(args.props, R.merge(o, R(protect=True, custom_timeouts=pulumi.CustomTimeouts(create="5m"))))
    if args.name == "b": return pulumi.ResourceTransformResult({**args.props, "value": 2}, R.merge(o, R(depends_on=[z], ignore_changes=["count"])))
    if args.name == "c": return pulumi.ResourceTransformResult(args.props, R.merge(o, R(additional_secret_outputs=["echo"], delete_before_replace=True, retain_on_delete=True)))
    if args.name == "d": return pulumi.ResourceTransformResult(args.props, R.merge(o, R(provider=p)))
a = Thing("a", value=1, opts=R(transforms=[change])); b = Thing("b", value=1, count=1, opts=R(transforms=[change]))
c = Thing("c", value="s", fixed=1, opts=R(transforms=[change])); d = Thing("d", value=1, opts=R(transforms=[change]))
