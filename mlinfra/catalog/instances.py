"""EC2 instance types (`instances_accelerated.toml`, `instances_general.toml`): what a node of each has, and how it is sold."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog import devices, quotas

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlinfra.catalog.devices import Accelerator

# Whether the types of a table have accelerators.
_TABLES: Final = {"instances_accelerated": True, "instances_general": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceType:
    """An EC2 instance type, as DescribeInstanceTypes tells it."""

    name: str
    architectures: tuple[str, ...]
    """x86_64 or arm64."""
    vcpus: int
    memory_mib: int
    accelerator: Accelerator | None = None
    """GPUs, Neuron devices and the like."""
    network_cards: int = 1
    efa_interfaces: int = 0
    """EFA interfaces that an instance can have on all cards together; 0 where the type has no EFA."""
    efa_first_card: int = 0
    """The first network card that takes EFA; all cards after it do as well. 1 where card 0 is for IP traffic alone."""
    disks: int = 0
    """Local NVMe (or SSD) disks."""
    disk_gb: int = 0
    """Size of each."""
    max_pods: int = 110
    """Pods with an address each under the VPC CNI's defaults, without prefixes; 110, Kubernetes' own limit, where unknown."""
    placement: tuple[str, ...] = ("cluster", "partition", "spread")
    """Placement strategies that the type supports."""
    usage: tuple[str, ...] = ("on-demand", "spot")
    """How it can be bought: on-demand, spot, capacity-block."""
    bare_metal: bool = False

    @property
    def family(self) -> str:
        """p5 of p5.48xlarge."""
        return self.name.partition(".")[0]

    @property
    def size(self) -> str:
        """48xlarge of p5.48xlarge."""
        return self.name.partition(".")[2]

    @property
    def gpu(self) -> Accelerator | None:
        """Its GPUs; None for types without any, and for those with devices that are no GPUs (Trainium, Inferentia)."""
        found = self.accelerator
        return found if found is not None and found.vendor in {"nvidia", "amd"} else None

    @property
    def efa(self) -> bool:
        """Whether the type supports the Elastic Fabric Adapter, as `efa` and as `efa-only` interfaces."""
        return self.efa_interfaces > 0

    @property
    def efa_cards(self) -> range:
        """The indexes of the network cards that take EFA interfaces."""
        return range(self.efa_first_card, self.network_cards) if self.efa else range(0)

    @property
    def efa_per_card(self) -> int:
        """EFA interfaces on each card of `efa_cards`."""
        return -(-self.efa_interfaces // len(self.efa_cards)) if self.efa else 0

    @property
    def cluster_placement(self) -> bool:
        """Whether a cluster placement group takes the type."""
        return "cluster" in self.placement

    @property
    def nvme_gb(self) -> int:
        """Local storage of all disks together."""
        return self.disks * self.disk_gb

    @property
    def quota_code(self) -> str | None:
        """The Service Quotas code that limits its vCPUs on demand; None when the catalogue knows none."""
        found = quotas.quota(self.name, "on-demand")
        return found.code if found else None


def instance_type(name: str) -> InstanceType | None:
    """The instance type of that name, such as p5.48xlarge; None when the catalogue does not have it."""
    return next((types[name] for types in (_types(table) for table in _TABLES) if name in types), None)


def instance_types(*, accelerated: bool | None = None) -> Iterator[InstanceType]:
    """Every instance type, in the order of the tables: all, those with accelerators, or those without."""
    for table, has in _TABLES.items():
        if accelerated in (None, has):
            yield from _types(table).values()


@functools.cache
def families(*, accelerated: bool | None = None) -> Mapping[str, tuple[InstanceType, ...]]:
    """The instance types by family: all, those with accelerators, or those without."""
    found: dict[str, list[InstanceType]] = {}
    for one in instance_types(accelerated=accelerated):
        found.setdefault(one.family, []).append(one)
    return MappingProxyType({family: tuple(types) for family, types in found.items()})


@functools.cache
def _types(table: str) -> Mapping[str, InstanceType]:
    content = tomllib.loads((resources.files("mlinfra.catalog") / f"{table}.toml").read_text("utf-8"))
    return {
        f"{family}.{size}": _instance_type(f"{family}.{size}", {**entry, **own})
        for family, entry in content["families"].items()
        for size, own in entry["sizes"].items()
    }


def _instance_type(name: str, row: Mapping[str, Any]) -> InstanceType:
    """One row: what its family says, and what it says itself."""
    device = row.get("device")
    return InstanceType(
        name=name,
        architectures=(row["arch"],),
        vcpus=row["vcpus"],
        memory_mib=row["memory"],
        accelerator=device
        and devices.accelerator(device, row.get("devices", 1), row["device_memory"], row.get("share", 1.0)),
        network_cards=row.get("cards", 1),
        efa_interfaces=row.get("efa", 0),
        efa_first_card=row.get("efa_first_card", 0),
        disks=row.get("disks", 0),
        disk_gb=row.get("disk_gb", 0),
        max_pods=row.get("pods", 110),
        placement=tuple(row.get("placement", ("cluster", "partition", "spread"))),
        usage=tuple(row.get("usage", ("on-demand", "spot"))),
        bare_metal=row.get("metal", False),
    )
