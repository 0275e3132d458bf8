"""Data in a team's namespace: volumes of buckets and file systems, and what the role of its jobs may reach. Pure.

Sources: https://github.com/awslabs/mountpoint-s3-csi-driver/blob/main/docs/CONFIGURATION.md (version 2: with
`authenticationSource: pod` a bucket is mounted with the rights of the pod's own service account) and
https://github.com/kubernetes-sigs/aws-fsx-csi-driver/tree/master/examples/kubernetes/static_provisioning.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pulumi

from mlinfra.components.access import Access, BucketAccess, Mode
from mlinfra.components.account import Account
from mlinfra.components.training.arguments import TrainingTeam
from mlinfra.components.training.reference import StoreReference
from mlinfra.components.training.stores import BucketStore, LustreStore, TrainingStore

USER: Final = 1000
"""The user and group that jobs run as, who own the files of mounted buckets."""
_ASKED: Final = {"requests": {"storage": "1Gi"}}  # of volumes that are there: what a claim asks for makes no difference
_BUCKET_SIZE: Final = "1Pi"  # Kubernetes wants one; buckets have none


def access(team: str, wanted: TrainingTeam, stores: Mapping[str, TrainingStore]) -> Access:
    """What the role of the team's jobs may reach: the data sets that they read, and the team's own folders."""
    return Access(
        buckets=[
            BucketAccess(bucket_arn=store.bucket.bucket_arn, key_arn=store.key_arn, mode=mode, prefix=prefix)
            for store, mode, prefix in _used(team, wanted, stores)
            if store.bucket
        ]
    )


def folder(store: BucketStore, team: str) -> str:
    """The team's own folder of a bucket."""
    return f"{store.prefix}{team}/"


def volume_name(team: str, store: str) -> str:
    """What a team's volume of a store is called in the cluster."""
    return f"{team}-{store}"


def mounted(wanted: TrainingTeam, stores: Mapping[str, TrainingStore]) -> Mapping[str, bool]:
    """The stores that the team's jobs mount, and whether they only read there."""
    written = [name for name in (wanted.checkpoints, wanted.outputs) if name and stores[name].lustre]
    read = [name for name in wanted.datasets if name not in written and _mounts(stores[name])]
    return {**dict.fromkeys(read, True), **dict.fromkeys(written, False)}


def volume(team: str, name: str, store: TrainingStore, account: Account, *, read_only: bool) -> Mapping[str, Any]:
    """The specification of a volume that only the team's claim can have; what is behind it stays when it goes."""
    kept = {
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": "",
        "claimRef": {"namespace": team, "name": name},
        "accessModes": [_mode(read_only=read_only)],
    }
    if store.lustre:
        return kept | _lustre(store.lustre, read_only=read_only)
    assert store.bucket
    return kept | _bucket(store.bucket, volume_name(team, name), account.region)


def claim(team: str, name: str, *, read_only: bool) -> Mapping[str, Any]:
    """The specification of the claim for such a volume."""
    return {
        "accessModes": [_mode(read_only=read_only)],
        "storageClassName": "",
        "volumeName": volume_name(team, name),
        "resources": _ASKED,
    }


def reference(team: str, name: str, store: TrainingStore, *, read_only: bool) -> StoreReference:
    """The store as the team's jobs reach it."""
    known: dict[str, Any] = {
        "classification": store.classification,
        "key_arn": store.key_arn,
        "read_only": read_only,
    }
    if store.bucket is None or (read_only and store.bucket.mounted):
        return StoreReference(claim=name, **known)
    prefix = store.bucket.prefix if read_only else folder(store.bucket, team)
    bucket = pulumi.Output.from_input(store.bucket.bucket_arn).apply(_bucket_name)
    return StoreReference(url=pulumi.Output.concat("s3://", bucket, "/", prefix), **known)


def _used(
    team: str, wanted: TrainingTeam, stores: Mapping[str, TrainingStore]
) -> Iterator[tuple[TrainingStore, Mode, str]]:
    for name in wanted.datasets:
        bucket = stores[name].bucket
        yield stores[name], Mode.READ, bucket.prefix if bucket else ""
    for name in dict.fromkeys((wanted.checkpoints, wanted.outputs)):
        if name:
            bucket = stores[name].bucket
            yield stores[name], Mode.READ_WRITE, folder(bucket, team) if bucket else ""


def _mounts(store: TrainingStore) -> bool:
    return store.bucket is None or store.bucket.mounted


def _bucket(store: BucketStore, handle: str, region: str) -> Mapping[str, Any]:
    options = ["read-only", f"region {region}", "allow-other", f"uid={USER}", f"gid={USER}"]
    source = {
        "driver": "s3.csi.aws.com",
        "volumeHandle": handle,
        "volumeAttributes": {
            "bucketName": pulumi.Output.from_input(store.bucket_arn).apply(_bucket_name),
            "authenticationSource": "pod",
        },
    }
    prefix = [f"prefix {store.prefix}"] if store.prefix else []
    return {"capacity": {"storage": _BUCKET_SIZE}, "mountOptions": [*options, *prefix], "csi": source}


def _lustre(store: LustreStore, *, read_only: bool) -> Mapping[str, Any]:
    source = pulumi.Output.from_input(store.mount_source)
    volume = {
        "driver": "fsx.csi.aws.com",
        "volumeHandle": store.file_system_id,
        "volumeAttributes": {"dnsname": source.apply(_server), "mountname": source.apply(_mount_name)},
    }
    options = ["flock", "ro"] if read_only else ["flock"]
    return {"capacity": {"storage": f"{store.size_gib}Gi"}, "mountOptions": options, "csi": volume}


def _mode(*, read_only: bool) -> str:
    return "ReadOnlyMany" if read_only else "ReadWriteMany"


def _bucket_name(arn: str) -> str:
    return arn.rpartition(":")[2]


def _server(mount_source: str) -> str:
    return mount_source.partition("@")[0]


def _mount_name(mount_source: str) -> str:
    return mount_source.rpartition("/")[2]
