"""What shares of pools are, in resources. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Optional, Protocol

from mlinfra.catalog.instances import InstanceType, instance_type
from mlinfra.catalog.nodes import left_for_pods
from mlinfra.components.pools.reference import EFA_RESOURCE, PoolReference
from mlinfra.components.teams.quota import GPU, NEURON, TeamQuota

CPU: Final = "cpu"
MEMORY: Final = "memory"
_MILLI: Final = 1000
_GIB: Final = 1024


class Share(Protocol):
    """A share of a pool, as `PoolShare` says it."""

    @property
    def accelerators(self) -> Optional[int]: ...  # noqa: D102
    @property
    def nodes(self) -> Optional[int]: ...  # noqa: D102
    @property
    def borrow(self) -> Optional[int]: ...  # noqa: D102
    @property
    def lend(self) -> Optional[int]: ...  # noqa: D102

    @property
    def amount(self) -> int:
        """What the team can always have, in accelerators or nodes."""
        ...


@dataclass(frozen=True, slots=True)
class Offer:
    """What every node of a pool offers to pods at least: thousandths of processors, MiB, devices."""

    pool: PoolReference
    per_node: Mapping[str, int]

    def nodes(self, share: Share, amount: int) -> Fraction:
        """An amount of a share, in nodes."""
        if share.accelerators is None:
            return Fraction(amount)
        return Fraction(amount, self.per_node[self.pool.resource])

    def resources(self, nodes: Fraction) -> Mapping[str, int]:
        """What so many nodes offer, by resource; rounded down, so that no sum of shares exceeds the whole."""
        return {name: int(each * nodes) for name, each in self.per_node.items()}

    def most(self, share: Share) -> Fraction:
        """The nodes that a team with the share can use, everything lent to it included."""
        if share.borrow is None:
            return Fraction(self.pool.max_nodes)
        return min(self.nodes(share, share.amount + share.borrow), Fraction(self.pool.max_nodes))


def offer(pool: PoolReference) -> Offer:
    """What a node of the pool offers, whichever of its types it is."""
    left = [left_for_pods(kind, efa=bool(pool.efa_per_node)) for kind in types(pool)]
    processors = {CPU: min(cpu for cpu, _ in left), MEMORY: min(memory for _, memory in left)} if left else {}
    return Offer(pool, {**processors, **pool.devices})


def types(pool: PoolReference) -> Sequence[InstanceType]:
    """The instance types of the pool that the catalogue has."""
    return [kind for kind in map(instance_type, pool.instance_types) if kind]


def quantity(resource: str, amount: int) -> str:
    """An amount as Kubernetes writes it."""
    return {CPU: f"{amount}m", MEMORY: f"{amount}Mi"}.get(resource, str(amount))


def usable(shares: Mapping[str, Share], pools: Sequence[PoolReference]) -> TeamQuota:
    """The quota of a namespace whose team can use its shares, with all that it may borrow."""
    total: dict[str, int] = {}
    for pool in pools:
        if share := shares.get(pool.name):
            whole = offer(pool)
            for resource, amount in whole.resources(whole.most(share)).items():
                total[resource] = total.get(resource, 0) + amount
    devices = {name: total[name] for name in sorted(total.keys() - {CPU, MEMORY, GPU, NEURON, EFA_RESOURCE})}
    return TeamQuota(
        cpu=max(1, total.get(CPU, 0) // _MILLI),
        memory_gib=max(1, total.get(MEMORY, 0) // _GIB),
        gpus=total.get(GPU, 0),
        neuron_devices=total.get(NEURON, 0),
        efa_interfaces=total.get(EFA_RESOURCE, 0),
        devices=devices,
    )
