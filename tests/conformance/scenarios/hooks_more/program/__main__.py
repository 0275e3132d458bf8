import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
def tell(args): pulumi.log.info(f"{args.name} id={bool(args.id)} new={args.new_inputs and args.new_inputs.get('value')} old={args.old_inputs and args.old_inputs.get('value')} out={args.new_outputs and args.new_outputs.get('echo')} was={args.old_outputs and args.old_outputs.get('echo')}")
async def later(args): pulumi.log.info(f"later {args.name}")
H = {k: pulumi.ResourceHook(k, later if "delete" in k else tell, pulumi.ResourceHookOptions(on_dry_run=k == "before_create")) for k in ("before_create", "after_create", "before_update", "after_update", "before_delete", "after_delete")}
w = R(hooks=pulumi.ResourceHookBinding(**{k: [v] for k, v in H.items()}))
a = Thing("a", value=1, fixedDbr=1, opts=w); b = Thing("b", fixed=a.arn, opts=w); c = Thing("c", value=1, opts=R.merge(w, R(retain_on_delete=True))); d = Thing("d", value=1, opts=R.merge(w, R(deleted_with=a))); g = Group("g", w); e = Thing("e", value=1, opts=R.merge(w, g.inside())); f = Thing("f", value=pulumi.Output.secret("s"), opts=w)
