"""Pictures: what is a box, which arrows are drawn, and where they go."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.diagram import FORMATS, Picture, dot, mermaid, picture, svg
from mlinfra.diagram.layout import GAP, layout
from mlinfra.graph import STACK_TYPE, Node, ResourceGraph

STACK = "urn:stack"


def component(name: str, parent: str = STACK) -> Node:
    return Node(urn=name, type=f"app:index:{name.title()}", name=name, parent=parent)


def resource(name: str, parent: str = STACK, *, provider: str = "", **uses: str) -> Node:
    edges = {path: (urn,) for path, urn in uses.items()}
    return Node(
        urn=name, type="aws:s3/bucket:Bucket", name=name, id=name, parent=parent, edges=edges, provider=provider,
        depends_on=tuple(uses.values()),
    )  # fmt: skip


def graph(*nodes: Node) -> ResourceGraph:
    return ResourceGraph([Node(urn=STACK, type=STACK_TYPE, name="p-dev"), *nodes], project="p", stack="dev")


PLATFORM = graph(
    component("keys"), resource("key", "keys"),
    component("layer"), component("net", "layer"), resource("vpc", "net", kmsKeyId="key"), component("data", "layer"),
    resource("bucket", "data", key="key", vpc="vpc"), component("inner", "data"), resource("log", "inner"),
    Node(urn="default", type="pulumi:providers:aws", name="default_7", id="x", parent=STACK),
    resource("alone", data="bucket", key="key", provider="default"),
)  # fmt: skip


def arrows(found: Picture) -> list[str]:
    return [f"{arrow.source.name}>{arrow.target.name}" for arrow in found.arrows]


def test_boxes_are_the_outermost_components_that_hold_resources_and_what_stands_alone() -> None:
    found = picture(PLATFORM)
    assert found.title == "p/dev"
    assert {box.name: (box.kind, box.count, box.component, box.group) for box in found.boxes} == {
        "alone": ("Bucket", 1, False, ""),
        "keys": ("Keys", 1, True, ""),
        "net": ("Net", 1, True, "Layer layer"),
        "data": ("Data", 2, True, "Layer layer"),
    }
    assert list(found.groups) == ["", "Layer layer"]


def test_arrows_lead_to_what_uses_it_and_none_is_drawn_that_others_replace() -> None:
    assert arrows(picture(PLATFORM)) == ["keys>net", "data>alone", "net>data"]
    assert arrows(picture(PLATFORM, every=True)) == ["keys>alone", "keys>data", "keys>net", "data>alone", "net>data"]
    assert {a.through for a in picture(PLATFORM, every=True).arrows if a.target.name == "data"} == {("key",), ("vpc",)}


def test_a_provider_of_its_own_is_an_arrow() -> None:
    made = graph(
        component("cluster"),
        Node(urn="kube", type="pulumi:providers:kubernetes", name="kube", id="x", parent="cluster"),
        resource("pod", provider="kube"),
    )
    assert arrows(picture(made)) == ["cluster>pod"]


def test_circles_between_components_are_drawn() -> None:
    made = graph(
        component("a"), component("b"), resource("a1", "a"), resource("b1", "b", x="a1"), resource("a2", "a", y="b1")
    )
    assert arrows(picture(made)) == ["a>b", "b>a"]
    ET.fromstring(svg(picture(made)))


@pytest.mark.parametrize("draw", FORMATS.values())
def test_the_order_of_registration_makes_no_difference(draw) -> None:
    nodes = PLATFORM.nodes
    assert draw(picture(ResourceGraph(reversed(nodes), project="p", stack="dev"))) == draw(picture(PLATFORM))


def test_names_cannot_break_out_of_any_format() -> None:
    name = 'a"b<script>&\\#\n'
    found = picture(graph(resource(name)))
    assert ET.fromstring(svg(found)).find(".//{*}script") is None
    assert '["Bucket<br>a#quot;b#lt;script#gt;' in mermaid(found)
    assert 'label="Bucket\\na\\"b<script>&\\\\#' in dot(found)


def test_mermaid_and_dot_hold_every_box_and_arrow() -> None:
    found = picture(PLATFORM)
    for text, arrow in ((mermaid(found), "-->"), (dot(found), "->")):
        assert text.count(f" {arrow} ") == len(found.arrows)
        assert len(re.findall(r"^ +b\d+ ?\[", text, re.MULTILINE)) == len(found.boxes)
        assert text.count("subgraph") == 1


def test_an_empty_stack_has_a_picture() -> None:
    for draw in FORMATS.values():
        assert draw(picture(graph()))


@given(st.integers(1, 12).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.tuples(*[st.integers(0, n - 1)] * 2)))))
def test_boxes_never_overlap_and_stand_right_of_what_they_use(made: tuple[int, set[tuple[int, int]]]) -> None:
    count, pairs = made
    links = sorted((a, b) for a, b in pairs if a < b)  # without circles
    found = layout([50.0] * count, links)
    column = {node: index for index, nodes in enumerate(found.columns) for node in nodes}
    assert sorted(node for node in column if node < count) == list(range(count))
    for nodes in found.columns:
        for above, below in pairwise(nodes):
            tall = sum(50.0 for node in (above, below) if node < count)
            assert found.middle[below] - found.middle[above] >= tall / 2 + GAP - 1e-6
    assert all(column[a] < column[b] for a, b in links)
    assert [(way[0], way[-1]) for way in found.ways] == links
    assert all(column[b] - column[a] == 1 for way in found.ways for a, b in pairwise(way))
