"""AWS services that run workloads through a role, and what they say of themselves (`trusted_services.toml`)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedService:
    """One service. `source` is the pattern of the aws:SourceArn that it sends, with {partition}, {region}, {account}.

    An empty one says that the service sends neither aws:SourceArn nor aws:SourceAccount.
    """

    name: str
    principal: str
    source: str
    docs: str


@functools.cache
def trusted_services() -> Mapping[str, TrustedService]:
    """Every known service by its short name, such as sagemaker, in the order of the file."""
    table = tomllib.loads((resources.files("mlinfra.catalog") / "trusted_services.toml").read_text("utf-8"))
    return {
        name: TrustedService(
            name=name, principal=entry["principal"], source=entry.get("source", ""), docs=entry["docs"]
        )
        for name, entry in table["services"].items()
    }
