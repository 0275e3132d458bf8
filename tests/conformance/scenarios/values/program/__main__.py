import pulumi
from conf import Group, Provider, Thing, function

R = pulumi.ResourceOptions
a = Thing("a", value=None, count=0, target="", targets=[], config={}); b = Thing("b", value=[None, 1, [None]], config={"none": None, "empty": "", "f": 1.5, "neg": -3, "big": 12345678901, "tiny": 1e-9, "t": True, "n": {"x": None}})
c = Thing("c ä/ö #1", value="x"); d = Thing("d", config={"a.b": 1, 'q"r': 2, "ü": 3, "[0]": 5}); e = Thing("e", value="\n\t\"'é\u2028"); f = Thing("f::g", value=1); h = Thing("h", value=[[1, 2], [], {}]); i = Thing("i", value={"$secret": 1, "id": "x", "urn": "y"})
pulumi.export("b", b.config); pulumi.export("d", d.config); pulumi.export("all", [a.value, b.value, e.value, None, {"x": None}]); pulumi.export("name", c.name)
