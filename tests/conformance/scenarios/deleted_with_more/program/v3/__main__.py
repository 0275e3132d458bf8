import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
b = Thing("b"); c = Thing("c", opts=R(deleted_with=b)); s = Thing("s", value="alone", opts=R(deleted_with=b))
