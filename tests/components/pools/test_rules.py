"""Whatever pool can be constructed passes every rule, with nothing undetermined."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mlinfra as ml
from mlinfra.compliance.evaluate import Verdict, evaluate
from mlinfra.compliance.profiles import Profile
from mlinfra.compliance.rule import STACK
from mlinfra.policies.registry import RULES
from mlinfra.testing import plan
from tests.components.pools.wanted import BLOCK, GROUP, ODCR, ZONES, cpus, gpus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlinfra.graph import ResourceGraph

TODAY = date(2026, 11, 22)
ABOUT_RESOURCES = tuple(rule for rule in RULES if STACK not in rule.types)
ONE = {"zones": ZONES[:1]}
TAGS = {"owner": "ml", "cost-center": "ml", "environment": "prod", "data-classification": "internal"}
BOTTLEROCKET = {"system": "bottlerocket", "release_version": "1.57.0-4b9a8c21"}
POOLS = {
    "services": cpus(nodes=3),
    "elastic": cpus(max_nodes=9),
    "arm": cpus("m7g.xlarge", max_nodes=9, min_nodes=1, provisioner="managed"),
    "auto": cpus(max_nodes=9, cluster_is={"auto_mode": True}),
    "auto-gpus": gpus(max_nodes=9, cluster_is={"auto_mode": True}, capacity={"reservation": ODCR}, **ONE),
    "on-demand": gpus(),
    "graviton": gpus("g5g.xlarge"),
    "neuron": gpus("trn1.32xlarge", **ONE),
    "spot": gpus("g6.xlarge", "g5.xlarge", "g6e.xlarge", capacity={"spot": {"fallback": True}}, max_nodes=8),
    "spot-group": gpus("g6.xlarge", "g5.xlarge", "g6e.xlarge", capacity={"spot": {}}, nodes=8),
    "fabric": gpus("g6.8xlarge", efa=True, **ONE),
    "reserved": gpus("p5.48xlarge", capacity={"reservation": ODCR}, nodes=4, **ONE),
    "grouped": gpus("p5.48xlarge", capacity={"reservation": GROUP}, nodes=4, **ONE),
    "static": gpus("p5.48xlarge", capacity={"reservation": ODCR}, nodes=4, provisioner="karpenter", **ONE),
    "static-close": gpus("p4d.24xlarge", provisioner="karpenter", **ONE),
    "block": gpus("p6-b300.48xlarge", capacity={"capacity_block": BLOCK}, nodes=8, **ONE),
    "block-elastic": gpus("p5.48xlarge", capacity={"capacity_block": BLOCK}, max_nodes=8, **ONE),
    "mig": gpus("p5.48xlarge", sharing={"mig_profile": "1g.10gb"}, efa=False),
    "mig-rocket": gpus("p5.48xlarge", sharing={"mig_profile": "1g.10gb"}, efa=False, **BOTTLEROCKET),
    "slices": gpus(sharing={"time_slices": 4}),
    "slices-rocket": gpus(sharing={"time_slices": 4}, provisioner="karpenter", **BOTTLEROCKET),
    "dra": gpus(dra=True),
}


def planned(pools: Sequence[tuple[str, Any]]) -> ResourceGraph:
    def program() -> None:
        ml.tag_everything(TAGS)
        inside = pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}"))
        for name, args in pools:
            kind: Any = ml.GpuNodePool if isinstance(args, ml.GpuNodePoolArgs) else ml.NodePool
            kind(name, args, inside)

    return plan(program)


def objections(graph: ResourceGraph, profile: Profile = Profile.REGULATED) -> dict[tuple[str, str], Any]:
    return {
        (one.rule.id, one.urn.rpartition("::")[2]): one.error or [str(seen) for seen in one.evidence]
        for one in evaluate(graph, ABOUT_RESOURCES, profile, today=TODAY)
        if one.verdict in (Verdict.FAIL, Verdict.UNDETERMINED)
    }


@pytest.mark.parametrize("profile", list(Profile), ids=lambda profile: profile.value)
def test_no_rule_objects_to_pools_of_every_kind(profile: Profile, graph: ResourceGraph) -> None:
    said = objections(graph, profile)
    if profile is Profile.ISOLATED:  # the largest sizes are a whole machine, and reservations are of default tenancy
        said = {key: why for key, why in said.items() if key[0] != "gpu-dedicated-tenancy"}
    assert said == {}


@pytest.fixture(scope="module")
def graph() -> ResourceGraph:
    return planned([*POOLS.items()])


_TYPES = ("g6.xlarge", "g6.8xlarge", "p5.48xlarge", "p4d.24xlarge", "g5g.xlarge", "trn1.32xlarge", "p6e-gb200.36xlarge", "m7i.large")  # fmt: skip
_SEVERAL = (
    (*("g6.xlarge", "g5.xlarge", "g6e.xlarge"),),
    ("p5.48xlarge", "p5e.48xlarge", "p4d.24xlarge"),
    ("g6.xlarge", "inf2.xlarge"),
)


def mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """The usual value half of the time, so that many combinations are legal."""
    return st.just(usual) | st.sampled_from(others)


_WANTED = st.fixed_dictionaries(
    {
        "types": st.sampled_from(_TYPES).map(lambda one: (one,)) | st.sampled_from(_SEVERAL),
        "size": st.sampled_from(({"nodes": 2}, {"max_nodes": 4}, {"nodes": 70}, {"max_nodes": 4, "min_nodes": 1})),
        "capacity": st.sampled_from(({}, {"spot": {}}, {"reservation": ODCR}, {"capacity_block": BLOCK}))
        | st.sampled_from(
            (
                *({"on_demand": {"placement_group": close}} for close in (True, False)),
                *({"spot": {"fallback": True}}, {"reservation": GROUP}, {"spot": {}, "reservation": ODCR}),
            )
        ),
        "provisioner": mostly(None, "managed", "karpenter"),
        "zones": mostly(ZONES[:1], ()),
        "system": mostly({}, {}, {}, BOTTLEROCKET),
        "dedicated": mostly(False, False, False, True),
        "efa": mostly(None, True, False),
        "sharing": mostly(None, None, {"time_slices": 4}, {"mig_profile": "1g.10gb"}),
        "dra": mostly(False, False, False, True),
        "cluster_is": mostly({}, {}, {"auto_mode": True}, {"version": "1.36"}),
    }
)


@given(st.lists(_WANTED, min_size=40, max_size=40))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_can_be_constructed_passes_the_rules(wanted: list[dict[str, Any]]) -> None:
    """A pool is refused with one clear error, or what it declares passes every rule with nothing undetermined."""
    made, problems = [], []
    for number, one in enumerate(wanted):
        types, size, system = one.pop("types"), one.pop("size"), one.pop("system")
        try:
            made.append((f"pool-{number}", gpus(*types, **one, **size, **system)))
        except ml.ArgumentError as refused:
            problems.append(refused.problems)
    assert all(len(one) == 1 and one[0].fix for one in problems)
    chosen = dict(made)
    for rule, name in objections(planned(made)):
        # What is switched off by name is what these rules notice.
        args = chosen[name.removesuffix("-nodes")]
        assert (rule, True) in {
            (
                "efa-placement-group",
                args.capacity.on_demand is not None and args.capacity.on_demand.placement_group is False,
            ),
            ("efa-placed", args.efa is False),
        }, (rule, name, args)
