import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
F, S, A = pulumi.FileAsset, pulumi.StringAsset, pulumi.AssetArchive
a = Thing("a", value="hello"); b = Thing("b", value=A({"one": S("1"), "two": A({"three": S("4")})})); c = Thing("c", value=F("./nothing.txt"))
