"""Kubernetes kinds: scope, fields that force a replacement, and custom kinds by Helm chart (`kubernetes_kinds.toml`)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Definition:
    """A custom kind. The first of its versions is the stored one."""

    group: str
    kind: str
    plural: str
    versions: tuple[str, ...]
    namespaced: bool

    @property
    def name(self) -> str:
        """The name of its CustomResourceDefinition."""
        return f"{self.plural}.{self.group}"


@dataclass(frozen=True, slots=True)
class Chart:
    """The custom kinds that a Helm chart brings; `kept` when Helm leaves them behind with the release deleted."""

    definitions: tuple[Definition, ...]
    kept: bool


def namespaced(kind: str) -> bool:
    """Whether objects of a built-in kind, or of a custom one of the catalogue, live in namespaces."""
    return kind not in _cluster_wide()


def built_in(group: str) -> bool:
    """Whether the kinds of an API group are Kubernetes' own; the core group is empty."""
    return group in _table()["groups"]["built_in"]


def fidelity(token: str) -> str:
    """How well the sandbox's object store emulates a type such as `kubernetes:apps/v1:Deployment`.

    validated: checked as an API server does, and kept. recorded: kept as given, of which only the structure is known.
    """
    module = token.split(":")[1].removeprefix("core/")
    group = module.rpartition("/")[0]
    return "validated" if built_in(group) or group in _table()["groups"]["typed"] else "recorded"


def custom() -> Iterator[str]:
    """The types of the custom kinds that are known, in order."""
    found = {
        f"kubernetes:{one.group}/{one.versions[0]}:{one.kind}"
        for part in _table()["definitions"].values()
        for one in _definitions(part)
    }
    yield from sorted(found)


def replaced_for(group: str, kind: str) -> tuple[str, ...]:
    """The fields of a built-in kind whose change replaces an object, as `spec.containers[*].image`."""
    return tuple(_table()["replace"].get(f"{group}/{kind}", ()))


def chart(name: str) -> Chart | None:
    """What a chart brings; None for one that brings no custom kinds or is not in the catalogue."""
    found = _table()["charts"].get(name)
    if not isinstance(found, dict):
        return None
    return Chart(tuple(one for part in found["brings"] for one in definitions(part)), kept=found.get("kept", False))


def definitions(part: str) -> tuple[Definition, ...]:
    """The custom kinds of one set, such as `kueue`."""
    return tuple(_definitions(_table()["definitions"][part]))


@functools.cache
def _cluster_wide() -> frozenset[str]:
    table = _table()
    custom = (group.get("cluster", {}) for part in table["definitions"].values() for group in part["groups"])
    return frozenset(table["cluster_wide"]["kinds"]).union(*custom)


def _definitions(part: dict[str, Any]) -> Iterator[Definition]:
    for group in part["groups"]:
        for scope in ("cluster", "namespaced"):
            for kind, plural in group.get(scope, {}).items():
                yield Definition(group["group"], kind, plural, tuple(group["versions"]), scope == "namespaced")


@functools.cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files("mlinfra.catalog").joinpath("kubernetes_kinds.toml").read_text("utf-8"))
