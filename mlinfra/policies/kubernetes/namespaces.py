"""Rules about namespaces, and about what a cluster admits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog.node_agents import agent_namespaces
from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import State, Truth, all_of, any_of, only_if
from mlinfra.policies.eks import CLUSTER
from mlinfra.policies.kubernetes.hygiene import uses_gpu
from mlinfra.policies.kubernetes.pods import WORKLOADS, a_container, pods

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

NAMESPACE: Final = "kubernetes:core/*:Namespace"
NETWORK_POLICY: Final = "kubernetes:networking.k8s.io/*:NetworkPolicy"
QUOTA: Final = "kubernetes:core/*:ResourceQuota"
QUEUES: Final = ("kubernetes:kueue.x-k8s.io/*:LocalQueue",)
RELEASE: Final = "kubernetes:helm.sh/*:Release"
_GPU_QUOTAS: Final = ("requests.nvidia.com/gpu", "requests.aws.amazon.com/neuron", "limits.nvidia.com/gpu")
_VERIFIERS: Final = (
    "kubernetes:policy.sigstore.dev/*:ClusterImagePolicy",
    "kubernetes:policies.kyverno.io/*:ImageValidatingPolicy",
)


def is_in(resource: Resource, namespace: Resource) -> Truth:
    """Whether an object is in a namespace: by reference, or by name."""
    value = resource["metadata.namespace"]
    if namespace in value.resources(NAMESPACE).found:
        return Truth(State.TRUE)
    name = namespace.node.get("metadata.name")
    return value.is_(name) if isinstance(name, str) else value.says(None, "the namespace")


def is_ours(namespace: Resource) -> Truth:
    """Whether workloads live there: not the cluster's own parts, nor node agents."""
    system = ("kube-system", "kube-public", "kube-node-lease", "default")
    return ~namespace["metadata.name"].is_(*system, *sorted(agent_namespaces()))


def _selects_all(policy: Resource) -> Truth:
    """Whether a network policy speaks of every pod of its namespace."""
    return ~policy["spec.podSelector.matchLabels"].present() & ~policy["spec.podSelector.matchExpressions"].present()


def denies_ingress(policy: Resource) -> Truth:
    """Whether a network policy lets no traffic into its namespace."""
    nobody = ~policy["spec.ingress"].present()
    return _selects_all(policy) & policy["spec.policyTypes"].contains("Ingress") & nobody


def is_everybody(peer: Value) -> Truth:
    """Whether a peer of a network policy is the whole internet, or every pod of the cluster."""
    selectors = [peer["namespaceSelector"], peer["podSelector"]]
    namespaces, pods_there = (one.where(_selects_nothing, "a selector that selects") for one in selectors)
    every_pod = namespaces & (pods_there | ~selectors[1].present())
    return peer["ipBlock.cidr"].is_("0.0.0.0/0", "::/0") | every_pod


def _selects_nothing(raw: Any) -> bool:
    return isinstance(raw, dict) and not any(raw.get(part) for part in ("matchLabels", "matchExpressions"))


@rule(
    "k8s-psa-label",
    title="Namespaces enforce a pod security standard",
    severity=Severity.MEDIUM,
    types=(NAMESPACE,),
    arguments={"mlinfra:teams:TeamSpace": "pod_security"},
    fix='metadata={"labels": {"pod-security.kubernetes.io/enforce": "restricted"}, ...}',
)
def k8s_psa_label(namespace: Resource) -> Truth:
    """What the check finds in this program others can still create by hand; the label is enforced by the API server."""
    level = namespace["metadata.labels"].key("pod-security.kubernetes.io/enforce")
    return only_if(is_ours(namespace), level.is_("restricted", "baseline"))


@rule(
    "k8s-netpol-default-deny",
    title="Namespaces let no traffic in unless a policy says so",
    severity=Severity.MEDIUM,
    types=(NAMESPACE,),
    fix='NetworkPolicy(name, metadata={"namespace": ns.metadata.name}, '
    'spec={"pod_selector": {}, "policy_types": ["Ingress", "Egress"]})',
)
def k8s_netpol_default_deny(namespace: Resource) -> Truth:
    """Every pod of a cluster reaches every other: one team's notebook reaches another team's database and Ray head."""

    def denies(policy: Resource) -> Truth:
        return is_in(policy, namespace) & denies_ingress(policy)

    return only_if(is_ours(namespace), namespace.graph.of(NETWORK_POLICY).any(denies))


@rule(
    "k8s-netpol-egress",
    title="Namespaces let no traffic out unless a policy says so",
    severity=Severity.LOW,
    types=(NAMESPACE,),
    profiles=STRICT,
    fix='NetworkPolicy(name, metadata={"namespace": ns.metadata.name}, '
    'spec={"pod_selector": {}, "policy_types": ["Ingress", "Egress"]}), or a TeamSpace',
)
def k8s_netpol_egress(namespace: Resource) -> Truth:
    """Code from a notebook or a model file sends data wherever it likes, and reaches what other teams run."""

    def denies(policy: Resource) -> Truth:
        nowhere = ~policy["spec.egress"].present()
        return is_in(policy, namespace) & _selects_all(policy) & policy["spec.policyTypes"].contains("Egress") & nowhere

    return only_if(is_ours(namespace), namespace.graph.of(NETWORK_POLICY).any(denies))


