import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=1); c = Thing("c", value=function("echo", value="x", opts=pulumi.InvokeOutputOptions(version="1.0.0", depends_on=[a]))["result"])
pulumi.export("c", c.value)
