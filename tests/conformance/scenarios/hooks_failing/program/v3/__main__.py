import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
def say(kind, fail=()):
    def hook(args):
        pulumi.log.info(f"{kind} {args.name}")
        if args.name in fail: raise ValueError(f"{kind} of {args.name} failed")
    return hook
B = pulumi.ResourceHookBinding

h = {k: pulumi.ResourceHook(k, say(k, "d" if k == "before_delete" else "e" if k == "after_delete" else "")) for k in ("before_create", "after_create", "before_update", "after_update", "before_delete", "after_delete")}
w = R(hooks=B(**{k: [v] for k, v in h.items()}))
a = Thing("a", value=2, opts=w); b = Thing("b", value=2, opts=w); c = Thing("c", fixed=2, opts=w)
