"""Uniform resource names: `urn:pulumi:STACK::PROJECT::[PARENT TYPES$]TYPE::NAME`, and references to providers."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

STACK_TYPE: Final = "pulumi:pulumi:Stack"
PROVIDER_PREFIX: Final = "pulumi:providers:"


def make(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """The URN of a resource; `parent` is a URN or empty. The stack never shows in the URNs of what it holds."""
    parents = qualified_type(parent) if parent else ""
    qualified = f"{parents}${type_}" if parents not in ("", STACK_TYPE) else type_
    return f"urn:pulumi:{stack}::{project}::{qualified}::{name}"


def qualified_type(urn: str) -> str:
    """The type with the types of its parents, joined by `$`."""
    return urn.split("::", 3)[2]


def type_of(urn: str) -> str:
    """The type alone."""
    return qualified_type(urn).rpartition("$")[2]


def name_of(urn: str) -> str:
    """The name, which may itself contain `::`."""
    return urn.split("::", 3)[3]


def is_stack(urn: str) -> bool:
    """Whether the URN is that of the stack itself."""
    return qualified_type(urn) == STACK_TYPE


def is_provider(type_: str) -> bool:
    """Whether the type is that of a provider resource."""
    return type_.startswith(PROVIDER_PREFIX)


def is_default_provider(urn: str) -> bool:
    """Whether the engine made this provider for resources that name none."""
    return is_provider(type_of(urn)) and name_of(urn).startswith("default")


def package_of(token: str) -> str:
    """The package of a type or function token, or of a provider type."""
    return token.removeprefix(PROVIDER_PREFIX) if is_provider(token) else token.partition(":")[0]


def default_provider_name(version: str, url: str = "") -> str:
    """The name of the default provider for a version and a download URL, as Pulumi makes it: default_1_2_3."""
    parts = ["default", *filter(None, (version, url))]
    return re.sub(r"[^A-Za-z0-9_]", "_", "_".join(parts))


class Reference(NamedTuple):
    """Which provider looks after a resource: the URN and the id of the provider resource, written URN::ID."""

    urn: str
    id: str

    def __str__(self) -> str:
        return f"{self.urn}::{self.id}"

    @classmethod
    def parse(cls, text: str) -> Reference:
        """The reference written as `text`; raises ValueError for anything else."""
        urn, separator, identity = text.rpartition("::")
        if not separator or not urn.startswith("urn:") or not is_provider(type_of(urn)):
            raise ValueError(f"{text!r} is not a reference to a provider (URN::ID)")
        return cls(urn, identity)
