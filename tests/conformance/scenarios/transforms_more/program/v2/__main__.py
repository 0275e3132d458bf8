import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
def second(args):
    if args.type_ == "conf:index:Thing" and args.name == "b": return pulumi.ResourceTransformResult({"value": pulumi.Output.secret("hidden"), "fixed": 1}, R.merge(args.opts, R(replace_on_changes=["value"], delete_before_replace=True)))
    if args.name == "g": return pulumi.ResourceTransformResult(args.props, R.merge(args.opts, R(protect=True)))
pulumi.runtime.register_resource_transform(second)
p = Provider("p"); g = Group("g"); a = Thing("a", value="a", opts=g.inside(aliases=[pulumi.Alias(parent="urn:pulumi:dev::transforms-more::app:index:Group$app:index:Group::i")])); b = Thing("b", value="x", opts=R(provider=p))
