"""Data in a team's namespace: volumes of buckets and file systems, and what the role of its jobs may reach. Pure.

Sources: https://github.com/awslabs/mountpoint-s3-csi-driver/blob/main/docs/CONFIGURATION.md (version 2: with
`authenticationSource: pod` a bucket is mounted with the rights of the pod's own service account) and
https://github.com/kubernetes-sigs/aws-fsx-csi-driver/tree/master/examples/kubernetes/static_provisioning.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Optional

import pulumi
from pulumi_kubernetes.core.v1 import (
    CSIPersistentVolumeSourceArgs,
    ObjectReferenceArgs,
    PersistentVolumeClaimSpecArgs,
    PersistentVolumeSpecArgs,
    VolumeResourceRequirementsArgs,
)

from mlinfra.components.access import Access, BucketAccess, Mode
from mlinfra.components.account import Account
from mlinfra.components.training.arguments import TrainingTeam
from mlinfra.components.training.reference import StoreReference
from mlinfra.components.training.stores import BucketStore, LustreStore, TrainingStore

USER: Final = 1000
"""The user and group that jobs run as, who own the files of mounted buckets."""
_ASKED: Final = "1Gi"  # of volumes that are there: what a claim asks for makes no difference
_Source = tuple[str, list[str], CSIPersistentVolumeSourceArgs]
"""The size of a volume, its mount options, and what is behind it."""
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


def volume(
    team: str, name: str, store: TrainingStore, account: Account, *, read_only: bool
) -> PersistentVolumeSpecArgs:
    """The specification of a volume that only the team's claim can have; what is behind it stays when it goes.

    It names no class, which the API server would not keep: only claims tell an empty class from none.
    """
    if store.lustre:
        size, options, source = _lustre(store.lustre, read_only=read_only)
    else:
        size, options, source = _bucket(store.bucket, volume_name(team, name), account.region)
    return PersistentVolumeSpecArgs(
        persistent_volume_reclaim_policy="Retain",
        claim_ref=ObjectReferenceArgs(namespace=team, name=name),
        access_modes=[_mode(read_only=read_only)],
        capacity={"storage": size},
        mount_options=options,
        csi=source,
    )


def claim(team: str, name: str, *, read_only: bool) -> PersistentVolumeClaimSpecArgs:
    """The specification of the claim for such a volume."""
    return PersistentVolumeClaimSpecArgs(
        access_modes=[_mode(read_only=read_only)],
        storage_class_name="",
        volume_name=volume_name(team, name),
        resources=VolumeResourceRequirementsArgs(requests={"storage": _ASKED}),
    )


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
    return StoreReference(url=pulumi.Output.concat("s3://", _name_of(store.bucket), "/", prefix), **known)


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


def _bucket(store: Optional[BucketStore], handle: str, region: str) -> _Source:
    assert store is not None  # a store is one of the two
    options = ["read-only", f"region {region}", "allow-other", f"uid={USER}", f"gid={USER}"]
    source = CSIPersistentVolumeSourceArgs(
        driver="s3.csi.aws.com",
        volume_handle=handle,
        volume_attributes={"bucketName": _name_of(store), "authenticationSource": "pod"},
    )
    return _BUCKET_SIZE, [*options, *([f"prefix {store.prefix}"] if store.prefix else [])], source


def _lustre(store: LustreStore, *, read_only: bool) -> _Source:
    mounted_from = pulumi.Output.from_input(store.mount_source)
    source = CSIPersistentVolumeSourceArgs(
        driver="fsx.csi.aws.com",
        volume_handle=store.file_system_id,
        volume_attributes={"dnsname": mounted_from.apply(_server), "mountname": mounted_from.apply(_mount_name)},
    )
    return f"{store.size_gib}Gi", ["flock", "ro"] if read_only else ["flock"], source


def _name_of(store: BucketStore) -> pulumi.Output[str]:
    return pulumi.Output.from_input(store.bucket_arn).apply(_bucket_name)


def _mode(*, read_only: bool) -> str:
    return "ReadOnlyMany" if read_only else "ReadWriteMany"


def _bucket_name(arn: str) -> str:
    return arn.rpartition(":")[2]


def _server(mount_source: str) -> str:
    return mount_source.partition("@")[0]


def _mount_name(mount_source: str) -> str:
    return mount_source.rpartition("/")[2]
