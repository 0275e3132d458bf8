"""Graphs from snapshots and from exported deployments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlinfra import graph_states as graphs
from mlinfra.errors import StateError
from mlinfra.graph import File, NodeOptions, Reference, ResourceGraph, Source, Unknown
from mlinfra.stack import deployment
from mlinfra.stack.secrets import Crypter
from mlinfra.stack.state import ResourceState, Snapshot
from mlinfra.stack.values import UNKNOWN, Archive, Asset, OutputValue, ResourceRef, Secret

P = "urn:pulumi:dev::p::"
STACK, KEY, DATA = f"{P}pulumi:pulumi:Stack::p-dev", f"{P}conf:index:Thing::key", f"{P}conf:index:Thing::data"
PROVIDER = f"{P}pulumi:providers:conf::default"

SNAPSHOT = Snapshot(
    [
        ResourceState(urn=STACK, type="pulumi:pulumi:Stack", outputs={"word": Secret("hush")}),
        ResourceState(urn=PROVIDER, type="pulumi:providers:conf", custom=True, id="x"),
        ResourceState(
            urn=KEY, type="conf:index:Thing", custom=True, parent=STACK, outputs={"arn": UNKNOWN, "name": "k"}
        ),
        ResourceState(urn=KEY, type="conf:index:Thing", custom=True, parent=STACK, id="old", delete=True),
        ResourceState(
            urn=DATA,
            type="conf:index:Thing",
            custom=True,
            id="d",
            parent=STACK,
            provider=f"{PROVIDER}::x",
            inputs={
                "rules": [{"key": UNKNOWN}],
                "secret": Secret({"deep": [UNKNOWN, "x"]}),
                "ref": ResourceRef(KEY, UNKNOWN),
                "component": ResourceRef(STACK),
                "output": OutputValue("v", secret=True, dependencies=(KEY,)),
                "file": Asset(text="t", hash="h"),
                "folder": Archive({"f": Asset(path="p")}),
                "dots": {"a.b": [Secret("s")]},
            },
            dependencies=[PROVIDER, KEY],
            property_dependencies={"rules": [KEY, KEY], "file": []},
            protect=True,
            ignore_changes=["tags"],
            custom_timeouts={"create": 5.0},
            source_position="project:///../lib/x.py#12,3",
        ),
    ]
)


@pytest.fixture
def graph() -> ResourceGraph:
    return graphs.from_snapshot(SNAPSHOT)


def test_nodes(graph: ResourceGraph) -> None:
    assert (graph.project, graph.stack) == ("p", "dev")
    assert [node.name for node in graph] == ["p-dev", "default", "key", "data"]
    data = graph.node(DATA)
    assert (data.id, data.parent, data.provider) == ("d", STACK, PROVIDER)
    assert data.options == NodeOptions(protect=True, ignore_changes=("tags",), custom_timeouts={"create": 5.0})
    assert data.source == Source("../lib/x.py", 12, 3)
    assert graph.node(STACK).is_component
    assert graph.node(STACK).source is None


def test_values(graph: ResourceGraph) -> None:
    assert graph.node(DATA).inputs == {
        "rules": [{"key": Unknown("rules[0].key", (KEY,))}],
        "secret": {"deep": [Unknown("secret.deep[0]"), "x"]},
        "ref": Reference(KEY, Unknown("ref", (KEY,))),
        "component": Reference(STACK, None),
        "output": "v",
        "file": File(text="t", hash="h"),
        "folder": File(files={"f": File(path="p")}),
        "dots": {"a.b": ["s"]},
    }
    assert graph.node(DATA).secrets == {"secret", "output", 'dots["a.b"][0]'}


def test_what_a_deployment_will_tell_depends_on_the_resource_itself(graph: ResourceGraph) -> None:
    key = graph.node(KEY)
    assert key.id == Unknown("id", (KEY,))
    assert key.output("arn") == Unknown("arn", (KEY,))


def test_edges(graph: ResourceGraph) -> None:
    data = graph.node(DATA)
    assert data.edges == {"rules": (KEY,), "ref": (KEY,), "component": (STACK,), "output": (KEY,)}
    assert data.depends_on == (PROVIDER, KEY, STACK)
    for path in ("rules[0].key", "ref", "output", "rules"):
        assert [node.urn for node in graph.references(data, path)] == [KEY]


def test_an_exported_state_gives_the_same_graph(graph: ResourceGraph) -> None:
    crypter = Crypter("p")
    document = json.loads(json.dumps(deployment.encode(SNAPSHOT, crypter)))
    found = graphs.from_document(document, crypter)
    assert [node.urn for node in found] == [node.urn for node in graph]
    assert found.node(DATA).edges == {"rules": (KEY,), "ref": (KEY,), "component": (STACK,)}
    assert found.outputs == {"word": "hush"}
    assert found.node(STACK).is_secret("word")


def test_without_the_passphrase_secrets_are_unknown() -> None:
    document = deployment.encode(SNAPSHOT, Crypter("p"))
    found = graphs.from_document(document)
    assert found.outputs == {"word": Unknown("word")}
    assert found.node(STACK).is_secret("word")
    assert found.node(DATA).get("secret.deep[1]") == Unknown("secret")


def test_nothing_and_nonsense() -> None:
    assert len(graphs.from_snapshot(Snapshot())) == 0
    with pytest.raises(StateError, match="the export is not a deployment"):
        graphs.from_document({}, where="the export")


def test_the_graph_knows_nothing_of_the_engine() -> None:
    import ast

    import mlinfra.graph
    import mlinfra.graph_values

    for module in (mlinfra.graph, mlinfra.graph_values):
        tree = ast.parse(Path(module.__file__ or "").read_text())
        imported = [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
        assert [name for name in imported if name.startswith("mlinfra")] in ([], ["mlinfra.graph_values"])
