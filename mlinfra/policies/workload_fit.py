"""Rules about workloads that are accepted, and then do not do what was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, any_of, only_if
from mlinfra.policies.kubernetes.hygiene import uses_gpu
from mlinfra.policies.kubernetes.pods import a_container, every_pod, pods
from mlinfra.policies.storage import ASSOCIATION, LUSTRE
from mlinfra.policies.versions import RELEASE, is_chart

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource

SPARK: Final = "kubernetes:sparkoperator.k8s.io/*:SparkApplication"
QUEUE_LABEL: Final = "kueue.x-k8s.io/queue-name"


@rule(
    "kserve-canary",
    title="Canaries of KServe take effect in the mode that they are used in",
    severity=Severity.MEDIUM,
    types=("kubernetes:serving.kserve.io/*:InferenceService",),
    fix="spec.canary of KServe 0.20 or later, in place of canaryTrafficPercent",
)
def kserve_canary(service: Resource) -> Truth:
    """In Standard mode canaryTrafficPercent is ignored in silence: the new model gets all the traffic at once."""
    modes = ("Standard", "RawDeployment")
    own = service["metadata.annotations"].key("serving.kserve.io/deploymentMode")
    everywhere = service.graph.of(RELEASE).any(
        lambda one: (
            is_chart(one, "kserve", "kserve-resources")
            & one["values"].key("kserve").key("controller").key("deploymentMode").is_(*modes)
        )
    )
    standard = own.is_(*modes) | (~own.present() & everywhere)
    return only_if(service["spec.predictor.canaryTrafficPercent"].present(), ~standard)


@rule(
    "spark-queued-dynamic",
    title="Spark applications in a queue have a fixed size",
    severity=Severity.MEDIUM,
    types=(SPARK,),
    fix="spec.dynamicAllocation.enabled: false, and spark.dynamicAllocation.enabled out of spec.sparkConf",
    arguments={"mlinfra:spark_job:SparkJob": "conf"},
)
def spark_queued_dynamic(application: Resource) -> Truth:
    """Kueue admits what an application asks for at its start; executors that it adds later are outside every quota."""
    queued = application["metadata.labels"].key(QUEUE_LABEL).present()
    by_property = application["spec.sparkConf"].key("spark.dynamicAllocation.enabled").is_true()
    return only_if(queued, ~application["spec.dynamicAllocation.enabled"].is_true() & ~by_property)


@rule(
    "statefulset-pvc-zone",
    title="Stateful sets on accelerators say in which zone they run",
    severity=Severity.MEDIUM,
    types=("kubernetes:apps/*:StatefulSet",),
    fix='node_selector={"topology.kubernetes.io/zone": zone}, or storage that every zone reaches (EFS, FSx)',
)
def statefulset_pvc_zone(workload: Resource) -> Truth:
    """The volume is made in the zone of the first node; when GPUs come up in another, the pod waits for ever."""
    on_gpu = any_of(a_container(pod, uses_gpu) for pod in pods(workload))
    zone = every_pod(workload, lambda pod: pod["nodeSelector"].present() | pod["affinity"].present())
    return only_if(workload["spec.volumeClaimTemplates"].present() & on_gpu, zone)


@rule(
    "fsx-scratch-checkpoints",
    title="Files that are written back to no bucket outlive a broken disk",
    severity=Severity.MEDIUM,
    types=(LUSTRE,),
    fix='deployment_type="PERSISTENT_2", per_unit_storage_throughput=250, or a DataRepositoryAssociation with '
    's3={"auto_export_policy": {"events": ["NEW", "CHANGED", "DELETED"]}}',
)
def fsx_scratch_checkpoints(files: Resource) -> Truth:
    """A scratch file system keeps one copy: a disk that fails takes the checkpoints of a week along.

    As a copy of a bucket, to which changes go back by themselves, it may be scratch. How sensitive data on it are is asked by
    fsx-no-scratch.
    """
    links = files.attached(ASSOCIATION, at="fileSystemId")
    written_back = links.any(lambda one: one["s3.autoExportPolicy.events"].present())
    return only_if(~written_back, ~files["deploymentType"].matches(r"SCRATCH_\d", "a scratch type"))


RULES: Final = (kserve_canary, spark_queued_dynamic, statefulset_pvc_zone, fsx_scratch_checkpoints)
