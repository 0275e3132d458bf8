import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
k = Thing("k", value="k2", opts=R(import_="gone")); a = Thing("a", name="a-in", value=2, fixed=1)
