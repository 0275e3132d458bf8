"""What a node of a pool looks like to the scheduler: labels, taints, and what it offers to pods. Pure.

Labels are those of managed node groups and of Karpenter; what a node keeps for itself is the catalogue's (`nodes.toml`).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog import nodes
from mlinfra.catalog.instances import instance_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlinfra.catalog.instances import InstanceType
    from mlinfra.sandbox.kubernetes.backend import Manifest

POOL_LABEL: Final = "sandbox.mlinfra/pool"
"""Marks simulated nodes, and names the pool that they mirror."""
EFA: Final = "vpc.amazonaws.com/efa"
CAPACITY_LABELS: Final = {"on-demand": "ON_DEMAND", "spot": "SPOT", "capacity-block": "CAPACITY_BLOCK"}
ARCHITECTURES: Final = {"x86_64": "amd64", "arm64": "arm64"}


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Nodes of one kind. `capacity` is on-demand, spot, reserved or capacity-block; `nodes` how many there are now."""

    name: str
    source: str
    """eks for a managed node group, karpenter for a NodePool."""
    instance_types: Sequence[str]
    zones: Sequence[str]
    capacity: str = "on-demand"
    nodes: int = 0
    efa: int = 0
    """EFA interfaces of a node."""
    disk_gib: int = 100
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[Mapping[str, str]] = ()
    version: str = ""


def node(pool: Pool, index: int, type_name: str | None = None) -> Manifest | None:
    """The `index`-th node of a pool, counted from 0: types and zones take turns.

    None for an instance type that the catalogue does not have.
    """
    kind = instance_type(type_name or pool.instance_types[index % len(pool.instance_types)])
    if kind is None:
        return None
    zone = pool.zones[index % len(pool.zones)]
    name = f"{pool.name}-{index}".lower().replace("_", "-")
    offered = capacity(pool, kind)
    millicores, mib = nodes.allocatable(kind, efa=bool(pool.efa))
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": _labels(pool, kind, zone) | {"kubernetes.io/hostname": name}},
        "spec": {"providerID": f"aws:///{zone}/{name}", "taints": [dict(taint) for taint in pool.taints]},
        "status": {
            "capacity": offered,
            "allocatable": offered | {"cpu": f"{millicores}m", "memory": f"{mib}Mi"},
            "nodeInfo": {
                "architecture": ARCHITECTURES[kind.architectures[0]],
                "operatingSystem": "linux",
                "kubeletVersion": f"v{pool.version}" if pool.version else "",
                "bootID": "",
                "containerRuntimeVersion": "",
                "kernelVersion": "",
                "kubeProxyVersion": "",
                "machineID": "",
                "osImage": "",
                "systemUUID": "",
            },
        },
    }


def capacity(pool: Pool, kind: InstanceType) -> dict[str, str]:
    """What a node of the instance type has, as quantities of Kubernetes."""
    found = {
        "cpu": str(kind.vcpus),
        "memory": f"{nodes.memory_mib(kind)}Mi",
        "pods": str(kind.max_pods),
        "ephemeral-storage": f"{pool.disk_gib}Gi",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": f"{nodes.huge_pages_mib()}Mi" if pool.efa else "0",
    }
    if pool.efa:
        found[EFA] = str(pool.efa)
    if (device := kind.accelerator) is not None:
        found |= _devices(pool, kind) or {device.resource: str(device.count)}
    return found


def _devices(pool: Pool, kind: InstanceType) -> dict[str, str]:
    """The parts that the pool's labels have its GPUs split into; none when they are whole."""
    profile = pool.labels.get("nvidia.com/mig.config", "").removeprefix("all-")
    if not profile or kind.accelerator is None:
        return {}
    parts = next((part for part in kind.accelerator.mig if part.name == profile), None)
    return {} if parts is None else {parts.resource: str(parts.most * kind.accelerator.count)}


def _labels(pool: Pool, kind: InstanceType, zone: str) -> dict[str, str]:
    found = {
        **pool.labels,
        POOL_LABEL: pool.name,
        "kubernetes.io/arch": ARCHITECTURES[kind.architectures[0]],
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": kind.name,
        "topology.kubernetes.io/region": zone[:-1],
        "topology.kubernetes.io/zone": zone,
    }
    if pool.source == "eks":
        return found | {
            "eks.amazonaws.com/nodegroup": pool.name,
            "eks.amazonaws.com/capacityType": CAPACITY_LABELS.get(pool.capacity, "ON_DEMAND"),
        }
    return (
        found
        | karpenter_labels(kind)
        | {
            "karpenter.sh/nodepool": pool.name,
            "karpenter.sh/capacity-type": pool.capacity,
            "karpenter.sh/registered": "true",
            "karpenter.sh/initialized": "true",
        }
    )


def karpenter_labels(kind: InstanceType) -> dict[str, str]:
    """Karpenter's labels of an instance type (https://karpenter.sh/docs/concepts/scheduling/)."""
    category = "".join(itertools.takewhile(str.isalpha, kind.family))  # p of p5en, inf of inf2
    digits = kind.family.removeprefix(category)
    found = {
        "karpenter.k8s.aws/instance-category": category,
        "karpenter.k8s.aws/instance-family": kind.family,
        "karpenter.k8s.aws/instance-generation": "".join(itertools.takewhile(str.isdigit, digits)),
        "karpenter.k8s.aws/instance-size": kind.size,
        "karpenter.k8s.aws/instance-cpu": str(kind.vcpus),
        "karpenter.k8s.aws/instance-memory": str(kind.memory_mib),
        "karpenter.k8s.aws/instance-hypervisor": "" if kind.bare_metal else "nitro",
    }
    if kind.nvme_gb:
        found["karpenter.k8s.aws/instance-local-nvme"] = str(kind.nvme_gb)
    if (gpu := kind.gpu) is not None:
        found |= {
            "karpenter.k8s.aws/instance-gpu-name": gpu.model.lower().replace(" ", "-"),
            "karpenter.k8s.aws/instance-gpu-manufacturer": gpu.vendor,
            "karpenter.k8s.aws/instance-gpu-count": str(gpu.count),
            "karpenter.k8s.aws/instance-gpu-memory": str(gpu.memory_mib),
        }
    elif kind.accelerator is not None:
        found |= {
            "karpenter.k8s.aws/instance-accelerator-name": kind.accelerator.model.lower(),
            "karpenter.k8s.aws/instance-accelerator-manufacturer": kind.accelerator.vendor,
            "karpenter.k8s.aws/instance-accelerator-count": str(kind.accelerator.count),
        }
    return found


def managed(group: Mapping[str, Any], *, efa: int = 0) -> Pool:
    """The pool that a managed node group is, from what DescribeNodegroup says, launch template already looked up.

    `zones` are those of its subnets, and `instanceTypes` those of its launch template where it has none itself.
    """
    effects = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}
    capacity_type = str(group.get("capacityType", "ON_DEMAND"))
    return Pool(
        name=group["nodegroupName"],
        source="eks",
        instance_types=tuple(group["instanceTypes"]),
        zones=tuple(sorted(group["zones"])),
        capacity=next((ours for ours, theirs in CAPACITY_LABELS.items() if theirs == capacity_type), "on-demand"),
        nodes=int(group["scalingConfig"]["desiredSize"]),
        efa=efa,
        disk_gib=int(group.get("diskSize") or 100),
        labels=dict(group.get("labels") or {}),
        taints=[
            {"key": t["key"], "effect": effects[t["effect"]], **({"value": t["value"]} if t.get("value") else {})}
            for t in group.get("taints") or ()
        ],
        version=str(group.get("version", "")),
    )
