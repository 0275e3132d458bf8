"""Whether the image of a pool fits its instance types, and whether its accelerators can be advertised as asked."""

import re
from typing import Any, Final

from mlinfra.catalog import pools
from mlinfra.components.cluster.nodes import NodeSystem
from mlinfra.components.cluster.reference import ClusterReference
from mlinfra.components.pools.images import VENDORS
from mlinfra.components.pools.limits import refused
from mlinfra.components.pools.shape import Shape
from mlinfra.components.problems import Invalid

_RELEASE: Final = {
    NodeSystem.AL2023: (re.compile(r"(\d+\.\d+)\.\d+-\d{8}"), "1.35.3-20260415"),
    NodeSystem.BOTTLEROCKET: (re.compile(r"\d+\.\d+\.\d+-[0-9a-f]{8}"), "1.57.0-4b9a8c21"),
}


def check_types(args: Any, shape: Shape) -> None:
    """Instance types: with accelerators or without, of one vendor, of one architecture."""
    gpus = hasattr(args, "sharing")
    for one in shape.types:
        if one.accelerator and not gpus:
            raise refused("accelerator", what=one.name, fix="make it a GpuNodePool", argument="instance_types")
        if gpus and (one.accelerator is None or one.accelerator.vendor not in VENDORS):
            fix = "choose a type with GPUs of NVIDIA, Trainium or Inferentia, or make it a NodePool"
            raise refused("no-accelerator", what=one.name, fix=fix, argument="instance_types")
    vendors = {one.accelerator.vendor for one in shape.types if one.accelerator}
    if len(vendors) > 1:
        what = " and ".join(sorted(vendors))
        raise refused("one-vendor", what=what, fix="make a pool for each", argument="instance_types")
    if len(shape.architectures) > 1:
        what = " and ".join(shape.architectures)
        raise refused("one-architecture", what=what, fix="make a pool for each", argument="instance_types")


def check_images(args: Any, shape: Shape, cluster: ClusterReference) -> None:
    """The operating system, its release, and local disks."""
    found = shape.accelerator
    if shape.auto:
        _auto_mode(args)
    elif found and found.vendor == "aws" and args.system is NodeSystem.BOTTLEROCKET:
        raise refused("neuron-image", fix="leave system out: al2023", argument="system")
    if args.release_version is not None:
        _release(args, cluster)
    elif found and shape.release is None and not shape.auto:
        reason = "the catalogue pins no release for this version and system, and a new driver can break what runs"
        raise Invalid(reason, fix=f"give one such as {_RELEASE[args.system][1]}", argument="release_version")
    if args.local_disks and not shape.auto:
        without = next((one for one in shape.types if not one.disks), None)
        if without:
            raise refused("no-disks", what=without.name, fix="leave local_disks out", argument="local_disks")


def _auto_mode(args: Any) -> None:
    if args.system is not NodeSystem.AL2023:
        raise refused("auto-image", fix="leave system out", argument="system")
    if args.release_version is not None:
        raise refused("auto-image", fix="leave release_version out", argument="release_version")
    if args.local_disks is not None:
        raise refused("auto-disks", fix="leave local_disks out", argument="local_disks")
    if args.dedicated:
        fix = "leave dedicated out, or give provisioner=managed"
        raise refused("dedicated-auto", fix=fix, argument="dedicated")


def _release(args: Any, cluster: ClusterReference) -> None:
    form, example = _RELEASE[args.system]
    match = form.fullmatch(args.release_version)
    if match is None:
        raise refused("release-format", fix=f"give one such as {example}", argument="release_version")
    if args.system is NodeSystem.AL2023 and match[1] != cluster.version:
        what = f"{args.release_version} with Kubernetes {cluster.version}"
        raise refused("release-kubernetes", what=what, fix="give a release of that version", argument="release_version")


def check_sharing(args: Any, shape: Shape, cluster: ClusterReference) -> None:
    """MIG, time-slicing and dynamic resource allocation."""
    sharing, found = getattr(args, "sharing", None), shape.accelerator
    if sharing is not None and found is not None:
        if found.vendor != "nvidia":
            raise refused("sharing-vendor", fix="leave sharing out", argument="sharing")
        if shape.auto:
            fix = "leave sharing out, or give provisioner=managed"
            raise refused("sharing-auto", fix=fix, argument="sharing")
        if shape.elastic_karpenter:
            fix = "give nodes in place of max_nodes, or provisioner=managed"
            raise refused("sharing-elastic", fix=fix, argument="sharing")
        if sharing.mig_profile is not None:
            _mig(sharing.mig_profile, shape)
        elif shape.efa:
            raise refused("slices-peer", fix="leave sharing or efa out", argument="sharing")
    if getattr(args, "dra", False):
        _dra(args, shape, cluster)


def _mig(profile: str, shape: Shape) -> None:
    for one in shape.types:
        found = one.accelerator
        if found is None or not found.mig:
            what = f"{found.model if found else 'nothing'} of {one.name}"
            raise refused("mig-model", what=what, fix="use time_slices, or another type", argument="sharing")
        if profile not in {known.name for known in found.mig}:
            profiles = ", ".join(known.name for known in found.mig)
            what = f"{profile} on {found.model}"
            raise refused("mig-profile", what=what, fix=f"choose of {profiles}", argument="sharing")
    if len({(one.accelerator.model, one.accelerator.memory_mib) for one in shape.types if one.accelerator}) > 1:
        raise refused("mig-models", fix="make a pool for each model", argument="instance_types")
    if shape.efa:
        raise refused("mig-peer", fix="leave sharing out, or give efa=False", argument="sharing")


def _dra(args: Any, shape: Shape, cluster: ClusterReference) -> None:
    if shape.auto:
        raise refused("dra-auto", fix="leave dra out, or give provisioner=managed", argument="dra")
    if shape.elastic_karpenter:
        fix = "leave dra out, give nodes in place of max_nodes, or provisioner=managed"
        raise refused("dra-elastic", fix=fix, argument="dra")
    found = shape.accelerator
    if found is not None and found.vendor != "nvidia":
        raise refused("dra-vendor", fix="leave dra out", argument="dra")
    least = pools.limit("dra-kubernetes").values["kubernetes"]
    if _number(cluster.version) < _number(least):
        fix = f"upgrade the cluster to {least} or later, or leave dra out"
        raise refused("dra-kubernetes", what=f"Kubernetes {cluster.version}", fix=fix, argument="dra")
    if args.system is NodeSystem.BOTTLEROCKET:
        raise refused("dra-bottlerocket", fix="leave system or dra out", argument="dra")
    if args.sharing is not None and args.sharing.time_slices is not None:
        raise refused("dra-slices", fix="use a MIG profile, or leave dra out", argument="dra")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
