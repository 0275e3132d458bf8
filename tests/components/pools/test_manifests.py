"""What is declared of a pool: images and what they are told, Karpenter's objects, launch templates and node groups."""

from __future__ import annotations

import base64
import email
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
import yaml

import mlinfra as ml
from mlinfra.components.cluster.nodes import NodeSystem
from mlinfra.components.pools.images import alias, ami_type, bottlerocket_settings, user_data
from mlinfra.components.pools.sharing import Sharing
from mlinfra.testing import plan
from tests.components.pools.wanted import BLOCK, ODCR, cpus, gpus

if TYPE_CHECKING:
    from mlinfra.graph import ResourceGraph

AL2023, BOTTLEROCKET = NodeSystem.AL2023, NodeSystem.BOTTLEROCKET
ONE = {"zones": ["us-east-1a"]}
FILES = "sg-0fedcba9876543210"
ROCKET = {"system": "bottlerocket", "release_version": "1.57.0-4b9a8c21"}


@pytest.mark.parametrize(
    ("system", "architecture", "vendor", "image"),
    [
        (AL2023, "x86_64", "", "AL2023_x86_64_STANDARD"),
        (AL2023, "arm64", "", "AL2023_ARM_64_STANDARD"),
        (AL2023, "x86_64", "nvidia", "AL2023_x86_64_NVIDIA"),
        (AL2023, "arm64", "nvidia", "AL2023_ARM_64_NVIDIA"),
        (AL2023, "x86_64", "aws", "AL2023_x86_64_NEURON"),
        (BOTTLEROCKET, "arm64", "", "BOTTLEROCKET_ARM_64"),
        (BOTTLEROCKET, "x86_64", "nvidia", "BOTTLEROCKET_x86_64_NVIDIA"),
    ],
)
def test_the_image_follows_from_system_architecture_and_vendor(
    system: NodeSystem, architecture: str, vendor: str, image: str
) -> None:
    assert ami_type(system, architecture, vendor) == image


@pytest.mark.parametrize(
    ("system", "release", "named"),
    [
        (AL2023, "1.35.3-20260415", "al2023@v20260415"),
        (BOTTLEROCKET, "1.57.0-4b9a8c21", "bottlerocket@v1.57.0"),
        (AL2023, None, "al2023@latest"),
    ],
)
def test_karpenter_calls_a_release_by_its_alias(system: NodeSystem, release: str | None, named: str) -> None:
    assert alias(system, release) == named


def test_nodeadm_is_told_to_stripe_local_disks() -> None:
    assert user_data(AL2023, local_disks=False) is None
    text = user_data(AL2023, local_disks=True)
    assert text is not None
    (part,) = email.message_from_bytes(base64.b64decode(text)).get_payload()  # type: ignore[misc]
    assert part.get_content_type() == "application/node.eks.aws"
    assert yaml.safe_load(part.get_payload())["spec"]["instance"]["localStorage"] == {"strategy": "RAID0"}


def test_bottlerocket_is_told_of_disks_and_of_sharing_in_its_own_words() -> None:
    import tomllib

    disks = tomllib.loads(bottlerocket_settings(local_disks=True))["settings"]["bootstrap-commands"]["local-disks"]
    assert disks["commands"][0] == ["apiclient", "ephemeral-storage", "init"]
    plugins = "kubelet-device-plugins"
    slices = tomllib.loads(bottlerocket_settings(local_disks=False, sharing=Sharing(time_slices=4)))["settings"][
        plugins
    ]
    assert slices["nvidia"]["time-slicing"] == {"replicas": 4}
    mig = Sharing(mig_profile="1g.10gb")
    parts = tomllib.loads(bottlerocket_settings(local_disks=False, sharing=mig, mig_model="h100.80gb"))["settings"][
        plugins
    ]
    assert parts["nvidia"]["mig"]["profile"] == {"h100.80gb": "1g.10gb"}
    assert user_data(BOTTLEROCKET, local_disks=False) is None


HOURS = {"start": "0 7 * * 1-5", "stop": "0 20 * * 1-5", "time_zone": "Europe/Berlin"}


