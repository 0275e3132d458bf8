import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
c = pulumi.Config(); o = pulumi.Config("other")
a = Thing("a", value=c.get_secret_object("obj"), count=c.get_int("n") or 0); b = Thing("b", value=[c.get_bool("flag"), c.get_float("f"), o.get("k")]); d = Thing("d", value=c.require_secret("pw"))
pulumi.export("obj", c.get_secret_object("obj")); pulumi.export("list", c.get_object("list")); pulumi.export("k", o.get_secret("k"))
