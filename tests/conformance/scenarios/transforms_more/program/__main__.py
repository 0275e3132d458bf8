import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
import asyncio
seen = []
async def first(args):
    await asyncio.sleep(0.01); pulumi.log.info(f"first {args.type_.split(':')[-1]} {args.name}")
    if args.type_ == "pulumi:providers:conf": return pulumi.ResourceTransformResult({**args.props, "region": "from-transform"}, args.opts)
    return None
def second(args):
    if args.type_ == "conf:index:Thing": return pulumi.ResourceTransformResult({**args.props, "value": [args.props.get("value"), "s"]}, args.opts)
pulumi.runtime.register_resource_transform(first); pulumi.runtime.register_resource_transform(second)
def mark(m):
    def change(args): return pulumi.ResourceTransformResult({**args.props, "value": [args.props.get("value"), m]}, args.opts) if args.type_.startswith("conf") else None
    return change
def old(args): return pulumi.ResourceTransformationResult({**args.props, "value": [args.props.get("value"), "old"]}, args.opts) if args.type_.startswith("conf") else None
p = Provider("p"); z = Thing("z", value="z")
o = Group("o", R(transforms=[mark("o")], transformations=[old])); i = Group("i", o.inside(transforms=[mark("i")])); a = Thing("a", value="a", opts=i.inside(transforms=[mark("a1"), mark("a2")])); b = Thing("b", value=a.arn, opts=R(provider=p))
async def more(args):
    await asyncio.sleep(0)
    return pulumi.ResourceTransformResult({**args.props, "value": z.arn, "count": 3}, R.merge(args.opts, R(depends_on=[b], protect=False)))
c = Thing("c", value="c", opts=R(transforms=[more]))
