"""Rules about versions: how long they are maintained, and what does not go together."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog.compatibility import at_least, chart_name, charts, fact, version
from mlinfra.catalog.eks import support
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of, only_if
from mlinfra.policies.capacity import NODE_GROUP
from mlinfra.policies.eks import CLUSTER
from mlinfra.policies.references import holds_where_it_leads

if TYPE_CHECKING:
    from mlinfra.compliance.links import Links
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

RELEASE: Final = "kubernetes:helm.sh/*:Release"
NODE_CLASS: Final = "kubernetes:karpenter.k8s.aws/*:EC2NodeClass"
NODE_POOL: Final = "kubernetes:karpenter.sh/*:NodePool"
_OLD_KUEUE: Final = tuple(
    f"kubernetes:kueue.x-k8s.io/v1beta1:{kind}" for kind in ("ClusterQueue", "LocalQueue", "ResourceFlavor", "Cohort")
)


def is_chart(release: Resource, *names: str) -> Truth:
    """Whether a release is of one of the charts, from whatever repository."""
    return release["chart"].where(
        lambda raw: isinstance(raw, str) and chart_name(raw) in names, " or ".join(sorted(names))
    )


def is_version(value: Value, least: str) -> Truth:
    """Whether a version is not older than another; a range may be either."""
    if not isinstance(value.raw, str):
        return value.says(None if value.is_unknown or value.raw is None else False, f"{least} or later")
    return value.says(at_least(value.raw, least), f"{least} or later")


def auto_mode(resource: Resource) -> Truth:
    """Whether the stack has a cluster in Auto Mode."""
    return _clusters(resource).any(lambda one: one["computeConfig.enabled"].is_true())


def _clusters(resource: Resource) -> Links:
    return resource.graph.of(CLUSTER)


@rule(
    "eks-version",
    title="Clusters run a version of Kubernetes in standard support",
    severity=Severity.HIGH,
    types=(CLUSTER,),
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
    "trainer-kueue",
    title="Trainer is new enough for Kueue",
    severity=Severity.MEDIUM,
    types=(RELEASE,),
    fix='Release("trainer", chart="oci://ghcr.io/kubeflow/charts/kubeflow-trainer", version="2.3.0")',
)
def trainer_kueue(release: Resource) -> Truth:
    """An admitted TrainJob of an older Trainer stays suspended for ever, and its GPUs reserved."""
    queue = release.graph.of(RELEASE).any(
        lambda one: is_chart(one, "kueue") & is_version(one["version"], fact("trainer_with_kueue", "kueue"))
    )
    return only_if(
        is_chart(release, "kubeflow-trainer") & queue,
        is_version(release["version"], fact("trainer_with_kueue", "trainer")),
    )


@rule(
    "kueue-api",
    title="Queues are written in an API that Kueue still serves",
    severity=Severity.MEDIUM,
    types=_OLD_KUEUE,
    fix="api_version='kueue.x-k8s.io/v1beta2'",
)
def kueue_api(queue: Resource) -> Truth:
    """The deployment fails, or on an upgrade every queue is lost to view."""
    new = queue.graph.of(RELEASE).any(
        lambda one: is_chart(one, "kueue") & is_version(one["version"], fact("kueue_v1beta1", "removed"))
    )
    return ~new


@rule(
    "gpu-operator-driver",
    title="The GPU operator leaves drivers to the image",
    severity=Severity.MEDIUM,
    types=(RELEASE,),
    fix='values={"driver": {"enabled": False}, "toolkit": {"enabled": False}}',
)
def gpu_operator_driver(release: Resource) -> Truth:
    """EKS's accelerated images have a driver: a second one ends in nodes that never become ready."""
    values = release["values"]
    on_eks = _clusters(release).exist() | release.graph.of(NODE_GROUP, NODE_CLASS).exist()
    return only_if(is_chart(release, "gpu-operator") & on_eks, values.key("driver").key("enabled").is_false())


@rule(
    "dra-auto-mode",
    title="Clusters in Auto Mode use device plugins, not DRA, and not their own",
    severity=Severity.MEDIUM,
    types=(RELEASE,),
    fix="take the release away: Auto Mode brings the plugins for GPUs and EFA; DRA needs a node group",
)
def dra_auto_mode(release: Resource) -> Truth:
    """Auto Mode has no dynamic resource allocation, and two plugins for one device count it twice."""
    kinds = charts("gpu_dra_drivers") | charts("efa_dra_drivers") | charts("device_plugins")
    return only_if(is_chart(release, *kinds), ~auto_mode(release))


@rule(
    "dra-device-plugin",
    title="GPUs are advertised once: by a device plugin or by DRA",
    severity=Severity.MEDIUM,
    types=(RELEASE,),
    fix='values={"devicePlugin": {"enabled": False}} for the GPU operator, or no release of the device plugin',
)
def dra_device_plugin(release: Resource) -> Truth:
    """Both would give the same GPU to two pods."""
    plugins = charts("gpu_device_plugins")
    other = release.graph.of(RELEASE).any(
        lambda one: is_chart(one, *plugins) & ~one["values"].key("devicePlugin").key("enabled").is_false()
    )
    return only_if(is_chart(release, *charts("gpu_dra_drivers")), ~other)


@rule(
    "efa-dra-karpenter",
    title="EFA comes by the device plugin where Karpenter makes the nodes",
    severity=Severity.MEDIUM,
    types=(RELEASE,),
    fix='Release("efa", chart="aws-efa-k8s-device-plugin", ...)',
)
def efa_dra_karpenter(release: Resource) -> Truth:
    """Karpenter does not see what the DRA driver offers, and makes no node for a pod that waits for it."""
    return only_if(is_chart(release, *charts("efa_dra_drivers")), ~release.graph.of(NODE_POOL).any(_elastic))


def _elastic(pool: Resource) -> Truth:
    return ~pool["spec.replicas"].present()


@rule(
    "kserve-chart",
    title="KServe comes from the chart that it is released in",
    severity=Severity.LOW,
    types=(RELEASE,),
    fix='chart="oci://ghcr.io/kserve/charts/kserve-resources"',
)
def kserve_chart(release: Resource) -> Truth:
    """The chart was renamed; under the old name there are no new versions."""
    return only_if(is_chart(release, "kserve"), ~is_version(release["version"], fact("kserve_chart", "renamed")))


@rule(
    "helm-pinned",
    title="Helm releases have a version",
    severity=Severity.MEDIUM,
    types=(RELEASE,),
    fix='version="0.19.3"',
)
def helm_pinned(release: Resource) -> Truth:
    """Without one, or with a range, two deployments of one program differ, and an upgrade comes when nobody asked for it."""
    return release["version"].where(lambda raw: isinstance(raw, str) and version(raw) is not None, "one exact version")


@rule(
    "helm-https",
    title="Helm charts come over TLS",
    severity=Severity.MEDIUM,
    types=(RELEASE,),
    fix='repository_opts={"repo": "https://..."}, or an oci:// chart',
)
def helm_https(release: Resource) -> Truth:
    """Whoever is on the way could put a chart of theirs in its place, and it runs with the permissions of Helm."""
    return all_of(
        ~one.matches(r"http://.*", "plain HTTP") for one in (release["chart"], release["repositoryOpts.repo"])
    )


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
    trainer_kueue,
    kueue_api,
    gpu_operator_driver,
    dra_auto_mode,
    dra_device_plugin,
    efa_dra_karpenter,
    kserve_chart,
    helm_pinned,
    helm_https,
    mountpoint_pod_identity,
)
