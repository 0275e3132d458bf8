import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
z = Thing("z", value="r2", fixed=2); p = Provider("p", region=z.arn, account=z.arn); a = Thing("a", value=1, opts=R(provider=p)); s = Provider("s", region="r2", account="9", opts=R(protect=True))
