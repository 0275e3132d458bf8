import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
def say(kind, fail=()):
    def hook(args):
        pulumi.log.info(f"{kind} {args.name}")
        if args.name in fail: raise ValueError(f"{kind} of {args.name} failed")
    return hook
B = pulumi.ResourceHookBinding

h = {k: pulumi.ResourceHook(k, say(k, "b" if k == "before_update" else "a" if k == "after_update" else "")) for k in ("before_create", "after_create", "before_update", "after_update", "before_delete", "after_delete")}
w = R(hooks=B(**{k: [v] for k, v in h.items()}))
a = Thing("a", value=2, opts=w); x = Thing("x", value=a.serial); b = Thing("b", value=2, opts=w); y = Thing("y", value=b.serial); c = Thing("c", fixed=2, opts=w); d = Thing("d", value=1, opts=w); e = Thing("e", value=1, opts=w)
