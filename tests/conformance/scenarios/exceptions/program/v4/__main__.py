import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
import sys
a = Thing("a", value=4); pulumi.export("y", a.value); sys.exit(3)
