"""Where moto 5.2.5 differs from EKS: addresses of a cluster's own, its security group, and versions of nodes."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# The default of CreateCluster, `version`: what EKS gives in November 2026 (standard support until 2027-03-27,
# endoflife.date/amazon-eks). moto's is 1.19.
DEFAULT_VERSION: Final = "1.35"


def _create_cluster(create: Any, backend: Any, **settings: Any) -> Any:
    """A cluster has a security group, an endpoint and an OIDC issuer that no other one has."""
    made = create(backend, **settings)
    identity = secrets.token_hex(16).upper()
    made.endpoint = f"https://{identity}.gr7.{backend.region_name}.eks.amazonaws.com"
    made.identity = {"oidc": {"issuer": f"https://oidc.eks.{backend.region_name}.amazonaws.com/id/{identity}"}}
    made.platformVersion = "eks.1"
    network: Mapping[str, Any] = made.resources_vpc_config or {}
    subnets = _ec2(backend).describe_subnets(subnet_ids=list(network.get("subnetIds", [])))
    if subnets:
        vpc = subnets[0].vpc_id
        group = _ec2(backend).create_security_group(
            name=f"eks-cluster-sg-{made.name}-{secrets.randbelow(10**9)}",
            description="EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, "
            "as well as any managed workloads.",
            vpc_id=vpc,
            tags={f"kubernetes.io/cluster/{made.name}": "owned", "aws:eks:cluster-name": made.name},
        )
        made.resources_vpc_config = {**network, "vpcId": vpc, "clusterSecurityGroupId": group.id}
    return made


def _update_cluster_config(update: Any, backend: Any, **settings: Any) -> Any:
    """An update changes what it names of the network, and the rest stays."""
    before = backend.clusters.get(settings["name"])
    wanted = settings.get("resources_vpc_config")
    if before is not None and wanted:
        settings["resources_vpc_config"] = {**before.resources_vpc_config, **wanted}
    return update(backend, **settings)


def _delete_cluster(delete: Any, backend: Any, name: str) -> Any:
    """The security group goes with the cluster."""
    gone = delete(backend, name)
    group = (gone.resources_vpc_config or {}).get("clusterSecurityGroupId")
    if group:
        _ec2(backend).delete_security_group(group_id=group)
    return gone


def _create_nodegroup(create: Any, backend: Any, **settings: Any) -> Any:
    """Nodes have the version of their cluster unless another one is asked for, and run Amazon Linux 2023."""
    cluster = backend.clusters.get(settings["cluster_name"])
    settings["version"] = settings.get("version") or getattr(cluster, "version", DEFAULT_VERSION)
    settings["release_version"] = settings.get("release_version") or f"{settings['version']}.0-20261110"
    made = create(backend, **settings)
    if not settings.get("instance_types") and _typed(backend, settings.get("launch_template") or {}):
        made.instance_types = None  # those of the launch template are the template's to tell
    return made


def _typed(backend: Any, said: Mapping[str, str]) -> bool:
    """Whether a launch template names an instance type."""
    if not said:
        return False
    ec2 = _ec2(backend)
    found = ec2.get_launch_template(said["id"]) if said.get("id") else ec2.get_launch_template_by_name(said["name"])
    return bool(found.get_version(said.get("version") or "$Default").instance_type)


def _ec2(backend: Any) -> Any:
    from moto.ec2.models import ec2_backends

    return ec2_backends[backend.account_id][backend.region_name]


REPLACEMENTS: Final[list[tuple[str, Callable[..., Any] | str]]] = [
    ("moto.eks.models:DEFAULT_KUBERNETES_VERSION", DEFAULT_VERSION),
    ("moto.eks.models:DEFAULT_AMI_TYPE", "AL2023_x86_64_STANDARD"),
    ("moto.eks.models:EKSBackend.create_cluster", _create_cluster),
    ("moto.eks.models:EKSBackend.update_cluster_config", _update_cluster_config),
    ("moto.eks.models:EKSBackend.delete_cluster", _delete_cluster),
    ("moto.eks.models:EKSBackend.create_nodegroup", _create_nodegroup),
]
