import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
p = Provider("p", region="there"); x = Thing("x", name="x-in", value=1, opts=R(import_="x-1")); m = Thing("m", value=1, opts=R(import_="nowhere", depends_on=[x])); y = Thing("y", value=m.arn)
