import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a"); b = Thing("b"); c = Thing("c", opts=R(depends_on=[b])); d = Thing("d", value=c.arn)
