import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
g = Group("g"); z = Thing("z", opts=g.inside()); a = Thing("a", value=1, opts=R(protect=False)); b = Thing("b", value="c", opts=R(additional_secret_outputs=["echo"])); c = Thing("c", value=2, opts=R(custom_timeouts=pulumi.CustomTimeouts(update="10m", delete="1h30m"))); d = Thing("d", value=1, fixed=2, opts=R(delete_before_replace=True)); e = Thing("e", value=1, opts=R(depends_on=[a, g]))
