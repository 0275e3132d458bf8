"""The add-ons of a cluster: which, as which version, configured how, and with which rights. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mlinfra.components.access import Access, Permission
from mlinfra.components.cluster.storage import ClusterStorage
from mlinfra.components.documents import Text

NAMESPACE: Final = "kube-system"

# Where AWS maintains a policy for what an add-on does in EC2, which changes with the add-on, it is used as it is:
# "IAM roles for Amazon EKS add-ons" in the EKS user guide, 2026-11-22. Where that policy opens more than the add-on needs
# here (AmazonFSxFullAccess, AmazonS3FullAccess), the rights are spelled out.


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """The AWS rights of one service account of an add-on: AWS's own policies for it, and what is spelled out."""

    service_account: str
    managed: bool = False
    access: Access = field(default_factory=Access)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOn:
    """One add-on. `first`: nodes need it to become ready, so that it comes before them."""

    name: str
    first: bool = False
    configuration: Mapping[str, Any] = field(default_factory=dict)
    rights: tuple[Rights, ...] = ()

    @property
    def values(self) -> str | None:
        """The configuration as JSON; None when it is the add-on's own."""
        return json.dumps(self.configuration, sort_keys=True) if self.configuration else None


METRICS: Final = AddOn(name="metrics-server")
"""The last add-on that comes and the first that goes: what must happen in between hangs on it."""


def add_ons(storage: ClusterStorage, key_arn: Text, *, custom_networking: bool) -> Iterator[AddOn]:
    """The add-ons of a cluster whose nodes are its own, `METRICS` left out."""
    yield AddOn(
        name="vpc-cni",
        first=True,
        configuration=_cni(custom_networking=custom_networking),
        rights=(Rights(service_account="aws-node", managed=True),),
    )
    yield AddOn(name="kube-proxy", first=True)
    yield AddOn(name="eks-pod-identity-agent", first=True)
    yield AddOn(name="eks-node-monitoring-agent", first=True)
    yield AddOn(name="coredns")
    if storage.volumes:
        yield AddOn(name="aws-ebs-csi-driver", rights=(_volumes(key_arn),))
    yield from mounted(storage)


def mounted(storage: ClusterStorage) -> Iterator[AddOn]:
    """The drivers of what exists outside of the cluster; EKS Auto Mode does not have these either."""
    if storage.file_systems:
        describe = ("AccessPoints", "FileSystems", "MountTargets")
        see = Permission(
            sid="SeeFileSystems",
            actions=[f"elasticfilesystem:Describe{what}" for what in describe],
            on_every_resource=True,
        )
        zones = Permission(sid="SeeZones", actions=["ec2:DescribeAvailabilityZones"], on_every_resource=True)
        yield AddOn(
            name="aws-efs-csi-driver",
            rights=(
                Rights(service_account="efs-csi-controller-sa", access=Access(permissions=[see, zones])),
                Rights(
                    service_account="efs-csi-node-sa",
                    access=Access(file_systems=storage.file_systems, permissions=[see, zones]),
                ),
            ),
        )
    if storage.lustre:
        see = Permission(sid="SeeFileSystems", actions=["fsx:DescribeFileSystems"], on_every_resource=True)
        rights = Rights(service_account="fsx-csi-controller-sa", access=Access(permissions=[see]))
        yield AddOn(name="aws-fsx-csi-driver", rights=(rights,))
    if storage.buckets or storage.bucket_mounts:
        rights = Rights(service_account="s3-csi-driver-sa", access=Access(buckets=storage.buckets))
        yield AddOn(name="aws-mountpoint-s3-csi-driver", rights=(rights,) if storage.buckets else ())


def eni_configs(zones: Sequence[str], subnets: Sequence[str], region: str) -> Mapping[str, Any]:
    """Subnets of their own for pods, by zone, as the VPC CNI add-on takes them ("Deploy Pods in alternate subnets")."""
    by_zone = {zone: {"id": subnet} for zone, subnet in zip(zones, subnets, strict=True)}
    return {"eniConfig": {"create": True, "region": region, "subnets": by_zone}}


def _cni(*, custom_networking: bool) -> dict[str, Any]:
    """Network policies enforced, and addresses given to nodes sixteen at a time: more pods, fewer calls of EC2."""
    environment = {"ENABLE_PREFIX_DELEGATION": "true", "WARM_PREFIX_TARGET": "1"}
    if custom_networking:
        environment |= {
            "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true",
            "ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone",
        }
    return {"enableNetworkPolicy": "true", "env": environment}


def _volumes(key_arn: Text) -> Rights:
    return Rights(service_account="ebs-csi-controller-sa", managed=True, access=Access(volume_keys=[key_arn]))
