"""Property values as the engine keeps them, and their two spellings: protobuf structs on the wire and JSON in a state.

Plain values are None, bool, int/float, str, list and dict. The rest of Pulumi's value model are the classes here.
The signatures are Pulumi's own (sdk/proto, `Pulumi property value encoding`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105
ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Properties = dict[str, Any]


class _Unknown:
    """A value that only a deployment can tell. There is one: `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        raise TypeError("an unknown value is neither true nor false; compare it with `is UNKNOWN`")


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is encrypted at rest and never shown."""

    value: Any


@dataclass(frozen=True, slots=True)
class Asset:
    """A file-like value: exactly one of `text`, `path`, `uri`; `hash` is the sha256 of its content."""

    text: str | None = None
    path: str | None = None
    uri: str | None = None
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Archive:
    """A folder-like value: `assets` (name to asset or archive), or a `path` or `uri` of a folder, tar or zip."""

    assets: Mapping[str, Any] | None = None
    path: str | None = None
    uri: str | None = None
    hash: str = ""


@dataclass(frozen=True, slots=True)
class ResourceRef:
    """A reference to a resource; `id` is None for components and may be UNKNOWN in a preview."""

    urn: str
    id: Any = None
    package_version: str = ""


@dataclass(frozen=True, slots=True)
class OutputValue:
    """An output with what is known about it: its value (UNKNOWN when not), secretness and dependencies."""

    value: Any = UNKNOWN
    secret: bool = False
    dependencies: tuple[str, ...] = field(default=())


def children(value: Any) -> Iterator[Any]:
    """The values directly inside `value`."""
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
    elif isinstance(value, Secret | OutputValue):
        yield value.value
    elif isinstance(value, Archive) and value.assets is not None:
        yield from value.assets.values()
    elif isinstance(value, ResourceRef) and value.id is not None:
        yield value.id


def contains(value: Any, test: Callable[[Any], bool]) -> bool:
    """Whether `test` holds for the value or anything inside it."""
    return test(value) or any(contains(child, test) for child in children(value))


def has_unknowns(value: Any) -> bool:
    """Whether something in the value is unknown."""
    return contains(value, lambda v: v is UNKNOWN)


def has_secrets(value: Any) -> bool:
    """Whether something in the value is secret."""
    return contains(value, lambda v: isinstance(v, Secret) or (isinstance(v, OutputValue) and v.secret))


def plain(value: Any) -> Any:
    """The value without secret and output wrappers; unknowns, assets and references stay."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, Secret | OutputValue):
        return plain(value.value)
    return value
