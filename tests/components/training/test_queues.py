"""Kueue's objects and the operators' values."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlinfra.components.cluster.addons import mounted
from mlinfra.components.cluster.storage import ClusterStorage
from mlinfra.components.pools.reference import Taint, TaintEffect
from mlinfra.components.training import queues
from mlinfra.components.training.arguments import PoolShare, Queueing, TrainingOperators, TrainingTeam
from mlinfra.components.training.operators import values
from tests.components.training.platform import general, gpus

TEAM = TrainingTeam(
    namespace="vision",
    weight=2,
    shares={"h100": PoolShare(accelerators=8, borrow=4, lend=2), "general": PoolShare(nodes=1, borrow=0)},
)


def queue(**queueing: Any) -> dict[str, Any]:
    return dict(queues.cluster_queue("vision", TEAM, [gpus(), general()], Queueing(**queueing), "all"))


def test_every_flavor_lists_all_covered_resources_in_their_order_with_pools_without_devices_first() -> None:
    (group,) = queue()["resourceGroups"]
    assert group["coveredResources"] == ["cpu", "memory", "nvidia.com/gpu", "vpc.amazonaws.com/efa"]
    assert [flavor["name"] for flavor in group["flavors"]] == ["general", "h100"]
    for flavor in group["flavors"]:
        assert [one["name"] for one in flavor["resources"]] == group["coveredResources"]
    _, h100 = group["flavors"]
    assert h100["resources"][2] == {
        "name": "nvidia.com/gpu",
        "nominalQuota": "8",
        "borrowingLimit": "4",
        "lendingLimit": "2",
    }
    general_gpu = group["flavors"][0]["resources"][2]
    assert general_gpu == {"name": "nvidia.com/gpu", "nominalQuota": "0", "borrowingLimit": "0"}


def test_only_the_teams_namespace_may_use_its_queue() -> None:
    assert queue()["namespaceSelector"] == {"matchLabels": {"kubernetes.io/metadata.name": "vision"}}


@pytest.mark.parametrize(
    ("queueing", "borrow", "weight"),
    [
        ({}, {"policy": "Never"}, None),
        ({"preempt_to_borrow": True}, {"policy": "LowerPriority"}, None),
        ({"fair_sharing": True}, None, {"weight": "2"}),  # Kueue takes no borrowWithinCohort under fair sharing
    ],
)
def test_owners_get_back_what_they_lent(queueing: dict[str, Any], borrow: Any, weight: Any) -> None:
    spec = queue(**queueing)
    assert spec["preemption"].get("borrowWithinCohort") == borrow
    assert spec.get("fairSharing") == weight
    assert (spec["preemption"]["reclaimWithinCohort"], spec["preemption"]["withinClusterQueue"]) == (
        "Any",
        "LowerPriority",
    )


@pytest.mark.parametrize(
    ("pool", "placed"),
    [
        (gpus(), True),
        (gpus(efa_per_node=0), False),
        (gpus(min_nodes=0), False),  # Kueue places on nodes that are there
        (general(), False),
    ],
)
def test_jobs_are_placed_by_topology_where_nodes_with_efa_stay(pool: Any, placed: bool) -> None:
    where = queues.levels(pool)
    assert bool(where) is placed
    if placed:
        assert where[-1] == "kubernetes.io/hostname"
        assert len(set(where)) == len(where)
        assert queues.topology(where)["levels"][0] == {"nodeLabel": "topology.kubernetes.io/zone"}


def test_families_without_places_in_the_network_are_placed_by_zone() -> None:
    pool = gpus(instance_types=["g5.48xlarge"])
    assert queues.levels(pool) == ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    assert queues.topology_name(queues.levels(pool)) == "zones"
    assert queues.topology_name(queues.levels(gpus())) == "network"


def test_flavors_name_nodes_and_taints_and_add_no_tolerations() -> None:
    pool = gpus(
        taints=[
            Taint(key="nvidia.com/gpu", value="true"),
            Taint(key="ours"),
            Taint(key="rather-not", effect=TaintEffect.PREFER_NO_SCHEDULE),
        ]
    )
    assert queues.flavor(pool, "net") == {
        "nodeLabels": {"mlinfra/pool": "h100"},
        "nodeTaints": [
            {"key": "nvidia.com/gpu", "effect": "NoSchedule", "value": "true"},
            {"key": "ours", "effect": "NoSchedule"},
        ],
        "topologyName": "net",
    }
    assert queues.flavor(general()) == {"nodeLabels": {"mlinfra/pool": "general"}}


def kueue(operators: TrainingOperators, **queueing: Any) -> dict[str, Any]:
    given = values(operators, ["vision", "speech"], Queueing(**queueing))["kueue"]
    return json.loads(given["managerConfig"]["controllerManagerConfigYaml"])  # type: ignore[no-any-return]


def test_kueue_manages_every_job_of_the_teams_and_only_those() -> None:
    config = kueue(TrainingOperators())
    assert config["manageJobsWithoutQueueName"] is True
    assert config["managedJobsNamespaceSelector"]["matchExpressions"] == [
        {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["speech", "vision"]}
    ]
    assert config["integrations"]["frameworks"] == [
        "batch/job",
        "jobset.x-k8s.io/jobset",
        "trainer.kubeflow.org/trainjob",
        "ray.io/rayjob",
        "ray.io/raycluster",
        "sparkoperator.k8s.io/sparkapplication",
    ]
    assert "fairSharing" not in config


def test_jobs_start_whole_or_wait_again() -> None:
    config = kueue(TrainingOperators(spark=False, ray=False), ready_minutes=7, attempts=3, fair_sharing=True)
    assert config["waitForPodsReady"]["timeout"] == "7m"
    assert config["waitForPodsReady"]["requeuingStrategy"]["backoffLimitCount"] == 3
    assert config["fairSharing"]["preemptionStrategies"]
    assert not [one for one in config["integrations"]["frameworks"] if "ray" in one or "spark" in one]


def test_every_operator_tolerates_the_system_pool_has_spare_controllers_and_asks_for_what_it_needs() -> None:
    given = values(TrainingOperators(replicas=3), ["vision"], Queueing())
    managers = {
        "jobset": given["jobset"]["controller"],
        "kubeflow-trainer": given["kubeflow-trainer"]["manager"],
        "kuberay-operator": given["kuberay-operator"],
        "spark-operator": given["spark-operator"]["controller"],
        "webhook": given["spark-operator"]["webhook"],
        "kueue": {**given["kueue"]["controllerManager"], **given["kueue"]["controllerManager"]["manager"]},
    }
    for manager in managers.values():
        assert manager["replicas"] == 3
        assert manager["tolerations"] == [{"key": "CriticalAddonsOnly", "operator": "Exists"}]
        assert set(manager["resources"]["requests"]) == {"cpu", "memory"}


def test_a_driver_that_mounts_with_the_pods_rights_has_none_of_its_own() -> None:
    (driver,) = mounted(ClusterStorage(bucket_mounts=True))
    assert (driver.name, driver.rights) == ("aws-mountpoint-s3-csi-driver", ())
    assert not [*mounted(ClusterStorage())]
