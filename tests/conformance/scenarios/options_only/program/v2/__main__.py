import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
z = Thing("z"); g = Group("g"); a = Thing("a", value=1, opts=R(protect=True, retain_on_delete=True)); b = Thing("b", value="b", opts=R(additional_secret_outputs=["echo", "value"])); c = Thing("c", value=1, opts=R(custom_timeouts=pulumi.CustomTimeouts(update="10m", delete="1h30m")))
d = Thing("d", value=1, fixed=2, opts=R(ignore_changes=["fixed"], delete_before_replace=True)); e = Thing("e", value=1, opts=R(deleted_with=z)); pulumi.export("b", b.echo)
