import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
x = Thing("x", value=1, opts=R(import_="x-1", retain_on_delete=True, ignore_changes=["name"])); u = Thing("u", name="u-in", value=1, fail="partial", opts=R(import_="u-1")); z = Thing("z", value=u.arn)
