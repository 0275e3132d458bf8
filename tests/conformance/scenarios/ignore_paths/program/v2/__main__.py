import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", config={"x": {"k": 2, "v": 2}, "y": {"k": 2, "v": 2}}, opts=R(ignore_changes=["config.*.v"]))
b = Thing("b", targets=[{"p": {"q": 3, "r": 3}}, {"p": {"q": 4, "r": 4}}], opts=R(ignore_changes=["targets[*].p.q"]))
c = Thing("c", value="two", fixed=2, opts=R(ignore_changes=["value"]))
d = Thing("d", config={"tags": {"mine": 2, "more": 3}, "other": 1}, opts=R(ignore_changes=["config.tags"]))
e = Thing("e", config={"tags": {"mine": 2, "auto": 3}}, opts=R(ignore_changes=["config.tags.auto"]))
f = Thing("f", config={"s": {"n": 2}}, opts=R(ignore_changes=["config.s.n"]))
g = Thing("g", targets=[4, 5, 6], opts=R(ignore_changes=["targets[*]"]))
