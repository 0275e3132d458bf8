"""The objects that Karpenter reads, and EKS in Auto Mode: pure functions of a pool."""

from dataclasses import dataclass
from typing import Any, Final

from mlinfra.components.cluster.nodes import NodeSystem
from mlinfra.components.documents import Text
from mlinfra.components.pools.disks import disks
from mlinfra.components.pools.images import alias, bottlerocket_settings, mig_model
from mlinfra.components.pools.interfaces import layout
from mlinfra.components.pools.reference import CapacityKind, PoolReference
from mlinfra.components.pools.shape import Shape


@dataclass(frozen=True, slots=True)
class ClassKind:
    """A kind of node class."""

    group: str
    kind: str


OWN: Final = ClassKind("karpenter.k8s.aws", "EC2NodeClass")
"""Of Karpenter that the cluster runs itself."""
AUTO: Final = ClassKind("eks.amazonaws.com", "NodeClass")
"""Of EKS in Auto Mode."""
_ARCHITECTURES: Final = {"x86_64": "amd64", "arm64": "arm64"}
_BOUGHT: Final = {
    CapacityKind.ON_DEMAND: "on-demand",
    CapacityKind.SPOT: "spot",
    CapacityKind.RESERVATION: "reserved",
    CapacityKind.CAPACITY_BLOCK: "reserved",
}


def node_pool_spec(name: str, args: Any, shape: Shape, reference: PoolReference, kind: ClassKind) -> dict[str, Any]:
    """The spec of a karpenter.sh/v1 NodePool.

    Every pool has limits. A static one (`replicas`) knows that of nodes alone:
    https://karpenter.sh/docs/concepts/nodepools/#specreplicas
    """
    node: dict[str, Any] = {
        "nodeClassRef": {"group": kind.group, "kind": kind.kind, "name": name},
        "requirements": _requirements(args, shape),
        "taints": [
            {"key": one.key, **({"value": one.value} if one.value else {}), "effect": one.effect.value}
            for one in reference.taints
        ],
        "expireAfter": _expiry(shape),
    }
    spec: dict[str, Any] = {
        "template": {"metadata": {"labels": dict(reference.labels)}, "spec": node},
        "disruption": _disruption(shape),
        "limits": _limits(args, shape),
    }
    if shape.fixed:
        spec["replicas"] = shape.most
    return spec


def _requirements(args: Any, shape: Shape) -> list[dict[str, Any]]:
    bought = [_BOUGHT[args.capacity.kind], *(["on-demand"] if args.capacity.fallback else [])]
    wanted: dict[str, list[str]] = {
        "node.kubernetes.io/instance-type": [one.name for one in shape.types],
        "karpenter.sh/capacity-type": bought,
        "topology.kubernetes.io/zone": list(shape.zones),
        "kubernetes.io/arch": [_ARCHITECTURES[one] for one in shape.architectures],
        "kubernetes.io/os": ["linux"],
    }
    if args.dedicated:
        wanted["karpenter.k8s.aws/instance-tenancy"] = ["dedicated"]
    return [{"key": key, "operator": "In", "values": values} for key, values in wanted.items()]


def _expiry(shape: Shape) -> str:
    """Nodes with accelerators live as long as their jobs; what patches them is a new release of the image.

    Auto Mode ends every node after 21 days: https://docs.aws.amazon.com/eks/latest/userguide/automode.html
    """
    if shape.auto:
        return "336h"
    return "Never" if shape.accelerator else "720h"


def _disruption(shape: Shape) -> dict[str, Any]:
    """When nodes are taken away: empty ones always; others only where a pod can start again for nothing."""
    if shape.fixed or shape.accelerator:
        return {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "10m", "budgets": [{"nodes": "1"}]}
    return {"consolidationPolicy": "WhenEmptyOrUnderutilized", "consolidateAfter": "1m", "budgets": [{"nodes": "10%"}]}


def _limits(args: Any, shape: Shape) -> dict[str, str]:
    if shape.fixed:
        # One more, so that a node can be replaced before it goes. A reservation has no place for it.
        spare = 0 if args.capacity.kind is CapacityKind.RESERVATION else 1
        return {"nodes": str(shape.most + spare)}
    limits = {"nodes": str(shape.most), "cpu": str(shape.most_vcpus)}
    if shape.accelerator:
        limits[shape.accelerator.resource] = str(shape.most_accelerators)
    return limits


def node_class_spec(
    name: str,
    args: Any,
    shape: Shape,
    *,
    instance_profile: Text,
    subnet_ids: list[Text],
    group_ids: list[Text],
    key_arn: Text,
    placement_group: Text | None,
) -> dict[str, Any]:
    """The spec of a karpenter.k8s.aws/v1 EC2NodeClass: https://karpenter.sh/docs/concepts/nodeclasses/."""
    spec: dict[str, Any] = {
        "instanceProfile": instance_profile,
        "amiSelectorTerms": [{"alias": alias(args.system, shape.release)}],
        "subnetSelectorTerms": [{"id": one} for one in subnet_ids],
        "securityGroupSelectorTerms": [{"id": one} for one in group_ids],
        "metadataOptions": {
            "httpEndpoint": "enabled",
            "httpProtocolIPv6": "disabled",
            "httpPutResponseHopLimit": 1,
            "httpTokens": "required",
        },
        "blockDeviceMappings": [
            {
                "deviceName": one.device,
                "ebs": {
                    "volumeSize": f"{one.gib}Gi",
                    "volumeType": "gp3",
                    "encrypted": True,
                    "kmsKeyID": key_arn,
                    "deleteOnTermination": True,
                },
            }
            for one in disks(args.system, args.disk_gib)
        ],
        "detailedMonitoring": True,
        "tags": {"Name": name},
    }
    if shape.local_disks:
        spec["instanceStorePolicy"] = "RAID0"
    if args.capacity.reservation_id is not None:
        spec["capacityReservationSelectorTerms"] = [{"id": args.capacity.reservation_id}]
    if placement_group is not None:
        spec["placementGroupSelector"] = {"name": placement_group}
    if shape.efa:
        spec["networkInterfaces"] = [
            {"networkCardIndex": one.card, "deviceIndex": one.device, "interfaceType": one.type}
            for one in layout(shape.types[0])
        ]
    else:
        spec["associatePublicIPAddress"] = False
    if args.system is NodeSystem.BOTTLEROCKET:
        # Karpenter itself sets up local disks here.
        sharing, found = getattr(args, "sharing", None), shape.accelerator
        settings = bottlerocket_settings(local_disks=False, sharing=sharing, mig_model=mig_model(found))
        if settings:
            spec["userData"] = settings
    return spec


def auto_class_spec(
    name: str, args: Any, *, role: Text, subnet_ids: list[Text], group_ids: list[Text], key_arn: Text
) -> dict[str, Any]:
    """The spec of an eks.amazonaws.com/v1 NodeClass: https://docs.aws.amazon.com/eks/latest/userguide/create-node-class.html."""
    spec: dict[str, Any] = {
        "role": role,
        "subnetSelectorTerms": [{"id": one} for one in subnet_ids],
        "securityGroupSelectorTerms": [{"id": one} for one in group_ids],
        "ephemeralStorage": {"size": f"{args.disk_gib}Gi", "kmsKeyID": key_arn},
        "tags": {"Name": name},
    }
    if args.capacity.reservation_id is not None:
        spec["capacityReservationSelectorTerms"] = [{"id": args.capacity.reservation_id}]
    return spec
