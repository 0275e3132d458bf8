import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", config={"x": {"k": 1, "l": 1}}, opts=R(replace_on_changes=["config.x.k"])); b = Thing("b", config={"x": {"k": 1, "l": 1}}, opts=R(replace_on_changes=["config.x.k"]))
c = Thing("c", targets=[{"n": 1}, {"n": 2}], opts=R(replace_on_changes=["targets[1].n"])); d = Thing("d", targets=[{"n": 1, "m": 1}, {"n": 2, "m": 1}], opts=R(replace_on_changes=["targets[*].n"]))
e = Thing("e", config={"a.b": {"k": 1}, "o": 1}, opts=R(replace_on_changes=['config["a.b"].k'])); f = Thing("f", config={"k": 1}, opts=R(replace_on_changes=["config.*"], ignore_changes=["config.k"]))
g = Thing("g", value=pulumi.Output.secret("one"), opts=R(replace_on_changes=["value"], delete_before_replace=True)); h = Thing("h", value=g.arn); i = Thing("i", config={"k": 1}, opts=R(replace_on_changes=["config.new"])); j = Thing("j", config={"k": 1, "old": 1}, opts=R(replace_on_changes=["config.old"])); k = Thing("k", value=1, count=1, opts=R(replace_on_changes=["*"]))
l = Thing("l", config=[1], opts=R(replace_on_changes=["config"]))
