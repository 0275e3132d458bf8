"""Frameworks as data (`frameworks/*.toml`): their controls, and which of them a rule supports.

A rule supports a control; it never fulfils one. `direct` says that the control asks for just what the rule checks,
`supporting` that what the rule checks is a part of it, or helps.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import TYPE_CHECKING, Any

from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping


class Grade(StrEnum):
    """How a rule bears on a control."""

    DIRECT = "direct"
    SUPPORTING = "supporting"


@dataclass(frozen=True, slots=True)
class Control:
    """A control of a framework, as a rule bears on it."""

    framework: str
    """The framework's id, such as cis-aws-7.0."""
    id: str
    title: str
    grade: Grade

    def __str__(self) -> str:
        return f"{self.framework} {self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """A framework in one version."""

    id: str
    title: str
    version: str
    source: str
    """Where it is published."""
    date: dt.date
    """When the controls were compared with the source."""
    controls: Mapping[str, str]
    """Titles by control."""
    rules: Mapping[str, Mapping[Grade, tuple[str, ...]]]
    """The controls that each rule bears on."""

    def of_rule(self, rule: str) -> tuple[Control, ...]:
        """The controls that a rule bears on, the direct ones first."""
        graded = self.rules.get(rule)
        if graded is None:
            return ()
        return tuple(
            Control(self.id, one, self.controls[one], grade) for grade in Grade for one in graded.get(grade, ())
        )

    def of_control(self, control: str) -> dict[str, Grade]:
        """The rules that bear on a control, with how they do."""
        return {
            rule: grade for rule, graded in self.rules.items() for grade, found in graded.items() if control in found
        }

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


@functools.cache
def frameworks() -> Mapping[str, Framework]:
    """Every framework, by id."""
    files = sorted((resources.files("mlinfra.compliance") / "frameworks").iterdir(), key=lambda file: file.name)
    found = {
        file.name.removesuffix(".toml"): tomllib.loads(file.read_text("utf-8"))
        for file in files
        if file.name.endswith(".toml")
    }
    return {name: _framework(name, data) for name, data in found.items()}


def chosen(ids: Iterable[str]) -> tuple[Framework, ...]:
    """The frameworks with the ids, all when none is named. Raises ConfigError when there is no such framework."""
    known = frameworks()
    wanted = tuple(ids) or tuple(known)
    for name in wanted:
        if name not in known:
            raise ConfigError(f"there is no framework {name!r}", fix=f"use one of {', '.join(known)}")
    return tuple(known[name] for name in dict.fromkeys(wanted))


def controls_of(rule: str, among: Iterable[Framework] | None = None) -> tuple[Control, ...]:
    """The controls that a rule bears on, in every framework or in some."""
    return tuple(
        one for framework in (frameworks().values() if among is None else among) for one in framework.of_rule(rule)
    )


def _framework(id: str, data: dict[str, Any]) -> Framework:
    rules = {
        rule: {Grade(grade): tuple(controls) for grade, controls in graded.items()}
        for rule, graded in data["rules"].items()
    }
    for rule, graded in rules.items():
        for control in (one for found in graded.values() for one in found):
            if control not in data["controls"]:
                raise ValueError(f"frameworks/{id}.toml: {rule} names {control}, which is no control of the framework")
    return Framework(
        id=id, title=data["title"], version=data["version"], source=data["source"], date=data["date"],
        controls=data["controls"], rules=rules,
    )  # fmt: skip
