"""What a rule is: a function that says something about a resource, with what people need to know about it."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import EVERYWHERE, Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth

STACK: Final = "pulumi:pulumi:Stack"
"""The type of rules about a stack as a whole."""

_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")


class Severity(IntEnum):
    """How bad a violation is. An undetermined critical or high rule fails a check."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule. `check` says of one resource of the types whether it is as it should be."""

    id: str
    """Stable, such as s3-tls-only: waivers and framework maps name it."""
    title: str
    """What must be, in one line: 'Buckets refuse requests without TLS'."""
    severity: Severity
    types: tuple[str, ...]
    """Pulumi type tokens, families (`kubernetes:apps/*:Deployment`) or packages (`aws:*`), or STACK for the stack as a whole."""
    rationale: str
    """Why, for somebody who must decide."""
    fix: str
    """What to do about it, for a resource that the program declares itself, with a line of code."""
    check: Callable[[Resource], Truth]
    arguments: Mapping[str, str] = field(default_factory=dict)
    """What to change where a component of ours declares it: component type (mlinfra:storage:DataBucket) to argument."""
    profiles: frozenset[Profile] = EVERYWHERE
    """The profiles that ask for it."""
    waivable: bool = True


def rule(
    id: str,
    *,
    title: str,
    severity: Severity,
    types: Sequence[str],
    fix: str,
    arguments: Mapping[str, str] | None = None,
    profiles: frozenset[Profile] = EVERYWHERE,
    waivable: bool = True,
) -> Callable[[Callable[[Resource], Truth]], Rule]:
    """Makes a rule of a function, whose docstring is the rationale."""
    if not _ID.fullmatch(id):
        raise ValueError(f"{id!r} is not a rule's id: lower-case words with hyphens between them")

    def made(check: Callable[[Resource], Truth]) -> Rule:
        rationale = inspect.cleandoc(check.__doc__ or "")
        if not rationale:
            raise ValueError(f"rule {id}: its docstring must say why")
        return Rule(
            id=id, title=title, severity=severity, types=tuple(types), rationale=rationale, fix=fix, check=check,
            arguments=arguments or {}, profiles=profiles, waivable=waivable,
        )  # fmt: skip

    return made
