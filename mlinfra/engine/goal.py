"""What a program asks for when it registers a resource, taken from the wire."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from mlinfra.engine.proto import resource_pb2, source_pb2
from mlinfra.stack import codec

if TYPE_CHECKING:
    from pathlib import Path

    from mlinfra.stack.state import ResourceState

HOOKS: Final = {  # kinds of hooks as states name them, and as the wire does
    "BeforeCreate": "before_create",
    "AfterCreate": "after_create",
    "BeforeUpdate": "before_update",
    "AfterUpdate": "after_update",
    "BeforeDelete": "before_delete",
    "AfterDelete": "after_delete",
    "OnError": "on_error",
}
_DURATION: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Alias:
    """Who a resource was before: a URN, or what differed. Parts that are empty are those of the resource now."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False


@dataclass(slots=True, kw_only=True)
class Goal:
    """A resource as the program wants it: its state before a provider has seen it, and what states do not keep.

    Options that may be left unsaid are None then. `providers` are for the children, by package.
    """

    state: ResourceState
    protect: bool | None = None
    retain_on_delete: bool | None = None
    delete_before_replace: bool | None = None
    aliases: list[Alias] = field(default_factory=list)
    providers: dict[str, str] = field(default_factory=dict)


def seconds(duration: str) -> float:
    """The seconds in a duration as Go writes it: `90s`, `1h30m`. Raises ValueError for anything else."""
    if duration == "0":
        return 0.0
    matches = list(_DURATION.finditer(duration))
    if not matches or "".join(m[0] for m in matches) != duration:
        raise ValueError(f"unable to parse customTimeout Value {duration}")
    return sum(float(m[1]) * _UNITS[m[2]] for m in matches)


def timeouts(message: resource_pb2.RegisterResourceRequest.CustomTimeouts) -> dict[str, float]:
    """Custom timeouts in seconds, by operation; raises ValueError for what is no duration."""
    given = {name: getattr(message, name) for name in ("create", "update", "delete", "read")}
    return {name: seconds(text) for name, text in given.items() if text}


def parse_alias(message: Any) -> Alias:
    """An alias from the wire."""
    if not message.HasField("spec"):
        return Alias(urn=message.urn)
    spec = message.spec
    return Alias(
        name=spec.name,
        type=spec.type,
        stack=spec.stack,
        project=spec.project,
        parent=spec.parentUrn if spec.HasField("parentUrn") else "",
        no_parent=spec.noParent if spec.HasField("noParent") else False,
    )


def options_of(request: resource_pb2.RegisterResourceRequest) -> resource_pb2.TransformResourceOptions:
    """The options of a registration in the form in which transforms see and change them."""
    options = resource_pb2.TransformResourceOptions(
        depends_on=request.dependencies,
        ignore_changes=request.ignoreChanges,
        replace_on_changes=request.replaceOnChanges,
        version=request.version,
        aliases=request.aliases,
        provider=request.provider,
        plugin_download_url=request.pluginDownloadURL,
        deleted_with=request.deletedWith,
        additional_secret_outputs=request.additionalSecretOutputs,
        providers=request.providers,
        plugin_checksums=request.pluginChecksums,
        hide_diff=request.hideDiffs,
        replace_with=request.replace_with,
    )
    setattr(options, "import", request.importId)
    for urn in request.aliasURNs:
        options.aliases.add(urn=urn)
    if request.HasField("protect"):
        options.protect = request.protect
    if request.HasField("retainOnDelete"):
        options.retain_on_delete = request.retainOnDelete
    if request.deleteBeforeReplaceDefined or request.deleteBeforeReplace:
        options.delete_before_replace = request.deleteBeforeReplace
    if request.HasField("customTimeouts"):
        options.custom_timeouts.CopyFrom(request.customTimeouts)
    if request.HasField("hooks"):
        options.hooks.CopyFrom(request.hooks)
    if request.HasField("replacement_trigger"):
        options.replacement_trigger.CopyFrom(request.replacement_trigger)
    return options


def goal_of(state: ResourceState, options: resource_pb2.TransformResourceOptions) -> Goal:
    """The goal of a registration after its transforms; fills in what options say of the state.

    Raises ValueError for options that make no sense.
    """
    protect, retain, first = (
        getattr(options, name) if options.HasField(name) else None
        for name in ("protect", "retain_on_delete", "delete_before_replace")
    )
    state.provider = options.provider
    state.protect, state.retain_on_delete = bool(protect), bool(retain)
    state.additional_secret_outputs = list(options.additional_secret_outputs)
    state.import_id = getattr(options, "import")
    state.deleted_with, state.replace_with = options.deleted_with, list(options.replace_with)
    state.ignore_changes, state.replace_on_changes = list(options.ignore_changes), list(options.replace_on_changes)
    state.hide_diff = list(options.hide_diff)
    if options.HasField("custom_timeouts"):
        state.custom_timeouts = timeouts(options.custom_timeouts)
    if options.HasField("replacement_trigger"):
        state.replacement_trigger = codec.decode_value(options.replacement_trigger)
    if options.HasField("hooks"):
        bound = {kind: list(getattr(options.hooks, name)) for kind, name in HOOKS.items()}
        state.resource_hooks = {kind: names for kind, names in bound.items() if names}
    return Goal(
        state=state,
        protect=protect,
        retain_on_delete=retain,
        delete_before_replace=first,
        aliases=[parse_alias(alias) for alias in options.aliases],
        providers=dict(options.providers),
    )


def inherit(child: resource_pb2.RegisterResourceRequest, parent: Goal, package: str) -> None:
    """Give a registration the options that children take from their parent, where it says nothing itself."""
    if not child.deletedWith:
        child.deletedWith = parent.state.deleted_with
    if not child.HasField("protect") and parent.protect is not None:
        child.protect = parent.protect
    if not child.HasField("retainOnDelete") and parent.retain_on_delete is not None:
        child.retainOnDelete = parent.retain_on_delete
    provider = parent.state.provider
    fits = f"pulumi:providers:{package}::" in provider
    if not child.provider and provider and (fits or not (child.custom or child.remote)):
        child.provider = provider


class Positions:
    """Turns the files of stack traces into `project:///path#line`, relative to the project."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[str, str] = {}  # computing a relative path is slow, and the same few files come all the time

    def position(self, raw: source_pb2.SourcePosition) -> str:
        """One position; empty when there is none."""
        if not raw.uri:
            return ""
        path = self._files.get(raw.uri)
        if path is None:
            path = self._files[raw.uri] = os.path.relpath(unquote(urlsplit(raw.uri).path), self._root)
        return f"project:///{path}#{raw.line}" + (f",{raw.column}" if raw.column else "")

    def trace(self, raw: source_pb2.StackTrace) -> list[dict[str, Any]]:
        """A stack trace, innermost frame first."""
        return [{"sourcePosition": self.position(frame.pc)} for frame in raw.frames]


def now() -> str:
    """This moment as states write it: RFC 3339 in UTC."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
