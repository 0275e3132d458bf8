"""When a pool has nodes at all: hours of work, rather than all hours that are paid."""

import re
import zoneinfo
from collections.abc import Sequence
from typing import Any, Final

import pulumi
import pulumi_aws as aws
from pydantic import field_validator, model_validator

from mlinfra.components.args import Args
from mlinfra.components.component import Component
from mlinfra.components.problems import Invalid

_NAMES: Final = {
    3: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    4: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
}
# Minute, hour, day of the month, month, day of the week, as PutScheduledUpdateGroupAction takes them ("Recurrence").
_SPANS: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_PART: Final = re.compile(r"(\*|(?P<first>\w+)(-(?P<last>\w+))?)(/(?P<step>[1-9]\d*))?")


class PoolSchedule(Args):
    """When a pool of fixed size has its nodes."""

    start: str
    """When its nodes come, as cron says it (minute, hour, day of the month, month, day of the week): 0 7 * * 1-5 is at seven
    on working days."""
    stop: str
    """When they go, such as 0 20 * * 1-5. Nodes are drained first; jobs go on from their checkpoints when they come again."""
    time_zone: str = "Etc/UTC"
    """The time zone of both, such as Europe/Berlin; hours follow its summer time. Default: Etc/UTC."""

    @field_validator("start", "stop")
    @classmethod
    def _cron(cls, value: str) -> str:
        fields = value.split()
        if len(fields) != len(_SPANS) or not all(_possible(text, at) for at, text in enumerate(fields)):
            fix = "give minute, hour, day of the month, month and day of the week, such as 0 7 * * 1-5"
            raise Invalid(f"{value!r} is no time that cron knows", fix=fix)
        return " ".join(fields)

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if value not in zoneinfo.available_timezones():
            raise Invalid(f"{value!r} is not a time zone", fix="give one such as Europe/Berlin or America/New_York")
        return value

    @model_validator(mode="after")
    def _both(self) -> "PoolSchedule":
        if self.start == self.stop:
            raise Invalid("nodes would come and go at once", fix="stop later than start", argument="stop")
        return self


def _possible(text: str, at: int) -> bool:
    return all(_possible_part(part, at) for part in text.split(","))


def _possible_part(part: str, at: int) -> bool:
    found = _PART.fullmatch(part)
    if found is None:
        return False
    least, most = _SPANS[at]
    given = [_number(text, at) for text in (found["first"], found["last"]) if text]
    return all(least <= number <= most for number in given) and given == sorted(given)


def _number(text: str, at: int) -> int:
    names: Sequence[str] = _NAMES.get(at, ())
    if text.lower() in names:
        return names.index(text.lower()) + _SPANS[at][0]
    return int(text) if text.isdecimal() else -1


def hours(parent: Component[Any], name: str, scaled: pulumi.Input[str], schedule: PoolSchedule, *, nodes: int) -> None:
    """Scales the group of a pool to its size when the hours begin, and to nothing when they end.

    The least size stays nothing in between: what EKS was told of the group, and what the schedule says, is then the same.
    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html
    """
    for role, when, size in (("start", schedule.start, nodes), ("stop", schedule.stop, 0)):
        aws.autoscaling.Schedule(
            f"{name}-{role}",
            autoscaling_group_name=scaled,
            scheduled_action_name=f"{name}-{role}",
            recurrence=when,
            time_zone=schedule.time_zone,
            min_size=0,
            max_size=nodes,
            desired_capacity=size,
            opts=parent.child(),
        )