@pytest.fixture(scope="module")
def graph() -> ResourceGraph:
    def program() -> None:
        inside = pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}"))
        ml.NodePool("elastic", cpus(max_nodes=9, labels={"team": "a"}), inside)
        ml.NodePool("services", cpus(nodes=3))
        types = ("g6.xlarge", "g5.xlarge", "g6e.xlarge")
        ml.GpuNodePool("spot", gpus(*types, capacity={"spot": {"fallback": True}}, max_nodes=8, **ROCKET), inside)
        ml.GpuNodePool(
            "static",
            gpus("p5.48xlarge", capacity={"reservation": ODCR}, provisioner="karpenter", nodes=4, **ONE),
            inside,
        )
        ml.GpuNodePool("close", gpus("p4d.24xlarge", provisioner="karpenter", nodes=2, **ONE), inside)
        ml.GpuNodePool("auto", gpus(max_nodes=9, cluster_is={"auto_mode": True}, dedicated=False), inside)
        ml.GpuNodePool("block", gpus("p5.48xlarge", capacity={"capacity_block": BLOCK}, nodes=8, **ONE))
        ml.GpuNodePool("hours", gpus(nodes=3, schedule=HOURS))
        ml.GpuNodePool("own", gpus(dedicated=True, taints=[{"key": "team", "effect": "PreferNoSchedule"}]))
        clients = {"client_security_group_ids": [FILES]}
        ml.NodePool("client", cpus(nodes=3, cluster_is=clients))
        ml.NodePool("elastic-client", cpus(max_nodes=9, cluster_is=clients), inside)
        ml.GpuNodePool("close-client", gpus("p5.48xlarge", nodes=2, cluster_is=clients, **ONE))
        ml.NodePool("auto-client", cpus(max_nodes=9, cluster_is={**clients, "auto_mode": True}), inside)

    return plan(program)


def spec(graph: ResourceGraph, name: str) -> Any:
    role = name if name.endswith("-class") else f"{name}-pool"
    (node,) = [one for one in graph if one.name == role and one.type.startswith("kubernetes:")]
    return node.inputs["spec"]


def inputs(graph: ResourceGraph, kind: str, name: str) -> Any:
    role = name if kind == "Schedule" else f"{name}-nodes"
    (node,) = [one for one in graph if one.name == role and one.type.endswith(f":{kind}")]
    return node.inputs


def required(pool: Any) -> dict[str, list[str]]:
    return {one["key"]: one["values"] for one in pool["template"]["spec"]["requirements"]}


def test_an_elastic_pool_has_limits_of_every_kind(graph: ResourceGraph) -> None:
    assert spec(graph, "elastic")["limits"] == {"nodes": "9", "cpu": "36"}
    assert spec(graph, "spot")["limits"] == {"nodes": "8", "cpu": "32", "nvidia.com/gpu": "8"}
    assert "replicas" not in spec(graph, "elastic")
    assert spec(graph, "elastic")["template"]["metadata"]["labels"] == {"team": "a", "mlinfra/pool": "elastic"}


def test_a_static_pool_has_replicas_and_a_limit_of_nodes_alone(graph: ResourceGraph) -> None:
    assert spec(graph, "static")["replicas"] == 4
    assert spec(graph, "static")["limits"] == {"nodes": "4"}
    assert spec(graph, "close")["limits"] == {"nodes": "3"}


def test_capacity_is_required_of_karpenter_as_it_is_bought(graph: ResourceGraph) -> None:
    spot = required(spec(graph, "spot"))
    assert spot["karpenter.sh/capacity-type"] == ["spot", "on-demand"]
    assert spot["node.kubernetes.io/instance-type"] == ["g6.xlarge", "g5.xlarge", "g6e.xlarge"]
    assert spot["topology.kubernetes.io/zone"] == ["us-east-1a", "us-east-1b"]
    assert required(spec(graph, "static"))["karpenter.sh/capacity-type"] == ["reserved"]
    assert spec(graph, "static-class")["capacityReservationSelectorTerms"] == [{"id": ODCR["reservation_id"]}]


def test_node_classes_keep_nodes_as_safe_as_launch_templates(graph: ResourceGraph) -> None:
    made = spec(graph, "spot-class")
    assert made["metadataOptions"]["httpPutResponseHopLimit"] == 1
    assert made["metadataOptions"]["httpTokens"] == "required"
    assert [one["deviceName"] for one in made["blockDeviceMappings"]] == ["/dev/xvda", "/dev/xvdb"]
    assert all(one["ebs"]["encrypted"] and one["ebs"]["kmsKeyID"] for one in made["blockDeviceMappings"])
    assert made["associatePublicIPAddress"] is False
    assert made["instanceProfile"] == "nodes"
    assert "role" not in made
    assert made["amiSelectorTerms"] == [{"alias": "bottlerocket@v1.57.0"}]
    assert spec(graph, "static-class")["instanceStorePolicy"] == "RAID0"


def test_efa_of_karpenter_has_every_card_and_its_own_group(graph: ResourceGraph) -> None:
    made = spec(graph, "close-class")
    assert [one["interfaceType"] for one in made["networkInterfaces"]] == ["interface", *["efa-only"] * 4]
    assert len(made["securityGroupSelectorTerms"]) == 2
    assert set(made["placementGroupSelector"]) == {"name"}
    assert "placementGroupSelector" not in spec(graph, "static-class")


