"""The images of nodes: which one fits, and how it is told to set up local disks and to share GPUs."""

import base64
from typing import Any, Final, Optional

from mlinfra.catalog.devices import Accelerator
from mlinfra.components.cluster.nodes import NodeSystem

VENDORS: Final = {"nvidia": "NVIDIA", "aws": "NEURON"}
"""Vendors of accelerators that EKS has images for, and how it calls those."""
_BOUNDARY: Final = "NODECONFIG"


def ami_type(system: NodeSystem, architecture: str, vendor: str = "") -> str:
    """What EKS calls its image for a system, an architecture (x86_64 or arm64) and a vendor of accelerators, if any.

    Source: https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html
    """
    standard = system.ami_type(architecture)
    if not vendor:
        return standard
    return f"{standard.removesuffix('_STANDARD')}_{VENDORS[vendor]}"


def alias(system: NodeSystem, release: Optional[str]) -> str:
    """What Karpenter calls an image: al2023@v20260415 of release 1.35.3-20260415, bottlerocket@v1.57.0 of 1.57.0-4b9a8c21.

    It chooses the accelerated one by the instance type that it starts. Source:
    https://karpenter.sh/docs/concepts/nodeclasses/#specamiselectorterms
    """
    if release is None:
        return f"{system.value}@latest"
    version, _, build = release.rpartition("-")
    return f"{system.value}@v{build if system is NodeSystem.AL2023 else version}"


def user_data(system: NodeSystem, *, local_disks: bool, sharing: Any = None, mig_model: str = "") -> Optional[str]:
    """What a node is told at its start, in base64 as a launch template has it; none when there is nothing to tell."""
    if system is NodeSystem.AL2023:
        if not local_disks:
            return None
        text = (
            f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="{_BOUNDARY}"\n\n'
            f"--{_BOUNDARY}\nContent-Type: application/node.eks.aws\n\n{node_config()}\n--{_BOUNDARY}--\n"
        )
    else:
        text = bottlerocket_settings(local_disks=local_disks, sharing=sharing, mig_model=mig_model)
    return base64.b64encode(text.encode()).decode() if text else None


def node_config() -> str:
    """Nodeadm's configuration of local disks as one striped disk, for containers and what pods write.

    Source: https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/
    """
    return (
        "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n"
        "spec:\n  instance:\n    localStorage:\n      strategy: RAID0\n"
    )


def bottlerocket_settings(*, local_disks: bool, sharing: Any = None, mig_model: str = "") -> str:
    """Bottlerocket's settings for local disks, and for its own device plugin.

    Sources: https://bottlerocket.dev/en/os/1.54.x/api/settings/bootstrap-commands/ and
    https://bottlerocket.dev/en/os/1.54.x/api/settings/kubelet-device-plugins/
    """
    parts = []
    if local_disks:
        mounts = '"--dirs", "/var/lib/containerd", "/var/lib/kubelet", "/var/log/pods"'
        parts.append(
            "[settings.bootstrap-commands.local-disks]\n"
            'commands = [["apiclient", "ephemeral-storage", "init"], '
            f'["apiclient", "ephemeral-storage", "bind", {mounts}]]\n'
            'mode = "always"\nessential = true\n'
        )
    if sharing is not None and sharing.time_slices is not None:
        parts.append(
            '[settings.kubelet-device-plugins.nvidia]\ndevice-sharing-strategy = "time-slicing"\n'
            f"[settings.kubelet-device-plugins.nvidia.time-slicing]\nreplicas = {sharing.time_slices}\n"
        )
    if sharing is not None and sharing.mig_profile is not None:
        parts.append(
            '[settings.kubelet-device-plugins.nvidia]\ndevice-partitioning-strategy = "mig"\n'
            f'[settings.kubelet-device-plugins.nvidia.mig.profile]\n"{mig_model}" = "{sharing.mig_profile}"\n'
        )
    return "\n".join(parts)


def mig_model(found: Optional[Accelerator]) -> str:
    """What Bottlerocket calls a GPU where it is told a MIG profile: h100.80gb."""
    return f"{found.model.lower()}.{round(found.memory_mib / 1024)}gb" if found else ""
