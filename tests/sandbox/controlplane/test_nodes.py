"""Nodes of pools: what they offer, how they are labelled, and which are made for pods."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.catalog.instances import instance_types
from mlinfra.sandbox.controlplane import provisioning
from mlinfra.sandbox.controlplane.mirror import change, consolidate_after, fixed
from mlinfra.sandbox.controlplane.nodes import EFA, POOL_LABEL, Pool, managed, node
from mlinfra.sandbox.controlplane.scheduling import allowed, enough, meets, requests, room

GPU = "nvidia.com/gpu"
TAINT = {"key": GPU, "value": "present", "effect": "NoSchedule"}
P5 = Pool(
    name="p5",
    source="eks",
    instance_types=["p5.48xlarge"],
    zones=["us-east-1a", "us-east-1b"],
    capacity="capacity-block",
    nodes=3,
    efa=32,
    labels={"mlinfra/pool": "p5"},
    taints=[TAINT],
    version="1.35",
)


def pod(*, tolerates: bool = True, selector: dict[str, str] | None = None, **resources: str) -> dict[str, Any]:
    asked = {name.replace("gpu", GPU).replace("efa", EFA): amount for name, amount in resources.items()}
    return {
        "metadata": {"name": "pod"},
        "spec": {
            "containers": [{"name": "main", "resources": {"limits": asked}}],
            "nodeSelector": selector or {},
            "tolerations": [{"key": GPU, "operator": "Exists"}] if tolerates else [],
        },
    }


def node_pool(name: str = "g6", weight: int = 0, **spec: Any) -> dict[str, Any]:
    requirements = [
        {
            "key": "node.kubernetes.io/instance-type",
            "operator": "In",
            "values": spec.pop("types", ["g6.xlarge", "g6.48xlarge"]),
        },
        {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["us-east-1b"]},
        {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot", "on-demand"]},
    ]
    template = {
        "metadata": {"labels": {"mlinfra/pool": name}},
        "spec": {"requirements": requirements, "taints": [TAINT]},
    }
    spec = {"limits": {GPU: "16"}, "weight": weight, "template": template, **spec}
    return {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": name}, "spec": spec}


def needed(pods: list[Any], *node_pools: Any, existing: list[Any] | None = None) -> list[Any]:
    found = provisioning.pools(node_pools, ["us-east-1a", "us-east-1b"], "1.35.4")
    return provisioning.needed(pods, existing or [], list(node_pools), found)


def test_a_node_of_a_managed_group() -> None:
    found = node(P5, 1)
    assert found is not None
    labels, offered = found["metadata"]["labels"], found["status"]["capacity"]
    assert labels["eks.amazonaws.com/nodegroup"] == labels[POOL_LABEL] == labels["mlinfra/pool"] == "p5"
    assert labels["eks.amazonaws.com/capacityType"] == "CAPACITY_BLOCK"
    assert (labels["topology.kubernetes.io/zone"], labels["topology.kubernetes.io/region"]) == (
        "us-east-1b",
        "us-east-1",
    )
    assert (offered[GPU], offered[EFA], offered["cpu"]) == ("8", "32", "192")
    assert found["spec"]["taints"] == [TAINT]
    assert offered["hugepages-2Mi"] == "10256Mi"
    assert "karpenter.sh/nodepool" not in labels


def test_a_node_of_karpenter_is_labelled_as_karpenter_does() -> None:
    found = node(
        Pool(name="g", source="karpenter", instance_types=["g6.12xlarge"], zones=["eu-west-1a"], capacity="spot"), 0
    )
    assert found is not None
    assert {
        "karpenter.sh/nodepool": "g",
        "karpenter.sh/capacity-type": "spot",
        "karpenter.k8s.aws/instance-category": "g",
        "karpenter.k8s.aws/instance-generation": "6",
        "karpenter.k8s.aws/instance-gpu-name": "l4",
        "karpenter.k8s.aws/instance-gpu-count": "4",
        "topology.kubernetes.io/region": "eu-west-1",
    }.items() <= found["metadata"]["labels"].items()


def test_gpus_in_parts() -> None:
    found = node(Pool(name="mig", source="eks", instance_types=["p5.48xlarge"], zones=["us-east-1a"], labels={"nvidia.com/mig.config": "all-1g.10gb"}), 0)  # fmt: skip
    assert found is not None
    assert found["status"]["allocatable"]["nvidia.com/mig-1g.10gb"] == "56"
    assert GPU not in found["status"]["allocatable"]


def test_every_type_of_the_catalogue_makes_a_node_with_room() -> None:
    for kind in instance_types():
        found = node(Pool(name="x", source="karpenter", instance_types=[kind.name], zones=["us-east-1a"]), 0)
        assert found is not None
        left = room(found)
        assert 0 < left["cpu"] <= kind.vcpus, kind.name
        assert 0 < left["memory"] < kind.memory_mib * 2**20, kind.name


def test_a_type_that_nobody_knows_makes_none() -> None:
    assert node(Pool(name="x", source="eks", instance_types=["q9.huge"], zones=["us-east-1a"]), 0) is None


def test_a_node_group_as_eks_tells_it() -> None:
    group = {
        "nodegroupName": "cpu",
        "instanceTypes": ["m7i.large"],
        "zones": {"us-east-1b", "us-east-1a"},
        "scalingConfig": {"desiredSize": 2},
        "capacityType": "SPOT",
        "taints": [{"key": "a", "effect": "NO_EXECUTE"}],
        "labels": {"b": "c"},
    }
    pool = managed(group)
    assert (pool.capacity, pool.nodes, pool.zones) == ("spot", 2, ("us-east-1a", "us-east-1b"))
    assert pool.taints == [{"key": "a", "effect": "NoExecute"}]
    assert sorted(fixed([pool])) == ["cpu-0", "cpu-1"]


def test_pods_are_kept_off_what_they_do_not_tolerate_select_or_fit() -> None:
    one = node(P5, 0)
    assert one is not None
    assert allowed(pod(gpu="8"), one)
    assert not allowed(pod(gpu="8", tolerates=False), one)
    assert not allowed(pod(gpu="8", selector={"mlinfra/pool": "g6"}), one)
    assert enough(requests(pod(gpu="8", cpu="96")), room(one))
    assert not enough(requests(pod(gpu="9")), room(one))
    assert not enough(requests(pod(**{"nvidia.com/mig-1g.10gb": "1"})), room(one))


def test_required_affinity_is_any_of_its_terms() -> None:
    one, asking = node(P5, 0), pod()
    assert one is not None

    def term(operator: str, *values: str) -> dict[str, Any]:
        return {
            "matchExpressions": [{"key": "node.kubernetes.io/instance-type", "operator": operator, "values": [*values]}]
        }

    for terms, fits in (
        ([term("In", "g6.xlarge"), term("In", "p5.48xlarge")], True),
        ([term("NotIn", "p5.48xlarge")], False),
    ):
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
        asking["spec"]["affinity"] = {"nodeAffinity": required}
        assert allowed(asking, one) is fits


@given(st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]), st.integers(0, 9), st.integers(0, 9))
def test_operators_are_each_others_opposites(operator: str, mine: int, theirs: int) -> None:
    opposite = {"In": "NotIn", "NotIn": "In", "Exists": "DoesNotExist", "DoesNotExist": "Exists"}
    labels, one = {"k": str(mine)}, {"key": "k", "operator": operator, "values": [str(theirs)]}
    if operator in opposite:
        assert meets(labels, one) != meets(labels, {**one, "operator": opposite[operator]})
    else:
        assert meets(labels, one) == (mine > theirs if operator == "Gt" else mine < theirs)


def test_init_containers_count_where_they_ask_for_more() -> None:
    asking = pod(cpu="500m", gpu="1")
    asking["spec"]["initContainers"] = [
        {"resources": {"requests": {"cpu": "2"}}},
        {"resources": {"requests": {"cpu": "1"}}},
    ]
    assert requests(asking) == {"cpu": Decimal(2), GPU: Decimal(1), "pods": Decimal(1)}


def test_the_cheapest_type_that_fits_is_made_and_shared() -> None:
    (small,) = needed([pod(gpu="1")], node_pool())
    assert small["metadata"]["labels"]["node.kubernetes.io/instance-type"] == "g6.xlarge"
    assert small["metadata"]["labels"]["topology.kubernetes.io/zone"] == "us-east-1b"
    (large,) = needed([pod(gpu="8")], node_pool())
    assert large["metadata"]["labels"]["node.kubernetes.io/instance-type"] == "g6.48xlarge"
    shared = needed([pod(gpu="4"), pod(gpu="4"), pod(gpu="8")], node_pool(types=["g6.48xlarge"]))
    assert [one["metadata"]["name"] for one in shared] == ["g6-0", "g6-1"]


def test_limits_weights_and_what_exists_already() -> None:
    full = needed([pod(gpu="8")] * 5, node_pool(types=["g6.48xlarge"]))
    assert len(full) == 2
    assert needed([pod(gpu="8")], node_pool(types=["g6.48xlarge"]), existing=full) == []
    assert needed([pod(gpu="1")], node_pool(limits={"nodes": "0"})) == []
    (one,) = needed([pod(gpu="1")], node_pool("a"), node_pool("b", weight=10))
    assert one["metadata"]["labels"][POOL_LABEL] == "b"
    assert needed([pod(gpu="1", tolerates=False), pod(gpu="9")], node_pool()) == []


def test_a_static_pool_has_its_nodes_at_once() -> None:
    (pool,) = provisioning.pools([node_pool(replicas=2, types=["p5.48xlarge"])], ["us-east-1b"], "")
    assert sorted(fixed([pool])) == ["g6-0", "g6-1"]
    assert pool.efa == 32


def test_what_changes_of_a_node_is_patched_and_nothing_else() -> None:
    wanted = node(P5, 0)
    assert wanted is not None
    own = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
    live = {"metadata": {"labels": wanted["metadata"]["labels"] | {"theirs": "x"}}, "spec": {"taints": [own, TAINT]}}
    assert change(live, wanted) == {}
    live["spec"]["taints"] = [own]
    live["metadata"]["labels"].pop("mlinfra/pool")
    assert change(live, wanted) == {"metadata": {"labels": {"mlinfra/pool": "p5"}}, "spec": {"taints": [TAINT, own]}}


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("10m", 600), ("1h30m", 5400), ("Never", float("inf")), (None, 0)]
)
def test_how_long_empty_nodes_stay(text: str | None, seconds: float) -> None:
    disruption = {} if text is None else {"disruption": {"consolidateAfter": text}}
    assert consolidate_after({"spec": disruption}) == seconds
