import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
z = Thing("z"); a = Thing("a", value=1); b = Thing("b", value="b"); c = Thing("c", value=1); d = Thing("d", value=1, fixed=1); e = Thing("e", value=1, opts=R(depends_on=[z])); g = Group("g")
