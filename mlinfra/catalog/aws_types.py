"""The table of AWS resource types: what the sandbox emulates, how, and what a plan may assume of each.

`mlinfra/catalog/aws/<module>.toml` maps the types of one Pulumi module (`ec2` of `aws:ec2/vpc:Vpc`) onto boto3; the file
is written by hand and `aws/README.md` explains it. `mlinfra/catalog/aws/schema/<module>.json` says which properties the
types have; it is taken from the pulumi-aws SDK. Both are read on first use, so that a plan pays only for what it declares.
"""

from __future__ import annotations

import functools
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from importlib import resources
from typing import Any, Final, Literal

Fidelity = Literal["moto", "overlay", "recorded"]
Templates = Mapping[str, str]

ROOT: Final = resources.files("mlinfra.catalog") / "aws"


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoname:
    """How pulumi-aws names a resource whose program does not.

    The name is `<prefix><URN name><separator><random><suffix>`.

    `suffix_when` names the boolean input without which the suffix is left out (`.fifo` of queues and topics).
    Source: pulumi-aws 7, provider/resource_overrides.go and provider/autonaming.go.
    """

    property: str = "name"
    max_length: int = 255
    separator: str = "-"
    random_length: int = 7
    lowercase: bool = False
    charset: str = "0123456789abcdef"
    prefix: str = ""
    suffix: str = ""
    suffix_when: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One boto3 operation. `params` are templates; `at` says where in the answer the resource is (JMESPath).

    `outputs` are JMESPath expressions, relative to `at`, for properties whose place names do not tell; `rename` and
    `into` are the type's own unless given here. `when`: a JMESPath over what templates may name, without which a lookup
    is left out.
    """

    op: str
    params: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    rename: Templates | None = None
    into: str | None = None
    when: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A call that applies some properties after creation and on updates, of one of three kinds.

    `op` sets properties: all in one call, `each` in one of its own, or `named` with the parameters for its name and its
    value. `clear` is the operation when they are taken away; without it they are set back to their defaults, or left out
    with `omit`. `delta` gives, per property, the parameters that take what is added and what is removed; `at` is where the
    answer tells of the resource. `on` and `off` switch the first property, a boolean. `add` and `remove` work item by
    item; with `undo` all items are removed before the deletion. `with_` are properties that go along.
    """

    props: tuple[str, ...]
    op: str = ""
    each: bool = False
    named: tuple[str, str] | tuple[()] = ()
    clear: str = ""
    delta: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    on: str = ""
    off: str = ""
    add: str = ""
    remove: str = ""
    undo: bool = False
    omit: bool = False
    at: str = ""
    with_: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    rename: Templates | None = None
    into: str | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """A type's properties.

    A shape is "str", "bool", "int", "num", "asset", "archive" or "any", a list of one shape, a map `{"*": shape}`, or an
    object `{property: shape}`, where `!` after a name marks it required.
    """

    inputs: Mapping[str, Any]
    required: frozenset[str]
    computed: frozenset[str]  # inputs that AWS fills in when they are not given
    outputs: Mapping[str, Any]  # properties that are never inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsType:
    """One resource type. The fields are explained in `aws/README.md`; patterns are filled by `fill`."""

    token: str
    service: str
    fidelity: Fidelity = "moto"
    noun: str = ""
    autoname: Autoname | None = None
    placeholder: Templates = field(default_factory=dict)
    id: str = ""
    import_id: str = ""
    key: Mapping[str, Any] = field(default_factory=dict)
    create: Call | None = None
    adopt: Call | None = None
    put: Call | None = None
    update: tuple[Step, ...] = ()
    read: tuple[Call, ...] = ()
    delete: Call | None = None
    gone: str = ""
    missing: tuple[str, ...] = ()
    outlives: tuple[str, ...] = ()
    tags: tuple[str, str] | None = None
    tag_type: str = ""
    rename: Templates = field(default_factory=dict)
    into: str = ""
    convert: Templates = field(default_factory=dict)
    derive: Templates = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    computed: Mapping[str, Any] = field(default_factory=dict)
    initial: Mapping[str, Any] = field(default_factory=dict)
    filled: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    not_emulated: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()
    json: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()
    hooked: tuple[str, ...] = ()
    hook: str = ""
    reread: bool = False
    delete_before_replace: bool = False

    @property
    def schema(self) -> Schema:
        """The properties this type has."""
        return _schemas(module_of(self.token))[self.token]


