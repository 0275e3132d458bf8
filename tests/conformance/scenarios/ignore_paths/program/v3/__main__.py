import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", config={"z": {"k": 2, "v": 9}}, opts=R(ignore_changes=["config.*.v"]))
b = Thing("b", targets=[{"p": {"q": 9, "r": 3}}], opts=R(ignore_changes=["targets[*].p.q"]))
d = Thing("d", opts=R(ignore_changes=["config.tags"]))
g = Thing("g", targets=[4, 5, 6, 7], opts=R(ignore_changes=["targets[3]", "not..a[path"]))
