"""The read API of the resource graph."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.graph import File, Node, Reference, ResourceGraph, Source, Unknown, join, steps

P = "urn:pulumi:dev::p::"
STACK = f"{P}pulumi:pulumi:Stack::p-dev"
NET = f"{P}mlinfra:network:Network::net"
VPC = f"{P}mlinfra:network:Network$aws:ec2/vpc:Vpc::net-vpc"
KEY = f"{P}aws:kms/key:Key::key"
LOG = f"{P}aws:s3/bucket:Bucket::log"
DATA = f"{P}aws:s3/bucket:Bucket::data"

GRAPH = ResourceGraph(
    [
        Node(urn=STACK, type="pulumi:pulumi:Stack", name="p-dev", outputs={"bucket": "data-1"}),
        Node(urn=NET, type="mlinfra:network:Network", name="net", parent=STACK, source=Source("__main__.py", 4)),
        Node(
            urn=VPC, type="aws:ec2/vpc:Vpc", name="net-vpc", parent=NET, id="vpc-1", source=Source("../lib/net.py", 9)
        ),
        Node(
            urn=KEY,
            type="aws:kms/key:Key",
            name="key",
            parent=STACK,
            id="k-1",
            outputs={"arn": "arn:key/k-1", "enabled": "true", "x": "eu"},
        ),
        Node(
            urn=LOG,
            type="aws:s3/bucket:Bucket",
            name="log",
            parent=STACK,
            id="log-1",
            outputs={"arn": "arn:log-1", "x": "eu"},
        ),
        Node(
            urn=DATA,
            type="aws:s3/bucket:Bucket",
            name="data",
            parent=STACK,
            id=Unknown("id", (DATA,)),
            inputs={
                "name": "data-1",
                "rules": [
                    {"kmsKeyId": "arn:key/k-1", "region": "eu"},
                    {"kmsKeyId": Unknown("rules[1].kmsKeyId", (KEY,))},
                ],
                "policy": '{"Resource": "arn:log-1/*"}',
                "tags": {"a.b": "c"},
                "content": File(text="x"),
                "to": Reference(LOG, "log-1"),
            },
            edges={"rules": (KEY, LOG), "policy": (LOG,), "to": (LOG,)},
            depends_on=(VPC, KEY, LOG),
            secrets=frozenset({"tags", "rules[0].kmsKeyId"}),
        ),
        Node(urn=f"{P}aws:x:Read::r", type="aws:x:Read", name="r", parent=STACK, id="r", external=True),
    ],
    project="p",
    stack="dev",
)
DATA_NODE = GRAPH.node(DATA)


def names(nodes) -> list[str]:
    return [node.name for node in nodes]


def test_nodes() -> None:
    assert len(GRAPH) == 7
    assert names(GRAPH)[:2] == ["p-dev", "net"]
    assert DATA in GRAPH
    assert DATA_NODE in GRAPH
    assert GRAPH.node(KEY).package == "aws"
    assert str(GRAPH.node(KEY)) == "aws:kms/key:Key key"
    with pytest.raises(LookupError, match="the graph has no urn"):
        GRAPH.node("urn")


def test_by_type_and_name() -> None:
    assert names(GRAPH.of_type("aws:s3/bucket:Bucket")) == ["log", "data"]
    assert names(GRAPH.of_type("aws:kms/key:Key", "aws:ec2/vpc:Vpc")) == ["key", "net-vpc"]
    assert GRAPH.of_type("aws:none:None") == []
    assert names(GRAPH.named("key")) == ["key"]
    assert names(GRAPH.resources()) == ["net-vpc", "key", "log", "data"]
    assert GRAPH.outputs == {"bucket": "data-1"}


def test_family() -> None:
    vpc = GRAPH.node(VPC)
    assert names(GRAPH.ancestors(vpc)) == ["net", "p-dev"]
    assert GRAPH.component(vpc) is GRAPH.node(NET)
    assert GRAPH.component(DATA_NODE) is None
    assert names(GRAPH.children(GRAPH.node(NET))) == ["net-vpc"]
    assert names(GRAPH.descendants(GRAPH.node(STACK))) == ["net", "net-vpc", "key", "log", "data", "r"]
    assert GRAPH.parent(GRAPH.node(STACK)) is None


def test_where_the_project_declares_it() -> None:
    assert str(GRAPH.declared_at(GRAPH.node(VPC))) == "__main__.py:4"
    assert GRAPH.declared_at(DATA_NODE) is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "data-1"),
        ("rules[0].kmsKeyId", "arn:key/k-1"),
        ('tags["a.b"]', "c"),
        ("rules[7]", None),
        ("rules.name", None),
        ("name.x", None),
        ("absent", None),
        ("content", File(text="x")),
    ],
)
def test_get(path: str, value: object) -> None:
    assert DATA_NODE.get(path) == value


def test_get_with_a_default_and_outputs() -> None:
    assert DATA_NODE.get("absent", 5) == 5
    assert GRAPH.node(KEY).output("arn") == "arn:key/k-1"


def test_what_is_below_an_unknown_is_that_unknown() -> None:
    found = DATA_NODE.get("rules[1].kmsKeyId.deeper[3]")
    assert found == Unknown("rules[1].kmsKeyId", (KEY,))
    assert list(DATA_NODE.unknowns()) == [found]
    with pytest.raises(TypeError, match=r"rules\[1\]\.kmsKeyId is not known"):
        bool(found)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("rules", ["key", "log"]),
        ("rules[0]", ["key"]),
        ("rules[0].kmsKeyId", ["key"]),
        ("rules[0].region", []),  # both candidates have it, so it tells nothing
        ("rules[1].kmsKeyId", ["key"]),
        ("policy", ["log"]),
        ("to", ["log"]),
        ("name", []),
        ("absent", []),
    ],
)
def test_references(path: str, found: list[str]) -> None:
    assert names(GRAPH.references(DATA_NODE, path)) == found


def test_dependencies_and_dependents() -> None:
    assert names(GRAPH.dependencies(DATA_NODE)) == ["net-vpc", "key", "log"]
    assert names(GRAPH.dependents(GRAPH.node(KEY))) == ["data"]
    assert GRAPH.dependents(GRAPH.node(KEY), "aws:x:Read") == []


def test_secrets() -> None:
    assert DATA_NODE.is_secret("rules[0].kmsKeyId")
    assert DATA_NODE.is_secret("rules")  # something in it
    assert DATA_NODE.is_secret('tags["a.b"]')  # something around it
    assert not DATA_NODE.is_secret("rules[1]")
    assert not DATA_NODE.is_secret("name")


@st.composite
def graphs(draw: st.DrawFn) -> ResourceGraph:
    order = draw(st.permutations(range(draw(st.integers(1, 8)))))
    nodes = [
        Node(
            urn=str(i),
            type="t",
            name=str(i),
            id="x",
            parent=draw(st.sampled_from(["", *map(str, order[:at])])),
            depends_on=tuple(map(str, draw(st.lists(st.sampled_from(order[:at]))))) if at else (),
        )
        for at, i in enumerate(order)
    ]
    return ResourceGraph(draw(st.permutations(nodes)))


@given(graphs())
def test_walk_visits_all_once_and_what_is_needed_first(graph: ResourceGraph) -> None:
    seen: list[str] = []
    for node in graph.walk():
        assert {*node.depends_on, *filter(None, [node.parent])} <= set(seen)
        seen.append(node.urn)
    assert sorted(seen) == sorted(node.urn for node in graph)


def test_walk_ends_in_a_circle() -> None:
    nodes = [Node(urn=u, type="t", name=u, id="x", depends_on=(other,)) for u, other in (("a", "b"), ("b", "a"))]
    assert sorted(names(ResourceGraph(nodes).walk())) == ["a", "b"]


@given(st.lists(st.text(min_size=1) | st.integers(0, 99), min_size=1).filter(lambda found: isinstance(found[0], str)))
def test_paths_come_back(found: list[str | int]) -> None:
    path = ""
    for step in found:
        path = join(path, step)
    assert steps(path) == tuple(found)


@pytest.mark.parametrize("path", ["", "a..b", "a[", "a[x]", 'a["b', "."])
def test_malformed_paths(path: str) -> None:
    with pytest.raises(ValueError, match="not a property path"):
        steps(path)