def lookup(token: str) -> AwsType | None:
    """The type, or None when the sandbox does not know it."""
    return _types(module_of(token)).get(token)


def fidelity(token: str) -> Fidelity | None:
    """How well the sandbox emulates the type; None when it does not.

    moto: moto's own model. overlay: the sandbox's generic store stands in for what moto lacks. recorded: accepted and
    returned as given, nothing behind it.
    """
    found = lookup(token)
    return found.fidelity if found else None


def all_types() -> Iterator[AwsType]:
    """Every type of the table, in order of their tokens."""
    names = sorted(entry.name for entry in ROOT.iterdir() if entry.name.endswith(".toml"))
    for name in names:
        yield from sorted(_types(name.removesuffix(".toml")).values(), key=lambda found: found.token)


def module_of(token: str) -> str:
    """`ec2` of `aws:ec2/vpc:Vpc`; empty for other packages' tokens."""
    package, _, rest = token.partition(":")
    return rest.partition("/")[0] if package == "aws" else ""


@functools.cache
def _types(module: str) -> dict[str, AwsType]:
    path = ROOT / f"{module}.toml"
    if not module.isidentifier() or not path.is_file():
        return {}
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    common = table.pop("all", {})
    found: dict[str, AwsType] = {}
    for token, entry in table.items():
        if "same_as" in entry:
            entry = table[entry["same_as"]] | {k: v for k, v in entry.items() if k != "same_as"}  # noqa: PLW2901
        found[token] = _type(token, common | entry)
    return found


def _type(token: str, entry: dict[str, Any]) -> AwsType:
    unknown = entry.keys() - {one.name for one in fields(AwsType)}
    if unknown:
        raise ValueError(f"the entry of {token} in the type table has unknown keys: {sorted(unknown)}")
    values: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in entry.items()}
    values["noun"] = entry.get("noun", token.rpartition(":")[2])
    for name in ("create", "adopt", "put", "delete"):
        if name in entry:
            values[name] = _call(entry[name]) if entry[name] else None
    values["read"] = tuple(_call(one) for one in _list(entry.get("read", [])))
    values["update"] = tuple(_step(one) for one in _list(entry.get("update", [])))
    if "autoname" in entry:
        name = entry["autoname"]
        values["autoname"] = (
            None if not name else Autoname(property=name) if isinstance(name, str) else Autoname(**name)
        )
    if not entry.get("tags", True):
        values["tags"] = None
    derived = {name: pattern for name, pattern in entry.get("derive", {}).items() if "{outputs." not in pattern}
    values["placeholder"] = derived | entry.get("placeholder", {})
    return AwsType(token=token, **values)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _call(value: str | dict[str, Any]) -> Call:
    return Call(op=value) if isinstance(value, str) else Call(**value)


def _step(value: dict[str, Any]) -> Step:
    values = {("with_" if name == "with" else name): one for name, one in value.items()}
    fixed: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in values.items()}
    return Step(**fixed)


@functools.cache
def _schemas(module: str) -> dict[str, Schema]:
    table = json.loads((ROOT / "schema" / f"{module}.json").read_text(encoding="utf-8"))
    return {
        token: Schema(
            inputs={name.removesuffix("!"): shape for name, shape in entry["inputs"].items()},
            required=frozenset(name[:-1] for name in entry["inputs"] if name.endswith("!")),
            computed=frozenset(entry["computed"]),
            outputs=entry["outputs"],
        )
        for token, entry in table.items()
    }
