"""Pods are found wherever a workload has them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.compliance.defaults import default
from mlinfra.compliance.families import family
from mlinfra.compliance.resource import Facts
from mlinfra.graph import Node, ResourceGraph, Unknown
from mlinfra.policies.kubernetes.pods import PLACES, pods


def resource(kind: str, inputs: Any) -> Any:
    node = Node(urn=f"urn:pulumi:test::test::{kind}::a", type=kind, name="a", id="a", inputs=inputs)
    return Facts(ResourceGraph([node])).resource(node)


def nested(path: str, value: Any) -> Any:
    """A value with another one at a path: `a[].b` and `a.*.b` are one item and one key."""
    head, dot, rest = path.partition(".")
    inner = nested(rest, value) if dot else value
    if head == "*":
        return {"Worker": inner}
    return {head[:-2]: [inner]} if head.endswith("[]") else {head: inner}


CASES = [(kind.replace("/*", "/v1"), place) for kind, places in PLACES.items() for place in places]


@pytest.mark.parametrize(("kind", "place"), CASES)
def test_the_pod_is_found_and_has_defaults(kind: str, place: str) -> None:
    pod = {"containers": [{"image": "a"}]}
    found = pods(resource(kind, nested(place, pod)))
    assert [one.raw for one in found] == [pod]
    assert found[0]["hostNetwork"].raw is False
    assert found[0]["containers"][0]["securityContext.privileged"].raw is False
    assert default(kind, f"{found[0].path}.hostPID") is False


@pytest.mark.parametrize(("kind", "place"), CASES)
def test_an_unknown_on_the_way_is_an_unknown_pod(kind: str, place: str) -> None:
    steps = place.split(".")
    for end in range(1, len(steps) + 1):
        found = pods(resource(kind, nested(".".join(steps[:end]).removesuffix("[]"), Unknown("x"))))
        assert found
        assert all(one.is_unknown for one in found), steps[:end]


@given(
    st.sampled_from(CASES),
    st.recursive(st.none() | st.text() | st.integers(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)),
)
def test_whatever_stands_there_is_looked_at_without_error(case: tuple[str, str], value: Any) -> None:
    kind, place = case
    for one in pods(resource(kind, nested(place, value))):
        assert one.raw is not None
    pods(resource(kind, value if isinstance(value, dict) else {"spec": value}))


def test_families() -> None:
    assert family("kubernetes:apps/v1:Deployment") == family("kubernetes:apps/v1beta2:Deployment")
    assert family("kubernetes:apps/v1:Deployment") != family("kubernetes:batch/v1:Deployment")
    assert family("aws:s3/bucket:Bucket") == "aws:s3/bucket:Bucket"
    assert family("pulumi:pulumi:Stack") == "pulumi:pulumi:Stack"
