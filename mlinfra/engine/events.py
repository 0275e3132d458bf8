"""What a run tells its audience, and Pulumi's own engine-event JSON for it (sdk/go/common/apitype/events.go).

Events are handed over one at a time, in order, while the run waits: take what is needed from the states in them at
once, since the engine goes on filling these.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from mlinfra.stack import codec
from mlinfra.stack.values import ASSET, SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlinfra.engine.provider import PropertyDiff
    from mlinfra.stack.state import ResourceState

Severity = Literal["debug", "info", "info#err", "warning", "error"]
HIDDEN: Final = "[secret]"
_ELIDED: Final = "<contents elided>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that is done to one resource. `op` is Pulumi's word for it: create, same, delete-replaced, ...

    `keys` force a replacement, `diffs` are the top-level properties that changed, `detailed_diff` says how, by path.
    `logical` is false for a part of another step, `internal` true for what users need not see (default providers).
    `hidden` are the texts that are blanked wherever they occur, because a secret of the configuration reads so.
    """

    op: str
    urn: str
    type: str
    old: ResourceState | None = None
    new: ResourceState | None = None
    keys: tuple[str, ...] = ()
    diffs: tuple[str, ...] = ()
    detailed_diff: Mapping[str, PropertyDiff] | None = None
    logical: bool = True
    provider: str = ""
    internal: bool = False
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prelude:
    """The run begins; the configuration's secrets are blanked."""

    config: Mapping[str, str] = field(default_factory=dict)
    preview: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourcePre:
    """A step starts."""

    step: Step
    preview: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceOutputs:
    """A step is done, or a component's or the stack's outputs were registered."""

    step: Step
    preview: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceFailed:
    """A step failed; a Diagnostic says why. `steps` is how many were done before."""

    step: Step
    steps: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """A message of the engine, the program or a provider. Ephemeral ones are a resource's status, not for the record."""

    severity: Severity
    message: str
    urn: str = ""
    ephemeral: bool = False
    stream_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The run is over. `changes` counts resources by operation, `duration` is in seconds."""

    changes: Mapping[str, int]
    duration: float
    preview: bool = False
    maybe_corrupt: bool = False
    failed: bool = False


Event = Prelude | ResourcePre | ResourceOutputs | ResourceFailed | Diagnostic | Summary


def to_json(event: Event, sequence: int, *, show_secrets: bool = False) -> dict[str, Any]:
    """The event as Pulumi's event log has it, with secrets blanked unless told otherwise."""
    name, body = _body(event, show_secrets)
    return {"sequence": sequence, "timestamp": int(time.time()), name: body}


def _body(event: Event, show_secrets: bool) -> tuple[str, dict[str, Any]]:
    match event:
        case Prelude():
            return "preludeEvent", {"config": dict(event.config)}
        case ResourcePre():
            return "resourcePreEvent", {"metadata": _step(event.step, show_secrets), **_planning(event.preview)}
        case ResourceOutputs():
            return "resOutputsEvent", {"metadata": _step(event.step, show_secrets), **_planning(event.preview)}
        case ResourceFailed():
            return "resOpFailedEvent", {"metadata": _step(event.step, show_secrets), "status": 0, "steps": event.steps}
        case Diagnostic():
            fields = {"urn": event.urn, "streamID": event.stream_id, "ephemeral": event.ephemeral}
            given = {key: value for key, value in fields.items() if value}
            prefix = "" if event.severity.startswith("info") else f"<{{%reset%}}>{event.severity}: "
            return "diagnosticEvent", {
                "prefix": prefix, "message": event.message, "color": "raw", "severity": event.severity, **given,
            }  # fmt: skip
    return "summaryEvent", {
        "maybeCorrupt": event.maybe_corrupt,
        "durationSeconds": round(event.duration),
        "resourceChanges": dict(event.changes),
        "PolicyPacks": {},
        "isPreview": event.preview,
    }


def _planning(preview: bool) -> dict[str, bool]:
    return {"planning": True} if preview else {}


def _step(step: Step, show_secrets: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "op": step.op,
        "urn": step.urn,
        "type": step.type,
        "old": step.old and _state(step.old, step.hidden, show_secrets),
        "new": step.new and _state(step.new, step.hidden, show_secrets),
    }
    if step.keys:
        body["keys"] = list(step.keys)
    if step.diffs:
        body["diffs"] = list(step.diffs)
    body["detailedDiff"] = step.detailed_diff and {
        path: {"diffKind": diff.kind.name.lower().replace("_", "-"), "inputDiff": diff.input_diff}
        for path, diff in step.detailed_diff.items()
    }
    if step.logical:
        body["logical"] = True
    return {**body, "provider": step.provider}


def _state(state: ResourceState, hidden: tuple[str, ...], show_secrets: bool) -> dict[str, Any]:
    flags = ("custom", "delete", "protect", "taint", "external")
    body: dict[str, Any] = {"type": state.type, "urn": state.urn, **{k: True for k in flags if getattr(state, k)}}
    secret = None if show_secrets else lambda _content: {"value": HIDDEN}
    body |= {"id": state.id, "parent": state.parent}
    for name, properties in (("inputs", state.inputs), ("outputs", state.outputs)):
        body[name] = _blanked(codec.to_json(properties, secret), hidden)
    body["provider"] = state.provider
    if state.init_errors:
        body["initErrors"] = list(state.init_errors)
    return body


def _blanked(value: Any, hidden: tuple[str, ...]) -> Any:
    """JSON without the texts that are to be hidden, and without the contents of assets."""
    if isinstance(value, str):
        return blanked(value, hidden)
    if isinstance(value, list):
        return [_blanked(item, hidden) for item in value]
    if isinstance(value, dict):
        if value.get(SIGNATURE) == ASSET and "text" in value:
            return {**value, "text": _ELIDED}
        return {key: _blanked(item, hidden) for key, item in value.items()}
    return value


def blanked(text: str, hidden: Iterable[str]) -> str:
    """The text with everything that must not be seen replaced."""
    for secret in hidden:
        text = text.replace(secret, HIDDEN)
    return text
