"""Rules about charts and drivers: pinned, over TLS, and of versions that go together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.catalog.compatibility import at_least, chart_name, charts, fact, version
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of, only_if
from mlinfra.policies.capacity import LAUNCH_TEMPLATE, NODE_GROUP
from mlinfra.policies.eks import CLUSTER

if TYPE_CHECKING:
    from mlinfra.compliance.links import Links
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

RELEASE: Final = "kubernetes:helm.sh/*:Release"
TRAINING_CLUSTER: Final = "mlinfra:training_cluster:TrainingCluster"
NODE_CLASS: Final = "kubernetes:karpenter.k8s.aws/*:EC2NodeClass"
NODE_POOL: Final = "kubernetes:karpenter.sh/*:NodePool"
_QUEUE: Final = "kubernetes:kueue.x-k8s.io/*:ClusterQueue"
_EFA: Final = "vpc.amazonaws.com/efa"
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
    "trainer-kueue",
    title="Trainer is new enough for Kueue",
    severity=Severity.MEDIUM,
    types=(RELEASE,),
    fix='Release("trainer", chart="oci://ghcr.io/kubeflow/charts/kubeflow-trainer", version="2.3.0")',
    arguments={TRAINING_CLUSTER: "versions"},
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
    labels = release["values"].key("supportedInstanceLabels")
    by_pool = labels.key("keys").present() & labels.key("keys").every(lambda key: key.is_("mlinfra/pool"))

    def served(pool: Resource) -> Truth:
        name = pool["metadata.name"]
        raw = name.raw
        if not isinstance(raw, str):
            return ~pool["spec.replicas"].present() & (~by_pool | name.says(None, "a known name"))
        named = labels.key("values").any(lambda one: one.is_(raw))
        return ~pool["spec.replicas"].present() & (~by_pool | named)

    return only_if(is_chart(release, *charts("efa_dra_drivers")), ~release.graph.of(NODE_POOL).any(served))


@rule(
    "efa-advertised-once",
    title="EFA interfaces are advertised once: by a device plugin or by DRA",
    severity=Severity.MEDIUM,
    types=(RELEASE,),
    fix="take one of the two releases away, or use a DeviceLayer",
)
def efa_advertised_once(release: Resource) -> Truth:
    """Where both run on a node, the same interface is given to two pods."""
    plugins = release.graph.of(RELEASE).any(lambda one: is_chart(one, *charts("efa_device_plugins")))
    return only_if(is_chart(release, *charts("efa_dra_drivers")), ~plugins)


@rule(
    "efa-queue-claims",
    title="Queues count EFA interfaces in the way in which they are advertised",
    severity=Severity.MEDIUM,
    types=(RELEASE,),
    fix="the EFA device plugin in place of the DRA driver (DeviceLayer: efa_dra=False), or queues that count claims",
    arguments={"mlinfra:devices:DeviceLayer": "efa_dra"},
)
def efa_queue_claims(release: Resource) -> Truth:
    """A DRA driver offers no amounts: jobs that ask for vpc.amazonaws.com/efa are admitted, and their pods wait for ever."""
    queues = release.graph.of(_QUEUE)
    counted = queues.any(
        lambda queue: queue["spec.resourceGroups"].any(
            lambda group: group["coveredResources"].any(lambda name: name.is_(_EFA))
        )
    )
    return only_if(is_chart(release, *charts("efa_dra_drivers")), ~counted)


@rule(
    "karpenter-auto-mode",
    title="Clusters in Auto Mode have no Karpenter of their own",
    severity=Severity.MEDIUM,
    types=(RELEASE,),
    fix="take the release away: Auto Mode runs Karpenter",
)
def karpenter_auto_mode(release: Resource) -> Truth:
    """Two controllers make nodes for the same pods, and each takes away what the other made."""
    return only_if(is_chart(release, "karpenter"), ~auto_mode(release))


@rule(
    "dra-kubernetes",
    title="DRA drivers run on a version of Kubernetes that has DRA",
    severity=Severity.MEDIUM,
    types=(RELEASE,),
    fix='version="1.35" for the cluster',
)
def dra_kubernetes(release: Resource) -> Truth:
    """Before 1.34 its API is not served by EKS: claims are refused, and jobs wait for them."""
    drivers = charts("gpu_dra_drivers") | charts("efa_dra_drivers")
    least = fact("dra", "kubernetes")
    old = _clusters(release).any(lambda one: one["version"].present() & ~is_version(one["version"], least))
    return only_if(is_chart(release, *drivers), ~old)


@rule(
    "gpu-driver-efa",
    title="The GPU operator's driver works with EFA on the instances of the stack",
    severity=Severity.MEDIUM,
    types=(RELEASE,),
    fix='values={"driver": {"version": "580.173.02"}}',
)
def gpu_driver_efa(release: Resource) -> Truth:
    """On some instances a series of drivers takes EFA away, and jobs over several nodes hang."""
    families, series = fact("driver_with_efa", "families"), fact("driver_with_efa", "driver")

    def hit(instance_type: Value) -> Truth:
        return instance_type.where(lambda raw: str(raw).partition(".")[0] in families, " or ".join(families))

    graph = release.graph
    there = graph.of(NODE_GROUP).any(lambda one: one["instanceTypes"].any(hit)) | graph.of(LAUNCH_TEMPLATE).any(
        lambda one: hit(one["instanceType"])
    )
    driver = release["values"].key("driver").key("version")
    return only_if(
        is_chart(release, "gpu-operator") & there & driver.present(),
        ~driver.where(lambda raw: str(raw).partition(".")[0] == series, f"a driver of the series {series}"),
    )


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


RULES: Final = (
    trainer_kueue,
    kueue_api,
    gpu_operator_driver,
    dra_auto_mode,
    dra_device_plugin,
    efa_dra_karpenter,
    efa_advertised_once,
    efa_queue_claims,
    karpenter_auto_mode,
    dra_kubernetes,
    gpu_driver_efa,
    kserve_chart,
    helm_pinned,
    helm_https,
)
