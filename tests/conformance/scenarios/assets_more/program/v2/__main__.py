import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
F, S, A = pulumi.FileAsset, pulumi.StringAsset, pulumi.AssetArchive
a = Thing("a", value=F("./hello.txt")); b = Thing("b", value=A({"two": A({"three": S("3")}), "one": S("1")})); c = Thing("c", value=A({"f.txt": F("./data/f.txt")})); d = Thing("d", value=S("s")); e = Thing("e", fixed=[S("x"), S("z")]); f = Thing("f", config={"code": A({"main.txt": S("changed")})})
pulumi.export("a", a.value)
