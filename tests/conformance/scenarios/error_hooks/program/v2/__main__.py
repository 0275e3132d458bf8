import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
def broken(args): raise ValueError("no idea")
hook = pulumi.ErrorHook("broken", broken)
a = Thing("a", value=1, opts=R(hooks=pulumi.ResourceHookBinding(on_error=[hook]))); b = Thing("b", value=2, fail="update", opts=R(hooks=pulumi.ResourceHookBinding(on_error=[hook])))
