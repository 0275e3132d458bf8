import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", count=0, target=None, targets=None, config={}); b = Thing("b", value=[None, 1, []], config={"none": None, "f": 1.50, "neg": -3, "big": 12345678902, "tiny": 1e-9, "t": "true", "n": {}})
c = Thing("c ä/ö #1", value="y"); d = Thing("d", config={"a.b": 2, 'q"r': 3, "ü": 4, "[0]": 6}); e = Thing("e", value="\n\t\"'é"); f = Thing("f::g", value=2); h = Thing("h", value=[[1], [None], {}]); i = Thing("i", value={"$secret": 2, "id": "x"})
pulumi.export("b", b.config); pulumi.export("all", [a.value, b.value, {}])
