"""The namespace of the operators: who calls them, whom they call, and the charts."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.core.v1 import ResourceQuotaSpecArgs
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs, ObjectMetaPatchArgs
from pulumi_kubernetes.networking.v1 import NetworkPolicySpecArgs

from mlinfra.components.component import Component
from mlinfra.components.releases import pinned, release
from mlinfra.components.teams.connections import (
    PRIVATE,
    TrafficDirection,
    TrafficProtocol,
    allow,
    built_in,
    network_peer,
    pods_peer,
)
from mlinfra.components.training import definitions
from mlinfra.components.training.arguments import TrainingClusterArgs
from mlinfra.components.training.objects import network_policies
from mlinfra.components.training.operators import METRICS_PORTS, RAY_PORT, WEBHOOK_PORTS, values
from mlinfra.components.training.team import SYSTEM

_API_PORT: Final = 443
_RAY_HEAD: Final = {"ray.io/node-type": "head"}  # KubeRay's own label (ray-operator/controllers/ray/utils/constant.go)
_QUOTA: Final = {
    "pods": "40",
    "requests.cpu": "16",
    "requests.memory": "32Gi",
    "limits.memory": "64Gi",
    "services.loadbalancers": "0",
    "services.nodeports": "0",
}


def policies(args: TrainingClusterArgs) -> Mapping[str, NetworkPolicySpecArgs]:
    """Nothing passes but DNS, the API server in both directions, KubeRay's calls of Ray heads, and who reads metrics."""
    given = built_in(auto_mode=args.cluster.auto_mode, internal=False)
    vpc = [network_peer(cidr) for cidr in PRIVATE if not cidr.startswith("169.254.")]
    readers = [pods_peer(args.operators.metrics_from, {})]
    heads = [pods_peer(team, _RAY_HEAD) for team in sorted(args.teams)]
    found = {
        "default-deny": given["default-deny"],
        "dns": given["dns"],
        "api-server": allow(TrafficDirection.TO, vpc, _tcp(_API_PORT)),
        "webhooks": allow(TrafficDirection.FROM, vpc, _tcp(*WEBHOOK_PORTS)),
        "metrics": allow(TrafficDirection.FROM, readers, _tcp(*METRICS_PORTS)),
    }
    if args.operators.ray:
        found["ray-heads"] = allow(TrafficDirection.TO, heads, _tcp(RAY_PORT))
    return found


def install(
    parent: Component[Any], name: str, args: TrainingClusterArgs, *, after: Sequence[pulumi.Resource]
) -> Mapping[str, kubernetes.helm.v3.Release]:
    """Installs the operators, one after the other, once the namespaces are there in which they have rights."""
    level, version = "restricted", f"v{args.cluster.version}"
    labels = {"pod-security.kubernetes.io/enforce": level, "pod-security.kubernetes.io/enforce-version": version}
    space = kubernetes.core.v1.Namespace(
        f"{name}-system", metadata=ObjectMetaArgs(name=SYSTEM, labels=labels), opts=parent.child()
    )
    quota = kubernetes.core.v1.ResourceQuota(
        f"{name}-system",
        metadata=ObjectMetaArgs(name="quota", namespace=space.metadata.name),
        spec=ResourceQuotaSpecArgs(hard=_QUOTA),
        opts=parent.child(),
    )
    nobody = kubernetes.core.v1.ServiceAccountPatch(  # the account that Kubernetes makes in every namespace
        f"{name}-system-default",
        metadata=ObjectMetaPatchArgs(name="default", namespace=space.metadata.name),
        automount_service_account_token=False,
        opts=parent.child(),
    )
    before = [*after, quota, nobody, *network_policies(parent, f"{name}-system", space.metadata.name, policies(args))]
    made: dict[str, kubernetes.helm.v3.Release] = {}
    for chart, given in values(args.operators, [*args.teams], args.queueing).items():
        file = args.definitions.get(chart)
        kinds = definitions.declare(parent, name, chart, file) if file else []
        made[chart] = release(
            parent,
            f"{name}-{chart}",
            pinned(chart, args.versions),
            values=given,
            namespace=space.metadata.name,
            after=[*before, *made.values(), *kinds],
            skip_crds=bool(kinds),
        )
    return made


def _tcp(*ports: int) -> list[tuple[TrafficProtocol, int]]:
    return [(TrafficProtocol.TCP, port) for port in ports]
