import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", sleep=1); b = Thing("b", fail="create"); c = Thing("c", value=b.arn)
