"""Rules about volumes that a program declares by name: whose they are, and with whose rights they are mounted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import only_if

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth

VOLUME: Final = "kubernetes:core/*:PersistentVolume"
S3_DRIVER: Final = "s3.csi.aws.com"
TRAINING_CLUSTER: Final = "mlinfra:training_cluster:TrainingCluster"


@rule(
    "k8s-volume-claimed",
    title="Volumes say which claim may have them",
    severity=Severity.MEDIUM,
    types=(VOLUME,),
    fix='spec={"claim_ref": {"namespace": "vision", "name": "datasets"}, ...}',
)
def k8s_volume_claimed(volume: Resource) -> Truth:
    """A volume belongs to no namespace: the first claim that fits binds it, and has another team's data.

    Asked of file systems and buckets; disks of a node are for whoever comes.
    """
    shared = volume["spec.csi"].present() | volume["spec.nfs"].present()
    return only_if(shared, volume["spec.claimRef.namespace"].present() & volume["spec.claimRef.name"].present())


@rule(
    "k8s-volume-identity",
    title="Buckets are mounted with the rights of the pod",
    severity=Severity.MEDIUM,
    types=(VOLUME,),
    fix='csi={"driver": "s3.csi.aws.com", "volume_attributes": {"authenticationSource": "pod", ...}, ...}',
)
def k8s_volume_identity(volume: Resource) -> Truth:
    """The driver's own role is that of every pod on every node: who mounts a volume then reads all that the driver may."""
    driver = volume["spec.csi.driver"].is_(S3_DRIVER)
    return only_if(driver, volume["spec.csi.volumeAttributes"].key("authenticationSource").is_("pod"))


RULES: Final = (k8s_volume_claimed, k8s_volume_identity)
