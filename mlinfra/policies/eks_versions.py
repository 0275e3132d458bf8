"""Rules about versions of EKS clusters, nodes and add-ons: how long they are maintained, and what goes with what."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog.compatibility import fact, version
from mlinfra.catalog.eks import support
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, only_if
from mlinfra.policies.capacity import NODE_GROUP
from mlinfra.policies.eks import CLUSTER
from mlinfra.policies.references import holds_where_it_leads
from mlinfra.policies.versions import is_version

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource


@rule(
    "eks-version",
    title="Clusters run a version of Kubernetes in standard support",
    severity=Severity.HIGH,
    types=(CLUSTER,),
    arguments={"mlinfra:cluster:Cluster": "version"},
    fix='version="1.35"',
)
def eks_version(cluster: Resource) -> Truth:
    """After standard support each hour costs six times as much, and after extended support EKS upgrades when it likes."""
    today = cluster.graph.today

    def supported(raw: Any) -> bool:
        found = support(str(raw)) if version(str(raw)) else None
        return version(str(raw)) is not None and (found is None or found.standard is None or today <= found.standard)

    return only_if(cluster["version"].present(), cluster["version"].where(supported, "a version in standard support"))


@rule(
    "eks-version-soon",
    title="The version of a cluster has months of standard support before it",
    severity=Severity.MEDIUM,
    types=(CLUSTER,),
    arguments={"mlinfra:cluster:Cluster": "version"},
    fix='version="1.36"',
)
def eks_version_soon(cluster: Resource) -> Truth:
    """AWS gives sixty days' notice; an upgrade of a cluster with long jobs takes as long."""
    today, notice = cluster.graph.today, timedelta(days=fact("notice", "days"))

    def lasting(raw: Any) -> bool:
        found = support(str(raw)) if version(str(raw)) else None
        return found is None or found.standard is None or not today <= found.standard < today + notice

    return only_if(
        cluster["version"].present(),
        cluster["version"].where(lasting, f"{notice.days} days of standard support or more"),
    )


@rule(
    "eks-extended-support",
    title="Clusters do not slip into extended support",
    severity=Severity.LOW,
    types=(CLUSTER,),
    arguments={"mlinfra:cluster:Cluster": "extended_support"},
    fix='upgrade_policy={"support_type": "STANDARD"}',
)
def eks_extended_support(cluster: Resource) -> Truth:
    """By default a forgotten cluster is paid for sixfold; with STANDARD it is upgraded."""
    return cluster["upgradePolicy.supportType"].is_("STANDARD")


@rule(
    "eks-node-skew",
    title="Nodes are not newer than their control plane, nor much older",
    severity=Severity.MEDIUM,
    types=(NODE_GROUP,),
    fix="version=cluster.version",
)
def eks_node_skew(nodes: Resource) -> Truth:
    """A kubelet outside the supported window fails in ways that nobody tests."""

    def near(cluster: Resource) -> Truth:
        mine, its = nodes["version"], cluster["version"]
        if its.is_unknown or its.raw is None:
            return its.says(None if its.is_unknown else True, "a known version")
        control = version(str(its.raw)) or ()

        def close(raw: Any) -> bool:
            own = version(str(raw)) or ()
            return own[:1] == control[:1] and 0 <= _minor(control) - _minor(own) <= fact("nodes", "skew")

        return mine.where(close, f"at most {fact('nodes', 'skew')} minor versions behind {its.raw}")

    return only_if(nodes["version"].present(), holds_where_it_leads(nodes["clusterName"], (CLUSTER,), near))


def _minor(number: tuple[int, ...]) -> int:
    return number[1] if len(number) > 1 else 0


@rule(
    "mountpoint-pod-identity",
    title="The S3 mount driver is new enough for Pod Identity",
    severity=Severity.MEDIUM,
    types=("aws:eks/addon:Addon",),
    fix='addon_version="v2.7.0-eksbuild.1"',
)
def mountpoint_pod_identity(addon: Resource) -> Truth:
    """The first version ignores the association, and mounts with the node's role."""
    mounts = addon["addonName"].is_("aws-mountpoint-s3-csi-driver") & addon["podIdentityAssociations"].present()
    return only_if(mounts, is_version(addon["addonVersion"], fact("mountpoint_pod_identity", "since")))


RULES: Final = (
    eks_version,
    eks_version_soon,
    eks_extended_support,
    eks_node_skew,
    mountpoint_pod_identity,
)
