"""What provider plugins answer, in the engine's terms, and what they are given as text."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import grpc
from google.protobuf import struct_pb2

from mlinfra.engine.proto import provider_pb2, status_pb2
from mlinfra.engine.provider import Checked, CheckFailure, Diffed, DiffKind, InitFailure, PropertyDiff, ProviderFailure
from mlinfra.stack.codec import Wire, decode
from mlinfra.stack.values import Archive, Asset, OutputValue, Secret, children, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHANGES: Final = {provider_pb2.DiffResponse.DIFF_NONE: False, provider_pb2.DiffResponse.DIFF_SOME: True}


def checked(answer: provider_pb2.CheckResponse) -> Checked:
    """The inputs as the provider takes them, or what is wrong with them."""
    return Checked(decode(answer.inputs), failures(answer.failures))


def failures(found: Any) -> tuple[CheckFailure, ...]:
    """What the provider finds wrong."""
    return tuple(CheckFailure(failure.property, failure.reason) for failure in found)


def diffed(answer: provider_pb2.DiffResponse) -> Diffed:
    """What differs."""
    detailed = None
    if answer.hasDetailedDiff:
        detailed = {path: PropertyDiff(DiffKind(d.kind), d.inputDiff) for path, d in answer.detailedDiff.items()}
    return Diffed(
        changes=_CHANGES.get(answer.changes),
        replaces=tuple(answer.replaces),
        diffs=tuple(answer.diffs),
        detailed=detailed,
        stables=tuple(answer.stables),
        delete_before_replace=answer.deleteBeforeReplace,
    )


def failure(error: grpc.RpcError) -> ProviderFailure:
    """What a failed call means: usually its text, but a resource may exist nevertheless."""
    details = error.details() or str(error.code())
    metadata: Any = error.trailing_metadata()
    for key, value in metadata or ():
        if key == "grpc-status-details-bin":
            for packed in status_pb2.Status.FromString(value).details:
                made = provider_pb2.ErrorResourceInitFailed()
                if packed.Unpack(made):
                    return InitFailure(
                        details,
                        id=made.id,
                        outputs=decode(made.properties),
                        inputs=decode(made.inputs),
                        reasons=list(made.reasons),
                    )
    if error.code() == grpc.StatusCode.UNAVAILABLE:
        return ProviderFailure(f"the provider plugin does not answer: {details}")
    return ProviderFailure(details)


def variable(value: Any) -> str:
    """A configuration value as text, for plugins that read variables."""
    value = plain(value)
    return value if isinstance(value, str) else json.dumps(_json(value), separators=(",", ":"))


def _json(value: Any) -> Any:
    """The value as what JSON can hold."""
    return decode(struct_pb2.Struct(fields={"": Wire().encode_value(value)}))[""]


def assets(value: Any) -> dict[str, Asset | Archive]:
    """Assets and archives in a value, by hash."""
    found = {value.hash: value} if isinstance(value, Asset | Archive) else {}
    for child in children(value):
        found |= assets(child)
    return found


def restored(value: Any, known: Mapping[str, Asset | Archive]) -> Any:
    """The value with contents put back into assets that came back as mere hashes."""
    if not known:
        return value
    if isinstance(value, dict):
        return {key: restored(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [restored(item, known) for item in value]
    if isinstance(value, Asset | Archive) and not value.path and not value.uri:
        empty = value.text is None if isinstance(value, Asset) else not value.assets
        return known.get(value.hash, value) if empty else value
    return replace(value, value=restored(value.value, known)) if isinstance(value, Secret | OutputValue) else value
