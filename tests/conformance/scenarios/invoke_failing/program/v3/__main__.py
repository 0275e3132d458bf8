import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=1)
pulumi.runtime.invoke("conf:index:explode", {}, pulumi.InvokeOptions(version="1.0.0"))
