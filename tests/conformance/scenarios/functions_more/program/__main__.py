import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
p = Provider("p", region="west"); g = Group("g", R(providers=[p])); a = Thing("a", value=1, fixed=1); b = Thing("b", value=pulumi.Output.secret("s"))
I, O = pulumi.InvokeOptions, pulumi.InvokeOutputOptions
pulumi.export("west", function("echo", value=1, opts=I(provider=p))); pulumi.export("parent", function("echo", value=1, opts=I(parent=g))); pulumi.export("plain", pulumi.runtime.invoke("conf:index:echo", {"value": [1, None, {"x": "y"}]}, I(version="1.0.0")).value)
pulumi.export("nested", function("echo", value={"k": [b.value, a.arn]})); pulumi.export("found", function("lookup", id=a.id)); pulumi.export("waits", function("echo", value=2, opts=O(version="1.0.0", depends_on=[a, g])))
pulumi.export("said", a.describe("hello")); pulumi.export("secret", b.describe(b.value)); c = Thing("c", value=function("lookup", id=a.id)["found"]); d = Thing("d", value=a.describe("d").apply(lambda x: x["text"]))
