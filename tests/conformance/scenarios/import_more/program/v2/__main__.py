import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
p = Provider("p", region="there"); r = Thing("r", name="r-in", value=1, opts=R(import_="r-1")); n = Thing("n", name="o2", value=1, opts=R(import_="n-1", aliases=[pulumi.Alias(name="o")]))
s = Thing("s", name="s-in", value=pulumi.Output.secret("s"), opts=R(import_="s-1", provider=p, additional_secret_outputs=["arn"]))
