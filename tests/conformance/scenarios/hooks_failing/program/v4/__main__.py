import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
def say(kind, fail=()):
    def hook(args):
        pulumi.log.info(f"{kind} {args.name}")
        if args.name in fail: raise ValueError(f"{kind} of {args.name} failed")
    return hook
B = pulumi.ResourceHookBinding

dry = pulumi.ResourceHook("dry", say("dry", "a"), pulumi.ResourceHookOptions(on_dry_run=True))
a = Thing("a", value=3, opts=R(hooks=B(before_update=[dry]))); b = Thing("b", value=3); c = Thing("c", fixed=2)
