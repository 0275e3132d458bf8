import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
def tell(args): pulumi.log.info(f"{args.name} id={bool(args.id)} new={args.new_inputs and args.new_inputs.get('value')} old={args.old_inputs and args.old_inputs.get('value')} out={args.new_outputs and args.new_outputs.get('echo')} was={args.old_outputs and args.old_outputs.get('echo')}")
async def later(args): pulumi.log.info(f"later {args.name}")
H = {k: pulumi.ResourceHook(k, later if "delete" in k else tell, pulumi.ResourceHookOptions(on_dry_run=k == "before_create")) for k in ("before_create", "after_create", "before_update", "after_update", "before_delete", "after_delete")}
w = R(hooks=pulumi.ResourceHookBinding(**{k: [v] for k, v in H.items()}))
def add(args): return pulumi.ResourceTransformResult(args.props, R.merge(args.opts, w)) if args.name in "abdf2" and args.type_ == "conf:index:Thing" else None
pulumi.runtime.register_resource_transform(add)
a = Thing("a", value=1, fixedDbr=2); b = Thing("b", fixed=a.arn); d = Thing("d", value=1, opts=R(deleted_with=a)); f = Thing("f2", value=pulumi.Output.secret("t"), opts=R(aliases=[pulumi.Alias(name="f")]))
