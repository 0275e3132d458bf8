"""The disks of a node."""

from dataclasses import dataclass

from mlinfra.components.cluster.nodes import DATA_DISK, DISK, OS_DISK_GIB, NodeSystem


@dataclass(frozen=True, slots=True)
class Disk:
    """A volume of a node: its device, and its size in GiB."""

    device: str
    gib: int


def disks(system: NodeSystem, gib: int) -> list[Disk]:
    """The volumes: one of Amazon Linux, two of Bottlerocket, which keeps its own apart from what containers write."""
    if system is NodeSystem.BOTTLEROCKET:
        return [Disk(DISK, OS_DISK_GIB), Disk(DATA_DISK, gib)]
    return [Disk(DISK, gib)]
