"""Rules about pods: their images, secrets, identities, and what they ask of the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of, any_of, only_if
from mlinfra.policies.components import JOB_IMAGES
from mlinfra.policies.images import is_pinned, is_private
from mlinfra.policies.kubernetes.exceptions import agent_may
from mlinfra.policies.kubernetes.pods import (
    WORKLOADS,
    a_container,
    every_container,
    every_pod,
    every_program,
    namespace,
    resource_of,
)
from mlinfra.policies.secret_texts import is_secret_value

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

GPUS: Final = ("nvidia.com/gpu", "aws.amazon.com/neuron", "amd.com/gpu")
_TAINTS: Final = (*GPUS, "aws.amazon.com/neuroncore")
_NAMESPACED: Final = tuple(kind for kind in WORKLOADS if ":Cluster" not in kind)


@rule(
    "k8s-image-pinned",
    title="Images have a version",
    severity=Severity.MEDIUM,
    types=WORKLOADS,
    arguments=JOB_IMAGES,
    fix='image=f"{repository_url}@sha256:..."',
)
def k8s_image_pinned(workload: Resource) -> Truth:
    """Under `latest`, or no tag at all, two pods of one deployment can run different code, and nobody can go back."""
    return every_program(
        workload,
        lambda _, one: only_if(one["image"].present(), is_pinned(one["image"])),
    )


@rule(
    "k8s-image-registry",
    title="Images come from a private registry",
    severity=Severity.MEDIUM,
    types=WORKLOADS,
    profiles=STRICT,
    arguments=JOB_IMAGES,
    fix="an ECR repository, or a pull-through cache of the public registry",
)
def k8s_image_registry(workload: Resource) -> Truth:
    """What is pulled from public registries has not been scanned, can vanish, and needs a way to the internet."""
    return every_program(
        workload,
        lambda _, one: only_if(one["image"].present(), is_private(one["image"])),
    )


@rule(
    "k8s-env-secret",
    title="Pods have no secrets in their variables",
    severity=Severity.HIGH,
    types=WORKLOADS,
    arguments={
        "mlinfra:pytorch_job:PyTorchJob": "env",
        "mlinfra:tensorflow_job:TensorFlowJob": "env",
        "mlinfra:spark_job:SparkJob": "env",
        "mlinfra:ray_train_job:RayTrainJob": "env",
    },
    fix="a Secret (of External Secrets or the Secrets Store CSI driver) mounted as a file",
)
def k8s_env_secret(workload: Resource) -> Truth:
    """Whoever may read the workload reads its variables; they stand in etcd, in state files and in crash reports."""

    def clean(variable: Value) -> Truth:
        name = variable["name"].raw
        return variable["value"].where(
            lambda raw: not is_secret_value(name if isinstance(name, str) else "secret", raw), "a reference to a secret"
        )

    return every_program(workload, lambda _, one: one["env"].every(clean))


@rule(
    "k8s-secrets-env",
    title="Secrets come as files, not as variables",
    severity=Severity.LOW,
    types=WORKLOADS,
    fix="volumes=[{'name': 'token', 'secret': {'secret_name': ...}}] and a volume mount",
)
def k8s_secrets_env(workload: Resource) -> Truth:
    """Variables are inherited by every process and printed by every experiment tracker that records its environment."""
    return every_container(
        workload,
        lambda _, one: (
            one["env"].every(lambda variable: ~variable["valueFrom.secretKeyRef"].present())
            & one["envFrom"].every(lambda source: ~source["secretRef"].present())
        ),
    )


@rule(
    "k8s-limits",
    title="Containers say how much they use, and GPUs are limited",
    severity=Severity.MEDIUM,
    types=WORKLOADS,
    arguments={
        "mlinfra:pytorch_job:PyTorchJob": "resources",
        "mlinfra:tensorflow_job:TensorFlowJob": "workers",
        "mlinfra:spark_job:SparkJob": "executors",
        "mlinfra:ray_train_job:RayTrainJob": "workers",
        "mlinfra:validation:TrainingValidation": "memory",
    },
    fix='resources={"requests": {"cpu": "8", "memory": "64Gi"}, "limits": {"memory": "64Gi", "nvidia.com/gpu": "1"}}',
)
def k8s_limits(workload: Resource) -> Truth:
    """A container without a memory limit takes its neighbours down; without a CPU request it starves them."""

    def said(container: Value) -> Truth:
        cpu = resource_of(container, "cpu").present() | resource_of(container, "cpu", "requests").present()
        limited = (
            only_if(resource_of(container, gpu, "requests").present(), resource_of(container, gpu).present())
            for gpu in GPUS
        )
        whole = all_of((cpu, resource_of(container, "memory").present(), *limited))
        return whole | agent_may(container)

    return every_container(workload, lambda _, one: said(one))


@rule(
    "k8s-default-ns",
    title="Workloads have a namespace of their own",
    severity=Severity.LOW,
    types=_NAMESPACED,
    fix='metadata={"namespace": team.metadata.name, ...}',
)
def k8s_default_ns(workload: Resource) -> Truth:
    """Quotas, network policies and permissions are given by namespace; the default one has none of them."""
    return ~namespace(workload).is_("default")


@rule(
    "k8s-service-account",
    title="Pods do not carry the token of the default service account",
    severity=Severity.LOW,
    types=WORKLOADS,
    fix="service_account_name=account.metadata.name, or automount_service_account_token=False",
)
def k8s_service_account(workload: Resource) -> Truth:
    """What one workload of the namespace is allowed, all of them are; most need no token at all."""
    return every_pod(
        workload,
        lambda pod: ~pod["serviceAccountName"].is_("default", "") | pod["automountServiceAccountToken"].is_false(),
    )


@rule(
    "k8s-gpu-tolerations",
    title="Only pods that use accelerators tolerate the taint of their nodes",
    severity=Severity.LOW,
    types=WORKLOADS,
    fix="take the toleration away, or ask for the GPU: limits={'nvidia.com/gpu': '1'}",
)
def k8s_gpu_tolerations(workload: Resource) -> Truth:
    """A web server that tolerates the taint holds a GPU node up for days."""

    def said(pod: Value) -> Truth:
        tolerates = pod["tolerations"].any(lambda one: one["key"].is_(*_TAINTS))
        uses = a_container(pod, uses_gpu) | pod["resourceClaims"].present() | pod["containers"].any(agent_may)
        return only_if(tolerates, uses)

    return every_pod(workload, said)


def uses_gpu(container: Value) -> Truth:
    """Whether a container is limited to some number of accelerators, and so has them."""
    return any_of(resource_of(container, gpu).at_least(1) for gpu in _TAINTS)


@rule(
    "k8s-shm",
    title="Pods with several GPUs have enough shared memory, and no more than they say",
    severity=Severity.LOW,
    types=WORKLOADS,
    fix="volumes=[{'name': 'shm', 'empty_dir': {'medium': 'Memory', 'size_limit': '64Gi'}}] mounted at /dev/shm",
)
def k8s_shm(workload: Resource) -> Truth:
    """NCCL and data loaders share memory between processes: 64 MiB end in bus errors, no limit in an evicted node."""

    def said(pod: Value) -> Truth:
        several = a_container(pod, lambda one: resource_of(one, GPUS[0]).at_least(2))
        memory = pod["volumes"].any(
            lambda one: one["emptyDir.medium"].is_("Memory") & one["emptyDir.sizeLimit"].present()
        )
        return only_if(several, memory)

    return every_pod(workload, said)


RULES: Final = (
    k8s_image_pinned,
    k8s_image_registry,
    k8s_env_secret,
    k8s_secrets_env,
    k8s_limits,
    k8s_default_ns,
    k8s_service_account,
    k8s_gpu_tolerations,
    k8s_shm,
)
