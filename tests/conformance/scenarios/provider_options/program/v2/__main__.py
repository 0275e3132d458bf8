import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
z = Thing("z", value="r2", fixed=1); g = Group("g")
p = Provider("p", region=z.echo, account="1", opts=R(depends_on=[z])); q = Provider("q", region="r", account="2", opts=R(parent=g, delete_before_replace=True)); s = Provider("s", region="r2", opts=R(protect=True)); t = Provider("t", region="r9", account="1", opts=R(ignore_changes=["region"]))
a = Thing("a", value=1, opts=R(provider=p)); b = Thing("b", value=1, opts=R(provider=q)); c = Thing("c", value=b.arn, opts=R(provider=s)); d = Thing("d", value=2, opts=R(provider=t)); e = Thing("e", value=function("echo", value="x", opts=pulumi.InvokeOptions(provider=p))["region"])