def test_nodes_are_clients_of_what_the_cluster_says(graph: ResourceGraph) -> None:
    wanted = [{"id": "sg-0123456789abcdef0"}, {"id": FILES}]
    assert spec(graph, "elastic-client-class")["securityGroupSelectorTerms"] == wanted
    assert spec(graph, "auto-client-class")["securityGroupSelectorTerms"] == wanted
    assert inputs(graph, "LaunchTemplate", "client")["vpcSecurityGroupIds"] == ["sg-0123456789abcdef0", FILES]
    close = inputs(graph, "LaunchTemplate", "close-client")
    assert "vpcSecurityGroupIds" not in close
    assert {(len(one["securityGroups"]), one["securityGroups"][-1]) for one in close["networkInterfaces"]} == {
        (3, FILES)
    }
    assert "vpcSecurityGroupIds" not in inputs(graph, "LaunchTemplate", "services")


def test_auto_mode_has_a_class_of_its_own(graph: ResourceGraph) -> None:
    assert spec(graph, "auto")["template"]["spec"]["nodeClassRef"] == {
        "group": "eks.amazonaws.com",
        "kind": "NodeClass",
        "name": "auto",
    }
    assert set(spec(graph, "auto-class")) == {
        *("role", "subnetSelectorTerms", "securityGroupSelectorTerms", "ephemeralStorage", "tags")
    }


def test_a_capacity_block_is_a_node_group_that_is_empty_outside_its_window(graph: ResourceGraph) -> None:
    group, template = inputs(graph, "NodeGroup", "block"), inputs(graph, "LaunchTemplate", "block")
    assert group["capacityType"] == "CAPACITY_BLOCK"
    assert group["scalingConfig"] == {"minSize": 0, "desiredSize": 0, "maxSize": 8}
    assert group["updateConfig"] == {"maxUnavailable": 1, "updateStrategy": "MINIMAL"}
    assert "instanceTypes" not in group
    assert template["instanceType"] == "p5.48xlarge"
    assert template["instanceMarketOptions"] == {"marketType": "capacity-block"}
    start, end = (inputs(graph, "Schedule", f"block-{role}") for role in ("start", "end"))
    assert (start["startTime"], start["desiredCapacity"]) == ("2027-01-11T11:30:00Z", 8)
    assert (end["startTime"], end["desiredCapacity"]) == ("2027-01-25T10:30:00Z", 0)
    (node,) = [one for one in graph if one.name == "block-nodes" and one.type.endswith(":NodeGroup")]
    assert node.options.ignore_changes == ("scalingConfig.desiredSize",)


def test_a_pool_with_hours_is_there_when_they_begin_and_gone_when_they_end(graph: ResourceGraph) -> None:
    assert inputs(graph, "NodeGroup", "hours")["scalingConfig"] == {"minSize": 0, "desiredSize": 3, "maxSize": 3}
    for role, size in (("start", 3), ("stop", 0)):
        action = inputs(graph, "Schedule", f"hours-{role}")
        assert (action["recurrence"], action["timeZone"]) == (HOURS[role], "Europe/Berlin")
        assert (action["minSize"], action["maxSize"], action["desiredCapacity"]) == (0, 3, size)
    (node,) = [one for one in graph if one.name == "hours-nodes" and one.type.endswith(":NodeGroup")]
    assert node.options.ignore_changes == ("scalingConfig.desiredSize",)


def test_a_fixed_node_group_has_its_size_and_its_taints(graph: ResourceGraph) -> None:
    group = inputs(graph, "NodeGroup", "own")
    assert group["scalingConfig"] == {"minSize": 2, "desiredSize": 2, "maxSize": 2}
    assert group["taints"] == [
        {"key": "nvidia.com/gpu", "value": "true", "effect": "NO_SCHEDULE"},
        {"key": "team", "effect": "PREFER_NO_SCHEDULE"},
    ]
    assert group["nodeRepairConfig"] == {"enabled": True}
    assert inputs(graph, "LaunchTemplate", "own")["placement"] == {"tenancy": "dedicated"}


def test_the_rules_of_the_fabric_open_nothing_else(graph: ResourceGraph) -> None:
    rules = [one.inputs for one in graph if one.type.startswith("aws:vpc/securityGroup") and one.name == "block-efa"]
    assert len(rules) == 2
    for one in rules:
        assert one["ipProtocol"] == "-1"
        assert one["referencedSecurityGroupId"] == one["securityGroupId"]
        assert not {"cidrIpv4", "cidrIpv6", "prefixListId"} & set(one)


def test_karpenter_pools_are_told_their_cluster() -> None:
    with pytest.raises(ml.ArgumentError, match="no Kubernetes provider"):
        plan(lambda: ml.NodePool("elastic", cpus(max_nodes=9)))
