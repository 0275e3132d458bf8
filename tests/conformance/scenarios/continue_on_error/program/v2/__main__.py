import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=2, fail="update"); b = Thing("b", value=a.serial); c = Thing("c", fixed=2, fail="create"); d = Thing("d", value=c.arn); e = Thing("e", fixedDbr=2); f = Thing("f", value=e.arn)
n = Thing("n", fail="create"); m = Thing("m", value=n.arn); o = Thing("o", opts=R(depends_on=[m])); g = Group("g", R(depends_on=[n])); h = Thing("h", opts=g.inside()); z = Thing("z", value=1)
pulumi.export("z", z.value); pulumi.export("n", n.arn)
