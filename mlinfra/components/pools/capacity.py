"""How the instances of a pool are bought: exactly one of four ways, each with what makes sense for it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Optional

import pulumi
from pydantic import field_validator, model_validator

from mlinfra.catalog import pools
from mlinfra.components import references
from mlinfra.components.args import Args
from mlinfra.components.pools.limits import refused
from mlinfra.components.pools.reference import CapacityKind
from mlinfra.components.problems import Invalid

_RESERVATION = re.compile(r"cr-[0-9a-f]{8,17}")
_HOURS = 3600


def _reservation_id(value: Any) -> Any:
    if isinstance(value, str) and not _RESERVATION.fullmatch(value):
        raise Invalid("not the id of a Capacity Reservation", fix="give one such as cr-0123456789abcdef0, or an output")
    return value


class OnDemand(Args):
    """Instances by the second, when there are any."""

    placement_group: Optional[bool] = None
    """Whether nodes stand close together, in a cluster placement group of the pool's own; then fewer of them may be had.
    Default: yes with EFA, no otherwise."""


class Spot(Args):
    """What is left over, cheaper, taken away at two minutes' notice; of several types, the likeliest to stay first.

    EKS and Karpenter choose with the strategy price-capacity-optimized and replace what is about to be taken.
    """

    fallback: bool = False
    """Whether Karpenter takes on-demand instances when there are none of Spot. Default: no."""


class Reservation(Args):
    """An On-Demand Capacity Reservation, paid for whether it is used or not.

    Its nodes stand where it was made, so it knows no placement group.
    """

    reservation_id: Optional[pulumi.Input[str]] = None
    """The id of the reservation, such as cr-0123456789abcdef0."""
    group_arn: Optional[pulumi.Input[str]] = None
    """The ARN of a resource group of reservations, in place of the id of one."""
    fallback: bool = False
    """Whether Karpenter takes on-demand instances when the reservation is used up. Default: no."""

    _id = field_validator("reservation_id")(_reservation_id)
    _group = field_validator("group_arn")(references.reservation_group_arn)

    @model_validator(mode="after")
    def _one(self) -> "Reservation":
        given = [self.reservation_id is not None, self.group_arn is not None]
        if sum(given) != 1:
            reason = "no reservation is named" if not any(given) else "a reservation and a group of them are named"
            raise Invalid(reason, fix="give one of reservation_id and group_arn", argument="reservation_id")
        return self


class CapacityBlock(Args):
    """A Capacity Block for ML: paid for in advance, for a window of time. Outside of it the pool has no nodes."""

    reservation_id: pulumi.Input[str]
    """The id of the block's reservation, such as cr-0123456789abcdef0."""
    start: str
    """When it begins, in UTC: 2027-01-11T11:30:00Z."""
    end: str
    """When it ends, in UTC: 2027-01-25T11:30:00Z. The nodes leave an hour earlier, since EC2 ends them half an hour
    before it."""

    _id = field_validator("reservation_id")(_reservation_id)

    @field_validator("start", "end")
    @classmethod
    def _instant(cls, value: str) -> str:
        try:
            moment(value)
        except ValueError:
            raise Invalid("not a time in UTC", fix="write it as 2027-01-11T11:30:00Z") from None
        return value

    @model_validator(mode="after")
    def _window(self) -> "CapacityBlock":
        start, end = moment(self.start), moment(self.end)
        if end <= start:
            raise Invalid(f"it ends before it begins ({self.start})", fix="give the block's own end", argument="end")
        closing = pools.limit("block-end").values
        if (end.hour, end.minute, end.second) != (closing["hour"], closing["minute"], 0):
            raise refused("block-end", fix=f"write {end:%Y-%m-%d}T11:30:00Z", argument="end")
        # The first day may be shorter: a block can begin at once, and ends at its hour all the same.
        days = -(-(end - start).total_seconds() // (24 * _HOURS))
        lengths = pools.limit("block-days").values
        if days > lengths["most"] or (days > lengths["days"] and days % lengths["step"]):
            raise refused("block-days", fix="give start and end of the block as it was bought", argument="end")
        return self

    def nodes_leave(self) -> str:
        """When the pool goes down to no nodes, as AWS writes times."""
        early = timedelta(minutes=pools.limit("block-end").values["earlier"])
        return f"{moment(self.end) - early:%Y-%m-%dT%H:%M:%SZ}"


class Capacity(Args):
    """How instances are bought: exactly one of the four. Default: on demand."""

    on_demand: Optional[OnDemand] = None
    """By the second, when there are any."""
    spot: Optional[Spot] = None
    """What is left over, cheaper, taken away at two minutes' notice."""
    reservation: Optional[Reservation] = None
    """From an On-Demand Capacity Reservation."""
    capacity_block: Optional[CapacityBlock] = None
    """From a Capacity Block for ML."""

    @model_validator(mode="after")
    def _one(self) -> "Capacity":
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) > 1:
            reason = f"a pool buys its instances in one way, not in {len(given)} ({', '.join(given)})"
            raise Invalid(reason, fix="give one, and the other ones to pools of their own", argument=given[1])
        return self

    @property
    def kind(self) -> CapacityKind:
        """Which of the four."""
        if self.spot is not None:
            return CapacityKind.SPOT
        if self.reservation is not None:
            return CapacityKind.RESERVATION
        return CapacityKind.CAPACITY_BLOCK if self.capacity_block is not None else CapacityKind.ON_DEMAND

    @property
    def reservation_id(self) -> Optional[pulumi.Input[str]]:
        """The reservation or block that instances come from; none when they come from a group, or from no reservation."""
        found = self.reservation or self.capacity_block
        return found.reservation_id if found else None

    @property
    def fallback(self) -> bool:
        """Whether on-demand instances do as well."""
        found = self.spot or self.reservation
        return bool(found and found.fallback)

    def placement_group(self, *, efa: bool) -> bool:
        """Whether nodes stand in a cluster placement group of the pool's own."""
        if self.kind is not CapacityKind.ON_DEMAND:
            return False
        wanted = self.on_demand.placement_group if self.on_demand else None
        return efa if wanted is None else wanted


def moment(text: str) -> datetime:
    """A time of the form 2027-01-11T11:30:00Z. Raises ValueError for another one."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
