"""What follows from the arguments of a pool: every default filled in, nothing declared yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mlinfra.catalog import pools
from mlinfra.catalog.devices import Accelerator
from mlinfra.catalog.instances import InstanceType, instance_type
from mlinfra.components.pools.reference import EFA_RESOURCE, CapacityKind, Provisioner


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A pool with nothing left open. Whether it can be had is `checks.check`'s to say."""

    types: tuple[InstanceType, ...]
    provisioner: Provisioner
    auto: bool
    """Whether its nodes are made by EKS in Auto Mode."""
    fixed: bool
    """Whether it has as many nodes at any time, or whenever its schedule says so."""
    least: int
    most: int
    zones: tuple[str, ...]
    efa: bool
    placement_group: bool
    local_disks: bool
    release: str | None
    """The release of the image; none where EKS takes the newest one, and on Auto Mode."""

    @classmethod
    def of(cls, args: Any) -> "Shape":
        """The shape of a pool from its `NodePoolArgs`, or `GpuNodePoolArgs`."""
        types = tuple(found for found in map(instance_type, args.instance_types) if found)
        fixed = args.nodes is not None
        several_cards = all(one.efa and one.network_cards > 1 for one in types)
        asked = getattr(args, "efa", False)
        counted = fixed or args.capacity.kind is CapacityKind.RESERVATION
        efa = bool(
            counted and several_cards and args.capacity.kind is not CapacityKind.SPOT if asked is None else asked
        )
        placed = args.capacity.placement_group(efa=efa)
        provisioner = args.provisioner or _provisioner(args, efa=efa, placed=placed)
        auto = args.cluster.auto_mode and provisioner is Provisioner.KARPENTER
        disks = all(one.disks for one in types) if args.local_disks is None else args.local_disks
        release = args.release_version or pools.release_version(args.cluster.version, args.system.value)
        return cls(
            types=types,
            provisioner=provisioner,
            auto=auto,
            fixed=fixed,
            least=(0 if args.schedule else args.nodes or 0) if fixed else args.min_nodes,
            most=(args.nodes if fixed else args.max_nodes) or 0,
            zones=tuple(args.zones or args.cluster.zones),
            efa=efa,
            placement_group=placed,
            local_disks=disks and not auto,
            release=None if auto else release,
        )

    @property
    def managed(self) -> bool:
        """Whether it is a managed node group."""
        return self.provisioner is Provisioner.MANAGED

    @property
    def elastic_karpenter(self) -> bool:
        """Whether Karpenter makes its nodes as pods need them."""
        return not self.managed and not self.fixed

    @property
    def architectures(self) -> Sequence[str]:
        """The processor architectures of its types."""
        return sorted({one for found in self.types for one in found.architectures})

    @property
    def accelerator(self) -> Accelerator | None:
        """The accelerators of a node, of the type with the fewest."""
        found = [one.accelerator for one in self.types if one.accelerator]
        return min(found, key=lambda one: one.count) if found else None

    @property
    def most_accelerators(self) -> int:
        """The accelerators of as many nodes as there can be, all of the largest type."""
        return self.most * max((one.accelerator.count for one in self.types if one.accelerator), default=0)

    @property
    def most_vcpus(self) -> int:
        """The vCPUs of as many nodes as there can be, all of the largest type."""
        return self.most * max(one.vcpus for one in self.types)

    @property
    def efa_per_node(self) -> int:
        """EFA interfaces of a node."""
        return self.types[0].efa_interfaces if self.efa else 0

    def devices(self, sharing: Any) -> dict[str, int]:
        """What a node offers besides processor, memory and disk."""
        offered: dict[str, int] = {}
        found = self.accelerator
        if found:
            profile = next((one for one in found.mig if sharing and one.name == sharing.mig_profile), None)
            if profile:
                offered[profile.resource] = found.count * profile.most
            else:
                offered[found.resource] = found.count * ((sharing and sharing.time_slices) or 1)
        if self.efa:
            offered[EFA_RESOURCE] = self.efa_per_node
        return offered


def _provisioner(args: Any, *, efa: bool, placed: bool) -> Provisioner:
    """Managed node groups where nodes are counted or belong together, Karpenter where they come and go."""
    kind = args.capacity.kind
    by_group = kind is CapacityKind.RESERVATION and args.capacity.reservation.group_arn is not None
    counted = args.nodes is not None or args.min_nodes > 0 or kind is CapacityKind.RESERVATION
    if args.schedule or efa or placed or by_group or (kind is CapacityKind.CAPACITY_BLOCK and counted):
        return Provisioner.MANAGED
    if args.cluster.auto_mode:
        return Provisioner.KARPENTER
    return Provisioner.MANAGED if counted else Provisioner.KARPENTER
