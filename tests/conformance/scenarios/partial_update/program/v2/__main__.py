import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=2, fail="partial"); b = Thing("b", value=a.echo); c = Thing("c", value=2)
