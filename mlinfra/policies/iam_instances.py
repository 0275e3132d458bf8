"""Rules about who may make, change and end the instances of an account."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import any_of, only_if
from mlinfra.compliance.values import Value
from mlinfra.policies.components import ROLE_ACCESS
from mlinfra.policies.escalation import administers
from mlinfra.policies.grants import ROLE, no_statement
from mlinfra.policies.iam_scopes import HOLDERS, WHOSE, is_for_people
from mlinfra.policies.statements import Known, Statement, all3, any3, not3

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth

OF_ANYBODY: Final[Mapping[str, tuple[str, ...]]] = {
    "ec2:CreateFleet": ("instance", "launch-template"),
    "ec2:CreateLaunchTemplate": ("launch-template",),
    "ec2:CreateTags": ("instance",),
    "ec2:DeleteLaunchTemplate": ("launch-template",),
    "ec2:DeleteTags": ("instance",),
    "ec2:RunInstances": ("instance", "launch-template"),
    "ec2:StopInstances": ("instance",),
    "ec2:TerminateInstances": ("instance",),
}
"""Actions, and the resources of which each is somebody's.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
"""


@rule(
    "iam-instances-own",
    title="Whoever makes, tags and ends instances is held to those of its own",
    severity=Severity.MEDIUM,
    types=HOLDERS,
    arguments=ROLE_ACCESS,
    fix='"Condition": {"StringEquals": {"aws:ResourceTag/team": "vision"}}; for what is made aws:RequestTag/team, for tags '
    "ec2:CreateAction",
    profiles=STRICT,
)
def iam_instances_own(holder: Resource) -> Truth:
    """One loop over the wrong list ends every node of the account, and whoever may tag instances makes any of them its own.

    Asked of programs; people who operate machines are iam-operators-no-data's matter.
    """

    def loose(one: Statement) -> Known:
        def every(action: str, kinds: tuple[str, ...]) -> Known:
            pattern = re.compile(rf"\*|arn:[^:]*:(?:ec2|\*):[^:]*:[^:]*:(?:\*|(?:{'|'.join(kinds)})/\*)")
            return all3((one.covers(action), one.resources.any(lambda text: pattern.fullmatch(text) is not None)))

        narrowed = one.tests(lambda test: False if test.key in WHOSE else test.names())
        wide = any3(every(action, kinds) for action, kinds in OF_ANYBODY.items())
        return all3((one.allows, not3(administers(one)), wide, not3(narrowed)))

    roles = [holder] if holder.type == ROLE else holder.graph.links(_value_of_role(holder), (ROLE,)).found
    people = any_of(map(is_for_people, roles)) if roles else holder.says(False, "people")
    return only_if(~people, no_statement(holder, loose, "a condition that says whose instances"))


def _value_of_role(holder: Resource) -> Value:
    return Value(holder, "role", holder.node.get("role"))


RULES: Final = (iam_instances_own,)
