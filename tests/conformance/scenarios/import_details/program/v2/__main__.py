import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
k = Thing("k", value="k"); a = Thing("a", name="a-in", value=1, fixed=2, opts=R(import_="a-1"))
