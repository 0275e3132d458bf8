import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", config={"x": {"k": 1, "v": 1}, "y": {"k": 1, "v": 1}}, opts=R(ignore_changes=["config.*.v"]))
b = Thing("b", targets=[{"p": {"q": 1, "r": 1}}, {"p": {"q": 2, "r": 2}}], opts=R(ignore_changes=["targets[*].p.q"]))
c = Thing("c", value=pulumi.Output.secret("one"), fixed=1, opts=R(ignore_changes=["value"]))
d = Thing("d", config={"tags": {"mine": 1}}, opts=R(ignore_changes=["config.tags"]))
e = Thing("e", config={"tags": {"mine": 1}}, opts=R(ignore_changes=["config.tags.auto"]))
f = Thing("f", config={"s": pulumi.Output.secret({"n": 1})}, opts=R(ignore_changes=["config.s.n"]))
g = Thing("g", targets=[1, 2, 3], opts=R(ignore_changes=["targets[*]"]))
