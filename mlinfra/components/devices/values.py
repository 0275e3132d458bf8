"""The values of the device layer's charts. Pure.

Sources: the charts' values.yaml (https://github.com/NVIDIA/k8s-device-plugin, https://github.com/NVIDIA/gpu-operator,
https://github.com/kubernetes-sigs/dra-driver-nvidia-gpu, https://github.com/NVIDIA/dcgm-exporter,
https://github.com/aws/eks-charts, https://github.com/aws-neuron/neuron-helm-charts) and "Manage hardware devices on Amazon
EKS" in the EKS user guide.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mlinfra.components.devices.choice import MIG_LABEL, SLICES_LABEL, Advertiser, Choice
from mlinfra.components.pools.reference import POOL_LABEL, PoolReference

Values = Mapping[str, Any]
NODE_CRITICAL: Final = "system-node-critical"
_WHOLE: Final = "whole"
"""The configuration of the device plugin for nodes that name no other."""
_MULTI_NODE_NVLINK: Final = ("GB200", "GB300")
_AGENT: Final = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}


def device_plugin(pools: Sequence[PoolReference]) -> Values:
    """NVIDIA's device plugin, which leaves EFA's devices to EFA's own."""
    return {
        **_placed(pools),
        "config": {"map": _plugin_configs(pools), "default": _WHOLE},
        "mofedEnabled": False,
        "gfd": {"enabled": False},
        "priorityClassName": NODE_CRITICAL,
        "resources": _AGENT,
    }


def dra_driver(pools: Sequence[PoolReference]) -> Values:
    """NVIDIA's DRA driver for whole GPUs and parts made by MIG; domains of NVLink only where nodes share one."""
    domains = any(pool.accelerator_model in _MULTI_NODE_NVLINK for pool in pools)
    return {
        "nvidiaDriverRoot": "/",
        "gpuResourcesEnabledOverride": True,
        "resources": {"gpus": {"enabled": True}, "computeDomains": {"enabled": domains}},
        "kubeletPlugin": {
            **_placed(pools),
            "priorityClassName": NODE_CRITICAL,
            "containers": {"gpus": {"resources": _AGENT}},
        },
    }


def gpu_operator(choice: Choice, *, metrics: bool, service_monitors: bool) -> Values:
    """The GPU operator on EKS's images: no driver and no toolkit of its own, a device plugin unless DRA advertises."""
    split = any(MIG_LABEL in pool.labels for pool in choice.gpu_pools)
    tolerations = _tolerations(choice.gpu_pools)
    return {
        "driver": {"enabled": False},
        "toolkit": {"enabled": False},
        "devicePlugin": {
            "enabled": choice.gpu is Advertiser.PLUGIN,
            "config": {
                "create": True,
                "name": "device-plugin-configs",
                "default": _WHOLE,
                "data": _plugin_configs(choice.gpu_pools),
            },
        },
        "mig": {"strategy": "mixed"},
        "migManager": {
            "enabled": split,
            "config": {"default": "all-disabled"},
            "env": [{"name": "WITH_REBOOT", "value": "true"}],  # P4 and P5 change their mode with a reboot only
        },
        "gfd": {"enabled": True},
        "nfd": {"enabled": True},
        "node-feature-discovery": {"worker": {"tolerations": tolerations}},
        "dcgmExporter": {"enabled": metrics, "serviceMonitor": {"enabled": service_monitors}},
        "daemonsets": {"tolerations": tolerations, "priorityClassName": NODE_CRITICAL},
    }


def metrics_exporter(pools: Sequence[PoolReference], *, service_monitors: bool, claims: bool) -> Values:
    """NVIDIA's DCGM exporter, on nodes with GPUs and only there."""
    return {
        **_placed(pools),
        "serviceMonitor": {"enabled": service_monitors},
        "kubernetesDRA": {"enabled": claims},
        "priorityClassName": NODE_CRITICAL,
        "resources": _AGENT,
    }


def efa_plugin(pools: Sequence[PoolReference]) -> Values:
    """AWS's device plugin for EFA. The chart selects nodes by one label; here it is that of the pools."""
    return _efa(pools)


def efa_driver(pools: Sequence[PoolReference]) -> Values:
    """AWS's DRA driver for EFA, with its device class efa.networking.k8s.aws."""
    return {**_efa(pools), "deviceClass": {"create": True}, "priorityClassName": NODE_CRITICAL}


def neuron_plugin(pools: Sequence[PoolReference]) -> Values:
    """AWS's device plugin for Trainium and Inferentia, without the scheduler and the problem detector of the same chart."""
    return {
        "neuronInstances": sorted({instance for pool in pools for instance in pool.instance_types}),
        "devicePlugin": {"tolerations": _tolerations(pools), "priorityClassName": NODE_CRITICAL},
        "scheduler": {"enabled": False},
        "npd": {"enabled": False},
    }


def _efa(pools: Sequence[PoolReference]) -> Values:
    return {
        "supportedInstanceLabels": {"keys": [POOL_LABEL], "values": _names(pools)},
        "tolerations": _tolerations(pools),
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "256Mi"}},
    }


def _plugin_configs(pools: Sequence[PoolReference]) -> Mapping[str, str]:
    """The device plugin's configurations by name; a node's label nvidia.com/device-plugin.config names its own.

    JSON, which is YAML. Pods that ask for two slices would get no more than with one, and are refused.
    """
    wanted = {pool.labels[SLICES_LABEL] for pool in pools if SLICES_LABEL in pool.labels}
    flags = {"migStrategy": "mixed"}
    configs: dict[str, Any] = {_WHOLE: {"version": "v1", "flags": flags}}
    for name in sorted(wanted):
        shared = {"name": "nvidia.com/gpu", "replicas": int(name.rpartition("-")[2])}
        slicing = {"renameByDefault": False, "failRequestsGreaterThanOne": True, "resources": [shared]}
        configs[name] = {"version": "v1", "flags": flags, "sharing": {"timeSlicing": slicing}}
    return {name: json.dumps(config) for name, config in configs.items()}


def _placed(pools: Sequence[PoolReference]) -> Values:
    """On every node of the pools, and nowhere else."""
    expression = {"key": POOL_LABEL, "operator": "In", "values": _names(pools)}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    return {
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}},
        "tolerations": _tolerations(pools),
    }


def _tolerations(pools: Sequence[PoolReference]) -> Sequence[Mapping[str, str]]:
    """Every taint of the pools, whatever its value and effect."""
    return [
        {"key": key, "operator": "Exists"} for key in sorted({taint.key for pool in pools for taint in pool.taints})
    ]


def _names(pools: Sequence[PoolReference]) -> Sequence[str]:
    return sorted(pool.name for pool in pools)
