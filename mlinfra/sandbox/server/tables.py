"""What the sandbox adds to moto, as data: one TOML table for each AWS service in `tables/`, and its typed reader."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

DIRECTORY: Final = Path(__file__).with_name("tables")

T = TypeVar("T")
Verb = Literal["create", "put", "read", "update", "delete", "list", "reply"]

# `usual = ["Create", "Describe"]` stands for the operations CreateX and DescribeX of a resource X.
_USUAL: Final[dict[str, Verb]] = {
    "Create": "create",
    "Put": "put",
    "Describe": "read",
    "Get": "read",
    "Update": "update",
    "Delete": "delete",
    "List": "list",
}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """How one operation acts on a resource.

    `rename` maps paths in the request to members of the record; `set` gives members whatever the request says.
    `each` names a list in the request: the operation then acts on each of its items. `select` maps members of the
    request to members of the record that a `list` chooses by. `lenient` lets a list or delete name what is not there.
    `missing` is the error code for that where it differs from the resource's. `output` is the pattern of the answer where it is not
    the record itself. `join` is for a list or delete that moto has too: each answers for what it holds.
    """

    verb: Verb
    rename: dict[str, str] = field(default_factory=dict)
    set: dict[str, Any] = field(default_factory=dict)
    each: str = ""
    select: dict[str, str] = field(default_factory=dict)
    lenient: bool = False
    missing: str = ""
    output: Any = None
    join: bool = False


@dataclass(frozen=True, kw_only=True)
class Parent:
    """What a resource cannot exist without: `read` with the request `by` must succeed, if it has the member `when`.

    When `delete` of it succeeds its children go too; if `refuse` names an error, it is refused as long as there are
    children. `key` maps members of that request to members of the children.
    """

    read: str
    by: dict[str, Any] = field(default_factory=dict)
    when: str = ""
    delete: str = ""
    key: dict[str, str] = field(default_factory=dict)
    refuse: str = ""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A type that moto does not have. A record is what the request said plus `attributes`.

    `identity` are the members that name it, none for a setting of the whole account. `unique` are members that no two
    records share. `spelling` gives other words for values of a member. `default` is what a read finds when nothing
    was ever set. `refused` are members that are not emulated. `missing` and `exists` are error codes where they differ
    from the service's.
    """

    name: str
    operations: dict[str, Operation]
    identity: list[str] = field(default_factory=list)
    unique: list[str] = field(default_factory=list)
    parents: list[Parent] = field(default_factory=list)
    rename: dict[str, str] = field(default_factory=dict)
    spelling: dict[str, dict[str, str]] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    default: dict[str, Any] | None = None
    refused: list[str] = field(default_factory=list)
    missing: str = ""
    exists: str = ""


@dataclass(frozen=True, kw_only=True)
class Emulated:
    """An update that moto lacks, of something that moto has: `check` with the request `by` must find it."""

    check: str
    by: dict[str, Any]
    output: Any = None


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Settings that moto accepts and forgets, or never accepts.

    `write` gives for each operation the settings to remember: `"a.b -> c.d"` from the request to the answer, `"a"`
    where both are the same, `"a.* -> "` for all members of `a`, `"-> c"` to remember that `c` is gone, `"?"` for
    whatever moto does not show by itself. `read` gives for each operation the path to the structures to complete,
    `identity` the members that name the thing in both, after `rename`. `default` is what AWS answers when it was never
    told. `arn`, where given, makes the things' tags be kept here, as the setting `Tags`: moto has no operations for it.
    """

    name: str
    identity: list[str]
    write: dict[str, list[str]]
    read: dict[str, str]
    delete: list[str] = field(default_factory=list)
    rename: dict[str, str] = field(default_factory=dict)
    arn: str = ""
    emulate: dict[str, Emulated] = field(default_factory=dict)
    default: dict[str, Any] = field(default_factory=dict)
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class Drop:
    """A delete that moto lacks, of something that moto has: it leaves the `container` of the `backend`.

    `match` says by which attribute of the entry, or by its key for the empty name, a member of the request names it.
    """

    backend: str
    container: str
    match: dict[str, str]
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class Service:
    """Everything added to one service.

    The table's file is called by the name under which requests are signed. `service` is botocore's name, `arn` the
    one in ARNs. A `world` service has one namespace for all regions. `errors` are the codes for what is `missing` and
    what `exists` already. `tags` are the operations that tag by ARN. `moto`, where given, lists everything that moto
    really does: it would answer the service's other operations with something else.
    """

    service: str
    arn: str
    errors: dict[str, str]
    world: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    moto: list[str] = field(default_factory=list)
    resources: dict[str, Resource] = field(default_factory=dict)
    memories: dict[str, Memory] = field(default_factory=dict)
    drops: dict[str, Drop] = field(default_factory=dict)

    @cached_property
    def acted(self) -> dict[str, Resource]:
        """The resource that each operation acts on."""
        return {operation: resource for resource in self.resources.values() for operation in resource.operations}

    @cached_property
    def ended(self) -> dict[str, list[tuple[Resource, Parent]]]:
        """The children that end with each deletion."""
        pairs = [(resource, parent) for resource in self.resources.values() for parent in resource.parents]
        return _grouped((parent.delete, (resource, parent)) for resource, parent in pairs if parent.delete)

    @cached_property
    def written(self) -> dict[str, list[Memory]]:
        """The memories that each operation writes, reads or ends."""
        memories = self.memories.values()
        return _grouped((name, memory) for memory in memories for name in {*memory.write, *memory.read, *memory.delete})

    @cached_property
    def emulated(self) -> dict[str, tuple[Memory, Emulated]]:
        """The updates that moto lacks."""
        return {name: (memory, how) for memory in self.memories.values() for name, how in memory.emulate.items()}

    @cached_property
    def concerned(self) -> frozenset[str]:
        """The operations that the tables say something of; all others are moto's alone."""
        return frozenset({*self.acted, *self.ended, *self.written, *self.emulated, *self.drops, *self.tags.values()})


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


@cache
def signed_as() -> frozenset[str]:
    """The names under which requests are signed to services that have a table."""
    return frozenset(path.stem for path in DIRECTORY.glob("*.toml"))


@cache
def load(signed: str) -> Service:
    """The table of the service whose requests are signed under this name."""
    table = tomllib.loads((DIRECTORY / f"{signed}.toml").read_text())
    parents = {name: Parent(**fields) for name, fields in table.pop("parents", {}).items()}
    resources = {name: _resource(name, fields, parents) for name, fields in table.pop("resources", {}).items()}
    memories = {name: _memory(name, fields) for name, fields in table.pop("memories", {}).items()}
    drops = {name: Drop(**fields) for name, fields in table.pop("drops", {}).items()}
    defaults = {"service": signed, "arn": signed}
    return Service(**{**defaults, **table}, resources=resources, memories=memories, drops=drops)


def _resource(name: str, fields: dict[str, Any], parents: dict[str, Parent]) -> Resource:
    operations: dict[str, Any] = fields.pop("operations", {})
    for verb in fields.pop("usual", []):
        operations.setdefault(f"{verb}{name}{'s' if verb == 'List' else ''}", _USUAL[verb])
    described = {key: Operation(**(how if isinstance(how, dict) else {"verb": how})) for key, how in operations.items()}
    named = [parents[parent] for parent in fields.pop("parents", [])]
    return Resource(name=name, operations=described, parents=named, **fields)


def _memory(name: str, fields: dict[str, Any]) -> Memory:
    emulate = {operation: Emulated(**how) for operation, how in fields.pop("emulate", {}).items()}
    return Memory(name=name, emulate=emulate, **fields)
