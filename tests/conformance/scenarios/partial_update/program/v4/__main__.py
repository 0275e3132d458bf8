import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=2, opts=R(replace_on_changes=["#initerror"])); c = Thing("c", value=3); n = Thing("n", value=1, opts=R(replace_on_changes=["*"])); m = Thing("m", value=n.arn)
