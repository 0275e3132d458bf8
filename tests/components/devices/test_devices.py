"""Who advertises which devices, what is installed for it, and what is refused, each with its source."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

import mlinfra as ml
from mlinfra.catalog.charts import chart
from mlinfra.catalog.device_layers import limits
from mlinfra.components.devices.choice import Advertiser, choose
from mlinfra.components.devices.devices import DeviceLayer, DeviceLayerArgs
from mlinfra.components.pools.reference import CapacityKind, PoolReference, Provisioner, Taint
from mlinfra.components.problems import Invalid
from mlinfra.testing import assert_compliant

USER_GUIDE = "https://docs.aws.amazon.com/eks/latest/userguide"
CLUSTER: dict[str, Any] = {
    "name": "platform",
    "arn": "arn:aws:eks:eu-central-1:123456789012:cluster/platform",
    "version": "1.35",
    "account": {"id": "123456789012", "region": "eu-central-1"},
    "endpoint": "https://example.eks.amazonaws.com",
    "vpc_id": "vpc-0123456789abcdef0",
    "zones": ["eu-central-1a"],
    "subnet_ids": ["subnet-0123456789abcdef0"],
    "security_group_id": "sg-0123456789abcdef0",
    "node_role_arn": "arn:aws:iam::123456789012:role/nodes",
    "volume_key_arn": "arn:aws:kms:eu-central-1:123456789012:key/one",
}


def pool(name: str, **other: Any) -> PoolReference:
    given: dict[str, Any] = {
        "name": name,
        "provisioner": Provisioner.MANAGED,
        "capacity": CapacityKind.ON_DEMAND,
        "instance_types": ["g6.12xlarge"],
        "zones": ["eu-central-1a"],
        "min_nodes": 0,
        "max_nodes": 4,
        "accelerator_vendor": "nvidia",
        "accelerator_model": "L4",
        "accelerators_per_node": 4,
        "resource": "nvidia.com/gpu",
        "taints": [Taint(key="nvidia.com/gpu", value="true")],
        "driver_in_image": True,
    }
    return PoolReference(**(given | other))


P5 = {"instance_types": ["p5.48xlarge"], "accelerator_model": "H100", "accelerators_per_node": 8, "efa_per_node": 32}
TRN = {
    "instance_types": ["trn2.48xlarge"],
    "accelerator_vendor": "aws",
    "accelerator_model": "Trainium2",
    "accelerators_per_node": 16,
    "taints": [Taint(key="aws.amazon.com/neuron", value="true")],
}
G6 = pool("g6")
TRAINING = pool("training", **P5)
CLAIMED = pool("claimed", **P5, dra=True)
ELASTIC = pool("elastic", provisioner=Provisioner.KARPENTER)
STATIC = pool("static", provisioner=Provisioner.KARPENTER, min_nodes=2, max_nodes=2, dra=True, **P5)
BOTTLEROCKET = pool("bottlerocket", device_plugin_in_image=True)
AUTO = pool("auto", provisioner=Provisioner.KARPENTER, device_plugin_in_image=True)
MIG = pool("mig", **(P5 | {"efa_per_node": 0}), labels={"nvidia.com/mig.config": "all-1g.10gb"})
SLICED = pool("sliced", labels={"nvidia.com/device-plugin.config": "slices-4"})
TRAINIUM = pool("trainium", **TRN, efa_per_node=16)
HPC = pool(
    "hpc", **dict.fromkeys(("accelerator_vendor", "accelerator_model"), ""), accelerators_per_node=0, efa_per_node=1
)
NOBODY, NODE, PLUGIN, DRA = Advertiser

# pools, and what else is asked -> who advertises GPUs, EFA and Neuron devices, and whether by the operator. What decides:
# device-management.html, device-management-nvidia-dra-device-plugin.html, device-management-efa.html, auto-accelerated.html
CHOSEN: dict[str, tuple[dict[str, Any], tuple[Advertiser, Advertiser, Advertiser, bool]]] = {
    "a plugin on AL2023": ({"pools": [G6]}, (PLUGIN, NOBODY, NOBODY, False)),
    "a plugin on any version": ({"pools": [G6, TRAINING], "version": "1.33"}, (PLUGIN, PLUGIN, NOBODY, False)),
    "a plugin for elastic pools": ({"pools": [ELASTIC, TRAINING]}, (PLUGIN, PLUGIN, NOBODY, False)),
    "DRA where pools say so, and EFA with it": ({"pools": [CLAIMED]}, (DRA, DRA, NOBODY, False)),
    "DRA on static pools of Karpenter": ({"pools": [STATIC]}, (DRA, DRA, NOBODY, False)),
    "DRA for GPUs, a plugin for EFA": ({"pools": [CLAIMED], "efa_dra": False}, (DRA, PLUGIN, NOBODY, False)),
    "a plugin for EFA where others have it too": ({"pools": [CLAIMED, TRAINIUM]}, (DRA, PLUGIN, PLUGIN, False)),
    "DRA for EFA alone": ({"pools": [TRAINING], "efa_dra": True}, (PLUGIN, DRA, NOBODY, False)),
    "EFA on nodes without GPUs": ({"pools": [HPC]}, (NOBODY, PLUGIN, NOBODY, False)),
    "nothing beside Bottlerocket's plugin": ({"pools": [BOTTLEROCKET]}, (NODE, NOBODY, NOBODY, False)),
    "DRA beside Bottlerocket": ({"pools": [BOTTLEROCKET, CLAIMED]}, (DRA, DRA, NOBODY, False)),
    "nothing in Auto Mode": ({"pools": [AUTO], "auto_mode": True}, (NODE, NOBODY, NOBODY, False)),
    "Bottlerocket beside Auto Mode": ({"pools": [AUTO, BOTTLEROCKET], "auto_mode": True}, (NODE, NOBODY, NOBODY, False)),
    "the operator for MIG": ({"pools": [MIG, SLICED]}, (PLUGIN, NOBODY, NOBODY, True)),
    "the operator beside DRA": ({"pools": [pool("m", labels=MIG.labels, dra=True)]}, (DRA, NOBODY, NOBODY, True)),
    "the operator when asked": ({"pools": [G6], "gpu_operator": True}, (PLUGIN, NOBODY, NOBODY, True)),
    "Trainium": ({"pools": [TRAINIUM]}, (NOBODY, PLUGIN, PLUGIN, False)),
}  # fmt: skip


@pytest.mark.parametrize(("given", "wanted"), CHOSEN.values(), ids=list(CHOSEN))
def test_who_advertises_what(given: dict[str, Any], wanted: tuple[Any, ...]) -> None:
    choice = choose(**({"version": "1.35"} | given))
    assert (choice.gpu, choice.efa, choice.neuron, choice.operator) == wanted


# what is asked -> which limit, and which argument is wrong
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a plugin and DRA": ({"pools": [G6, CLAIMED]}, "one-advertiser", "pools"),
    "DRA on Bottlerocket": ({"pools": [pool("b", device_plugin_in_image=True, dra=True)]}, "image-advertises", "pools"),
    "DRA in Auto Mode": (
        {"pools": [pool("a", provisioner=Provisioner.KARPENTER, device_plugin_in_image=True, dra=True)], "auto_mode": True},
        "auto-dra",
        "pools",
    ),
    "DRA on nodes beside Auto Mode": ({"pools": [CLAIMED], "auto_mode": True}, "auto-dra", "pools"),
    "a plugin beside Auto Mode": ({"pools": [AUTO, G6], "auto_mode": True}, "auto-plugins", "pools"),
    "Trainium beside Auto Mode": ({"pools": [TRAINIUM], "auto_mode": True}, "auto-plugins", "pools"),
    "EFA beside Auto Mode": ({"pools": [HPC], "auto_mode": True}, "auto-plugins", "pools"),
    "DRA too early": ({"pools": [CLAIMED], "version": "1.33"}, "dra-kubernetes", "pools"),
    "DRA on elastic pools": (
        {"pools": [pool("e", provisioner=Provisioner.KARPENTER, dra=True)]}, "dra-elastic", "pools",
    ),
    "EFA by DRA too early": ({"pools": [TRAINING], "efa_dra": True, "version": "1.33"}, "dra-kubernetes", "efa_dra"),
    "EFA by DRA on elastic pools": (
        {"pools": [pool("e", provisioner=Provisioner.KARPENTER, efa_per_node=1)], "efa_dra": True}, "dra-elastic", "efa_dra",
    ),
    "EFA by DRA without EFA": ({"pools": [G6], "efa_dra": True}, "efa-none", "efa_dra"),
    "EFA by DRA in Auto Mode": ({"pools": [AUTO], "auto_mode": True, "efa_dra": True}, "auto-dra", "efa_dra"),
    "no driver": ({"pools": [pool("own", driver_in_image=False)]}, "driver", "pools"),
    "Gaudi": ({"pools": [pool("dl1", accelerator_vendor="habana")]}, "vendor", "pools"),
    "the operator on Bottlerocket": ({"pools": [BOTTLEROCKET], "gpu_operator": True}, "operator-image", "gpu_operator"),
    "MIG by the operator beside Bottlerocket": ({"pools": [MIG, BOTTLEROCKET]}, "operator-image", "pools"),
    "the operator in Auto Mode": (
        {"pools": [AUTO], "auto_mode": True, "gpu_operator": True}, "operator-image", "gpu_operator",
    ),
    "the operator without GPUs": ({"pools": [TRAINIUM], "gpu_operator": True}, "operator-none", "gpu_operator"),
    "no devices": ({"pools": [pool("cpu", accelerators_per_node=0, accelerator_vendor="")]}, "no-devices", "pools"),
    "no pools": ({"pools": []}, "no-devices", "pools"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "limit", "argument"), REFUSED.values(), ids=list(REFUSED))
def test_refused_with_its_source(given: dict[str, Any], limit: str, argument: str) -> None:
    with pytest.raises(Invalid) as refused:
        choose(**({"version": "1.35"} | given))
    (found,) = [one for one in limits() if one.id == limit]
    assert f"{found.reason} ({found.source})" in refused.value.reason
    assert refused.value.argument == argument
    assert refused.value.fix


def test_every_limit_refuses_something_and_has_a_source() -> None:
    assert {limit for _, limit, _ in REFUSED.values()} == {one.id for one in limits()}
    assert all(one.source.startswith("https://") for one in limits())


def layer(declare, **given: Any):
    def program() -> None:
        opts = pulumi.ResourceOptions(provider=kubernetes.Provider("cluster", kubeconfig="{}"))
        cluster = CLUSTER | {"auto_mode": given.pop("auto_mode", False)}
        DeviceLayer("devices", DeviceLayerArgs(**({"cluster": cluster} | given)), opts)

    graph = declare(program).graph
    return graph, {
        node.name.removeprefix("devices-"): node.inputs for node in graph.of_type("kubernetes:helm.sh/v3:Release")
    }


def affinity(values: Any) -> Any:
    terms = values["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    ((expression,),) = [term["matchExpressions"] for term in terms]
    return expression["key"], expression["values"]


def test_plugins_stand_on_the_nodes_of_their_pools_and_tolerate_their_taints(declare) -> None:
    graph, releases = layer(
        declare, pools=[SLICED, TRAINING, TRAINIUM, BOTTLEROCKET], versions={"dcgm-exporter": "4.8.2"}
    )
    assert set(releases) == {"nvidia-device-plugin", "dcgm-exporter", "aws-efa-k8s-device-plugin", "neuron-helm-chart"}
    for name, inputs in releases.items():
        lock = chart(name)
        assert inputs["chart"] == lock.chart
        assert inputs["version"] == ("4.8.2" if name == "dcgm-exporter" else lock.version)
        assert inputs.get("repositoryOpts", {}).get("repo") == lock.repository
        assert inputs["namespace"] == ("nvidia" if name in ("nvidia-device-plugin", "dcgm-exporter") else "kube-system")
    plugin = releases["nvidia-device-plugin"]["values"]
    gpu = [{"key": "nvidia.com/gpu", "operator": "Exists"}]
    assert affinity(plugin) == ("mlinfra/pool", ["sliced", "training"])
    assert plugin["tolerations"] == gpu
    assert plugin["mofedEnabled"] is False
    assert set(plugin["config"]["map"]) == {"whole", "slices-4"}
    shared = json.loads(plugin["config"]["map"]["slices-4"])["sharing"]["timeSlicing"]
    assert shared["resources"] == [{"name": "nvidia.com/gpu", "replicas": 4}]
    assert affinity(releases["dcgm-exporter"]["values"]) == ("mlinfra/pool", ["bottlerocket", "sliced", "training"])
    assert releases["dcgm-exporter"]["values"]["tolerations"] == gpu
    efa = releases["aws-efa-k8s-device-plugin"]["values"]
    assert efa["supportedInstanceLabels"] == {"keys": ["mlinfra/pool"], "values": ["training", "trainium"]}
    assert {one["key"] for one in efa["tolerations"]} == {"aws.amazon.com/neuron", "nvidia.com/gpu"}
    neuron = releases["neuron-helm-chart"]["values"]
    assert neuron["neuronInstances"] == ["trn2.48xlarge"]
    assert neuron["scheduler"]["enabled"] is neuron["npd"]["enabled"] is False
    (component,) = graph.of_type("mlinfra:devices:DeviceLayer")
    assert component.outputs["releases"]["dcgm-exporter"] == "4.8.2"
    assert_compliant(graph, today=date(2026, 11, 22))


def test_dra_drivers_come_without_any_plugin(declare) -> None:
    graph, releases = layer(declare, pools=[CLAIMED])
    assert set(releases) == {"nvidia-dra-driver", "aws-dranet", "dcgm-exporter"}
    driver = releases["nvidia-dra-driver"]["values"]
    assert affinity(driver["kubeletPlugin"]) == ("mlinfra/pool", ["claimed"])
    assert driver["gpuResourcesEnabledOverride"] is True
    assert driver["resources"]["computeDomains"]["enabled"] is False
    assert releases["dcgm-exporter"]["values"]["kubernetesDRA"]["enabled"] is True
    assert_compliant(graph, today=date(2026, 11, 22))


def test_the_operator_has_no_driver_and_advertises_or_leaves_it_to_dra(declare) -> None:
    graph, releases = layer(declare, pools=[MIG, SLICED], service_monitors=True)
    (operator,) = [inputs["values"] for inputs in releases.values()]
    assert operator["driver"]["enabled"] is operator["toolkit"]["enabled"] is False
    assert operator["devicePlugin"]["enabled"] is operator["migManager"]["enabled"] is True
    assert set(operator["devicePlugin"]["config"]["data"]) == {"whole", "slices-4"}
    assert operator["dcgmExporter"] == {"enabled": True, "serviceMonitor": {"enabled": True}}
    assert operator["daemonsets"]["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists"}]
    assert_compliant(graph, today=date(2026, 11, 22))
    graph, releases = layer(declare, pools=[pool("claimed", labels=MIG.labels, dra=True)])
    assert set(releases) == {"gpu-operator", "nvidia-dra-driver"}
    assert releases["gpu-operator"]["values"]["devicePlugin"]["enabled"] is False
    assert_compliant(graph, today=date(2026, 11, 22))


def test_in_auto_mode_gpus_are_measured_and_nothing_else(declare) -> None:
    graph, releases = layer(declare, pools=[AUTO], auto_mode=True, metrics_from="observability")
    assert set(releases) == {"dcgm-exporter"}
    policies = {node.get("metadata.name"): node.get("spec") for node in graph if node.type.endswith(":NetworkPolicy")}
    assert policies["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    (peer,) = policies["metrics"]["ingress"][0]["from"]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "observability"}
    graph, releases = layer(declare, pools=[AUTO], auto_mode=True, metrics=False)
    assert releases == {}
    assert graph.resources() == []
    (component,) = graph.of_type("mlinfra:devices:DeviceLayer")
    assert (component.outputs["releases"], component.outputs["namespace"]) == ({}, "")


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a limit": (
        {"pools": [G6, CLAIMED]},
        "DRA for pool claimed, a device plugin for pool g6",
    ),
    "two pools of a name": ({"pools": [G6, G6]}, "two pools are called g6"),
    "another chart": ({"pools": [G6], "versions": {"kueue": "0.19.3"}}, "'kueue' is not installed here"),
    "a range": ({"pools": [G6], "versions": {"gpu-operator": ">=26"}}, "not one exact version"),
}


@pytest.mark.parametrize(("given", "says"), WRONG.values(), ids=list(WRONG))
def test_arguments_that_cannot_be_used(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ml.ArgumentError, match=says):
        DeviceLayerArgs(**({"cluster": CLUSTER} | given))
