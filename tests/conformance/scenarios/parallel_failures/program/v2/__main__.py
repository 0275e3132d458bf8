import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", sleep=1); b = Thing("b", sleep=1, fail="create"); c = Thing("c", sleep=2); d = Thing("d", value=c.arn)