@rule(
    "k8s-netpol-peers",
    title="Network policies name the pods of other namespaces that they mean",
    severity=Severity.LOW,
    types=(NETWORK_POLICY,),
    profiles=STRICT,
    fix='{"namespace_selector": {"match_labels": {"kubernetes.io/metadata.name": "kube-system"}}, '
    '"pod_selector": {"match_labels": {"k8s-app": "kube-dns"}}}',
)
def k8s_netpol_peers(policy: Resource) -> Truth:
    """A namespace has more pods than the one that is meant, and a pod anywhere can call itself kube-dns.

    Where a namespace as a whole is meant, no selector of pods stands beside it.
    """

    def named(peer: Value) -> Truth:
        selectors = [peer[name] for name in ("namespaceSelector", "podSelector")]
        both = all_of(one.where(lambda raw: raw is not None, "a selector") for one in selectors)
        return only_if(
            both,
            all_of(one.where(lambda raw: not _selects_nothing(raw), "a selector that selects") for one in selectors),
        )

    came = policy["spec.ingress"].every(lambda one: one["from"].every(named))
    goes = policy["spec.egress"].every(lambda one: one["to"].every(named))
    return came & goes


@rule(
    "k8s-netpol-open",
    title="Network policies do not let everybody in",
    severity=Severity.MEDIUM,
    types=(NETWORK_POLICY,),
    arguments={"mlinfra:teams:TeamSpace": "connections"},
    fix='ingress=[{"from": [{"pod_selector": {"match_labels": {"app": "gateway"}}}]}]',
)
def k8s_netpol_open(policy: Resource) -> Truth:
    """A rule without `from`, from 0.0.0.0/0 or from every namespace is as if there were no policy."""

    def narrow(one_rule: Value) -> Truth:
        return one_rule["from"].present() & ~one_rule["from"].any(is_everybody)

    return policy["spec.ingress"].every(narrow)


@rule(
    "k8s-quota",
    title="Namespaces have a quota",
    severity=Severity.LOW,
    types=(NAMESPACE,),
    arguments={"mlinfra:teams:TeamSpace": "quota", "mlinfra:training_cluster:TrainingCluster": "teams"},
    fix='ResourceQuota(name, metadata={"namespace": ns.metadata.name}, spec={"hard": {"requests.cpu": "64", "pods": "200"}}), '
    "or a TeamSpace",
)
def k8s_quota(namespace: Resource) -> Truth:
    """Without one a single team takes all nodes, and an autoscaler buys as many as it is let."""

    def limits(quota: Resource) -> Truth:
        return is_in(quota, namespace) & quota["spec.hard"].present()

    return only_if(is_ours(namespace), namespace.graph.of(QUOTA).any(limits))


@rule(
    "k8s-gpu-quota",
    title="Namespaces that use accelerators have a quota of them",
    severity=Severity.MEDIUM,
    types=(NAMESPACE,),
    arguments={"mlinfra:teams:TeamSpace": "quota"},
    fix='ResourceQuota(name, metadata={"namespace": ns.metadata.name}, spec={"hard": {"requests.nvidia.com/gpu": "16"}})',
)
def k8s_gpu_quota(namespace: Resource) -> Truth:
    """One loop that submits jobs takes every GPU of the cluster, and an autoscaler buys more."""

    def gpu_workload(workload: Resource) -> Truth:
        return is_in(workload, namespace) & any_of(a_container(pod, uses_gpu) for pod in pods(workload))

    def limits(quota: Resource) -> Truth:
        return is_in(quota, namespace) & any_of(quota["spec.hard"].key(name).present() for name in _GPU_QUOTAS)

    quotas = namespace.graph.of(QUOTA).any(limits)
    queues = namespace.graph.of(*QUEUES).any(lambda queue: is_in(queue, namespace))
    return only_if(namespace.graph.of(*WORKLOADS).any(gpu_workload), quotas | queues)


@rule(
    "k8s-image-signed",
    title="Clusters admit signed images only",
    severity=Severity.MEDIUM,
    types=(CLUSTER,),
    profiles=STRICT,
    fix='Release("kyverno", chart="kyverno", ...) with an ImageValidatingPolicy for the registry',
)
def k8s_image_signed(cluster: Resource) -> Truth:
    """Whoever can push to the registry, or stand in for it, runs code beside the data; a signature says who built it."""
    charts = cluster.graph.of(RELEASE).any(
        lambda one: one["chart"].matches(
            r"(.*/)?(kyverno|policy-controller|ratify|connaisseur)", "a chart that verifies images"
        )
    )
    return charts | cluster.graph.of(*_VERIFIERS).exist()


@rule(
    "k8s-webhook-fail-open",
    title="Admission webhooks refuse what they cannot judge",
    severity=Severity.MEDIUM,
    types=("kubernetes:admissionregistration.k8s.io/*:ValidatingWebhookConfiguration",),
    fix='webhooks=[{"failure_policy": "Fail", ...}]',
)
def k8s_webhook_fail_open(config: Resource) -> Truth:
    """With Ignore, whoever overloads or stops the webhook is past it."""
    return config["webhooks"].every(lambda one: one["failurePolicy"].is_("Fail"))


RULES: Final = (
    k8s_psa_label,
    k8s_netpol_default_deny,
    k8s_netpol_egress,
    k8s_netpol_open,
    k8s_netpol_peers,
    k8s_quota,
    k8s_gpu_quota,
    k8s_image_signed,
    k8s_webhook_fail_open,
)
