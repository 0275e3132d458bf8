"""Rules about pods: what their containers may do to the node and to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.catalog.node_agents import is_shared_path
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of, only_if
from mlinfra.policies.kubernetes.exceptions import agent_may, agent_may_mount, agents_may
from mlinfra.policies.kubernetes.pods import WORKLOADS, effective, every_container, every_pod, every_program, programs

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

DANGEROUS: Final = (
    "ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "SYS_RAWIO", "NET_ADMIN", "NET_RAW", "BPF", "DAC_READ_SEARCH",
    "SYS_BOOT", "MAC_ADMIN", "PERFMON",
)  # fmt: skip
"""Capabilities with which a container takes its node, or listens to its neighbours."""


@rule(
    "k8s-no-privileged",
    title="Containers are not privileged",
    severity=Severity.HIGH,
    types=WORKLOADS,
    fix='security_context={"privileged": False}; GPUs need it no more than CPUs do: limits={"nvidia.com/gpu": "1"}',
)
def k8s_no_privileged(workload: Resource) -> Truth:
    """A privileged container is root on the node, with every other tenant's data, tokens and GPU memory.

    Node agents, whose work is the node itself, are let through by kind, image and namespace.
    """
    return every_program(
        workload,
        lambda _, one: ~one["securityContext.privileged"].is_true() | agent_may(one, "privileged"),
    )


@rule(
    "k8s-no-host-ns",
    title="Pods do not share the network, processes or memory of their node",
    severity=Severity.HIGH,
    types=WORKLOADS,
    fix="host_network=False, host_pid=False, host_ipc=False; EFA needs the resource vpc.amazonaws.com/efa, not the host's network",
)
def k8s_no_host_ns(workload: Resource) -> Truth:
    """Of the node's network a pod has its address and its metadata service, in its process list the secrets of others."""
    said = every_pod(
        workload,
        lambda pod: all_of(
            ~pod[name].is_true() | agents_may(pod, name) for name in ("hostNetwork", "hostPID", "hostIPC")
        ),
    )
    return all_of((said, *(~one["hostNetwork"].is_true() for one in programs(workload))))


@rule(
    "k8s-dangerous-caps",
    title="Containers get no capability that takes the node",
    severity=Severity.HIGH,
    types=WORKLOADS,
    fix='security_context={"capabilities": {"drop": ["ALL"], "add": ["IPC_LOCK"]}}',
)
def k8s_dangerous_caps(workload: Resource) -> Truth:
    """SYS_ADMIN and its like are privileged under another name. IPC_LOCK, which RDMA uses, is not among them."""

    def harmless(container: Value) -> Truth:
        added = container["securityContext.capabilities.add"]
        return added.every(lambda one: ~one.is_(*DANGEROUS, *(f"CAP_{name}" for name in DANGEROUS)))

    return every_program(workload, lambda _, one: harmless(one) | agent_may(one, "capabilities"))


@rule(
    "k8s-hostpath",
    title="Pods do not mount folders of their node",
    severity=Severity.HIGH,
    types=WORKLOADS,
    fix="a PersistentVolumeClaim, or empty_dir; for shared memory empty_dir={'medium': 'Memory', 'size_limit': '64Gi'}",
)
def k8s_hostpath(workload: Resource) -> Truth:
    """The node's folders hold other pods' volumes, tokens of the kubelet and the container runtime's socket."""

    def mounted(pod: Value, volume: Value) -> Truth:
        path = volume["hostPath.path"]
        harmless = path.where(lambda raw: isinstance(raw, str) and is_shared_path(raw), "no folder of the node")
        named = path.raw if isinstance(path.raw, str) else "/"
        return only_if(volume["hostPath"].present(), harmless | agent_may_mount(pod, named) & path.present())

    return every_pod(workload, lambda pod: pod["volumes"].every(lambda volume: mounted(pod, volume)))


@rule(
    "k8s-no-priv-esc",
    title="Processes cannot gain privileges",
    severity=Severity.MEDIUM,
    types=WORKLOADS,
    fix='security_context={"allow_privilege_escalation": False}',
)
def k8s_no_priv_esc(workload: Resource) -> Truth:
    """A set-uid program in an image makes root of any user."""
    return every_container(
        workload, lambda _, one: one["securityContext.allowPrivilegeEscalation"].is_false() | agent_may(one)
    )


@rule(
    "k8s-non-root",
    title="Containers run as a user that is not root",
    severity=Severity.MEDIUM,
    types=WORKLOADS,
    arguments={
        "mlinfra:pytorch_job:PyTorchJob": "user",
        "mlinfra:tensorflow_job:TensorFlowJob": "user",
        "mlinfra:spark_job:SparkJob": "user",
        "mlinfra:ray_train_job:RayTrainJob": "user",
    },
    fix='security_context={"run_as_non_root": True, "run_as_user": 1000}',
)
def k8s_non_root(workload: Resource) -> Truth:
    """Most escapes from containers need root inside."""
    return every_container(
        workload,
        lambda pod, one: (
            effective(pod, one, "runAsNonRoot").is_true()
            | effective(pod, one, "runAsUser").at_least(1)
            | agent_may(one, "root")
        ),
    )


@rule(
    "k8s-drop-caps",
    title="Containers drop all capabilities",
    severity=Severity.MEDIUM,
    types=WORKLOADS,
    fix='security_context={"capabilities": {"drop": ["ALL"]}}',
)
def k8s_drop_caps(workload: Resource) -> Truth:
    """Fourteen are granted unless they are taken away, and training and serving need none of them."""
    return every_container(
        workload, lambda _, one: one["securityContext.capabilities.drop"].contains("ALL") | agent_may(one)
    )


@rule(
    "k8s-seccomp",
    title="Containers run under the runtime's seccomp profile",
    severity=Severity.MEDIUM,
    types=WORKLOADS,
    fix='security_context={"seccomp_profile": {"type": "RuntimeDefault"}}',
)
def k8s_seccomp(workload: Resource) -> Truth:
    """Without it every system call of the kernel is open to what runs in the container."""
    return every_container(
        workload,
        lambda pod, one: effective(pod, one, "seccompProfile.type").is_("RuntimeDefault", "Localhost") | agent_may(one),
    )


@rule(
    "k8s-readonly-rootfs",
    title="The file systems of containers are read-only",
    severity=Severity.LOW,
    types=tuple(kind for kind in WORKLOADS if not kind.endswith(":Notebook")),
    fix='security_context={"read_only_root_filesystem": True}, and empty_dir volumes for what is written',
)
def k8s_readonly_rootfs(workload: Resource) -> Truth:
    """What breaks in cannot stay. Notebooks, whose users install packages, are not asked."""
    return every_container(
        workload, lambda _, one: one["securityContext.readOnlyRootFilesystem"].is_true() | agent_may(one)
    )


@rule(
    "k8s-host-port",
    title="Containers open no port of their node",
    severity=Severity.MEDIUM,
    types=WORKLOADS,
    fix="a Service in place of host_port",
)
def k8s_host_port(workload: Resource) -> Truth:
    """A port of the node is reached past Services and network policies, by whoever reaches the node."""
    return every_container(
        workload, lambda _, one: one["ports"].every(lambda port: ~port["hostPort"].at_least(1)) | agent_may(one)
    )


RULES: Final = (
    k8s_no_privileged,
    k8s_no_host_ns,
    k8s_dangerous_caps,
    k8s_hostpath,
    k8s_no_priv_esc,
    k8s_non_root,
    k8s_drop_caps,
    k8s_seccomp,
    k8s_readonly_rootfs,
    k8s_host_port,
)
