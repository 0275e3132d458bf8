import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=2); b = Thing("b", value=a.serial); c = Thing("c", fixed=2); d = Thing("d", value=c.arn); e = Thing("e", fixedDbr=2); n = Thing("n"); m = Thing("m", value=n.arn); z = Thing("z", value=1)
pulumi.export("z", z.value)
