"""How a property and a member of AWS's API are told to be the same, and where it stands.

Names match when they agree without case and underscores, one of them may be in the plural, and a member may carry the
type's noun in front (`name` is `RoleName`). What does not match so stands in the table's `rename`, as a path such as
`Placement.Tenancy` or `IpPermissions[0].FromPort`.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import jmespath

if TYPE_CHECKING:
    from collections.abc import Mapping

PAIRS: Final = (
    ("key", "value"), ("name", "value"), ("name", "values"), ("tagkey", "tagvalue"),
    ("parameterkey", "parametervalue"), ("attributename", "attributevalue"), ("parametername", "parametervalue"),
)  # fmt: skip

YES: Final = ("true", "enable", "enabled", "1")  # how booleans are spelt where AWS has words for them


@dataclass(frozen=True, slots=True)
class Names:
    """How a type's properties are called in one call."""

    noun: str = ""
    rename: Mapping[str, str] = field(default_factory=dict)
    into: str = ""
    convert: Mapping[str, str] = field(default_factory=dict)


def normal(name: str) -> str:
    """A name without case, underscores and dashes."""
    return re.sub(r"[_\-.:]", "", name).lower()


@functools.lru_cache(maxsize=4096)
def index_of(members: tuple[str, ...]) -> dict[str, str]:
    """The members by their normal names."""
    return {normal(member): member for member in reversed(members)}


@functools.lru_cache(maxsize=16384)
def match(members: tuple[str, ...], name: str, noun: str = "") -> str | None:
    """The member that `name` means, or None."""
    index = index_of(members)
    plain = normal(name)
    singular = plain[:-3] + "y" if plain.endswith("ies") else plain.removesuffix("s")
    for candidate in (plain, plain + "s", singular, plain + "es", plain.removesuffix("es"), normal(noun) + plain):
        if candidate in index:
            return index[candidate]
    return None


def child(schema: Mapping[str, Any], name: str) -> Any:
    """The shape of a property inside an object's shape, required or not."""
    return schema.get(name, schema.get(name + "!", schema.get("*")))


def resolve(shape: Any, path: str) -> Any:
    """The shape at a path such as `Placement.Tenancy`, `IpPermissions[0].FromPort` or, through a map, `Attributes.Policy`."""
    for part in path.split("."):
        name, index = re.fullmatch(r"(\w*)((?:\[.*\])?)", part).groups()  # type: ignore[union-attr]
        if name:
            if shape is not None and shape.type_name == "map":
                shape = shape.value
                continue
            if shape is None or shape.type_name != "structure" or name not in shape.members:
                return None
            shape = shape.members[name]
        if index:
            shape = shape.member
    return shape


@functools.cache
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression)


def search(expression: str, data: Any) -> Any:
    """What a JMESPath finds; each one of the table is compiled once."""
    return _compiled(expression).search(data)
