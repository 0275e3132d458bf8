import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
p = Provider("p", region="there"); r = Thing.get("r", "r-1"); o = Thing("o", value=1)
