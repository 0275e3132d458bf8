"""Waivers beside what they are about: a violation that somebody answers for, for a while."""

import datetime as dt
from typing import Any, Optional

import pulumi

from mlinfra.components.problems import ArgumentError, Problem, shown


class Waiver(pulumi.ComponentResource):
    """A waiver, as the graph, the preview and the state show it. Its parent is what it is about."""

    def __init__(self, name: str, fields: dict[str, Any], parent: Optional[pulumi.Resource]) -> None:
        super().__init__("mlinfra:waiver:Waiver", name, fields, pulumi.ResourceOptions(parent=parent))


def waive(
    resource: Optional[pulumi.Resource],
    *,
    rule: str,
    reason: str,
    owner: str,
    ticket: str,
    expires: str | dt.date,
) -> None:
    """Waives a rule of `mlinfra check` for a component or resource and everything inside it; None: for the stack itself.

    `expires` is the last day on which it holds (2027-01-31). Raises ArgumentError when something is missing; the check
    says when a waiver has expired, expires soon, holds for too long, or waives nothing.
    """
    fields: dict[str, Any] = {"rule": rule, "reason": reason, "owner": owner, "ticket": ticket, "expires": str(expires)}
    problems = [
        Problem(key, shown(value), "empty or no text", "say it in a few words")
        for key, value in fields.items()
        if not isinstance(value, str) or not value.strip()
    ]
    try:
        dt.date.fromisoformat(fields["expires"])
    except ValueError:
        problems.append(Problem("expires", shown(expires), "no date", "write it as 2027-01-31"))
    about = f'"{resource.pulumi_resource_name}"' if resource else "the stack"
    if problems:
        raise ArgumentError(f"waive, for {about}", problems)
    name = f"{resource.pulumi_resource_name}-{rule}" if resource else rule
    Waiver(name, fields, resource)
