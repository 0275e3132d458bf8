import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
F, S, A = pulumi.FileAsset, pulumi.StringAsset, pulumi.AssetArchive
a = Thing("a", value=S("hello")); b = Thing("b", value=A({"one": S("1"), "two": A({"three": S("3")})})); c = Thing("c", value=pulumi.FileArchive("./data")); d = Thing("d", value=pulumi.Output.secret(S("s"))); e = Thing("e", fixed=[S("x"), S("y")]); f = Thing("f", config={"code": A({"main.txt": F("./data/f.txt")})})
pulumi.export("a", a.value); pulumi.export("h", b.value)
