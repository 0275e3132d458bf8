import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", config={"x": 5}, opts=R(replace_on_changes=["config.x.k"])); b = Thing("b", config={"x": {"k": 1, "l": 3}}, opts=R(replace_on_changes=["config"])); d = Thing("d", targets=[{"n": 9, "m": 2}], opts=R(replace_on_changes=["targets[*].n"]))
z = Thing("z", value=1); f = Thing("f", config={"k": z.arn}, opts=R(replace_on_changes=["config.k"])); k = Thing("k", value=1, count=2, opts=R(replace_on_changes=["not..a[path"]))
