import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=2); b = Thing("b", value=a.echo); c = Thing("c", value=2); n = Thing("n", value=1, fail="partial"); m = Thing("m", value=n.arn)
