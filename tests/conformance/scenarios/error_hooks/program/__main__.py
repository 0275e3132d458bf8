import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
import os
tries = {}
def again(args):
    tries[args.name] = tries.get(args.name, 0) + 1
    pulumi.log.info(f"{args.failed_operation} {args.name} {tries[args.name]}: {args.errors[0]}")
    return tries[args.name] < 3
hook = pulumi.ErrorHook("again", again)
a = Thing("a", value=1, fail="create", opts=R(hooks=pulumi.ResourceHookBinding(on_error=[hook]))); b = Thing("b", value=1)
