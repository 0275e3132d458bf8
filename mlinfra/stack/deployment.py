"""A stack's state as JSON: Pulumi's deployment format, version 3, which `pulumi stack import` and `export` speak.

A deployment that uses a feature older readers would lose (hooks, replace_with, …) carries version 4 and names the
feature, as Pulumi itself writes it (pkg/resource/stack/deployment.go).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mlinfra import __version__
from mlinfra.errors import StateError
from mlinfra.stack.codec import from_json, to_json
from mlinfra.stack.state import PendingOperation, ResourceState, Snapshot
from mlinfra.stack.values import SECRET, SIGNATURE, UNKNOWN_STRING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlinfra.stack.secrets import Crypter

Document = dict[str, Any]  # {"version", "features"?, "deployment": {...}}

_VERSIONS: Final = (3, 4)
_FEATURES: Final = {  # a feature, and the field of a resource that needs it
    "hooks": "resourceHooks",
    "refreshBeforeUpdate": "refreshBeforeUpdate",
    "replaceWith": "replaceWith",
    "taint": "taint",
}
_KEYS: Final = ("manifest", "secrets_providers", "resources", "pending_operations", "metadata")
_VALUES: Final = ("inputs", "outputs", "replacement_trigger")


class DamagedError(StateError):
    """A deployment that is no deployment: torn, or changed by hand."""


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return "importID" if name == "import_id" else head + "".join(map(str.title, rest))


_FIELDS: Final = {f.name: _camel(f.name) for f in fields(ResourceState) if f.name != "extra"}
_NAMES: Final = {spelled: name for name, spelled in _FIELDS.items()}
_KINDS: Final[dict[str, tuple[type, ...]]] = {
    f.name: (dict,) if f.default_factory is dict else (list,) if f.default_factory is list else
    (bool,) if f.default is False else (str,) if f.name not in _VALUES else (object,)
    for f in fields(ResourceState)
}  # fmt: skip
_DEFAULTS: Final = {
    f.name: f.default_factory() if f.default_factory is not MISSING else f.default for f in fields(ResourceState)
}


def encode_resource(state: ResourceState, crypter: Crypter | None) -> dict[str, Any]:
    """The JSON of a resource. Secrets are encrypted, or in the open (`plaintext`) where there is no crypter."""

    def secret(content: Any) -> dict[str, Any]:
        text = compact(content)
        return {"ciphertext": crypter.encrypt(text)} if crypter else {"plaintext": text}

    written: dict[str, Any] = {"urn": state.urn, "custom": state.custom}
    for name, spelled in _FIELDS.items():
        value = getattr(state, name)
        if value != _DEFAULTS[name]:
            written[spelled] = to_json(value, secret) if name in _VALUES else value
    return {**written, **state.extra}


def decode_resource(data: Any, crypter: Crypter | None) -> ResourceState:
    """The resource of a JSON object; raises ValueError for one that cannot be a resource.

    Without a crypter encrypted values are secrets whose content is unknown.
    """
    urn = data.get("urn") if isinstance(data, dict) else None
    if not isinstance(urn, str) or not isinstance(data.get("type"), str):
        raise ValueError(f"a resource without `urn` and `type`: {str(data)[:80]}")  # noqa: TRY004
    known: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for spelled, value in data.items():
        name = _NAMES.get(spelled)
        if name is None:
            extra[spelled] = value
        elif value is not None:
            if not isinstance(value, _KINDS[name]):
                raise ValueError(f"{urn} has {spelled} {value!r}")
            known[name] = from_json(value, partial(_secret_json, crypter)) if name in _VALUES else value
    state = ResourceState(**known, extra=extra)
    if state.id and not state.custom:
        raise ValueError(f"{urn} is a component, but has the id {state.id!r}")
    return state


def _secret_json(crypter: Crypter | None, value: Mapping[str, Any]) -> Any:
    text, ciphertext = value.get("plaintext"), value.get("ciphertext")
    if isinstance(text, str):
        return _plaintext(json.loads(text))
    if not isinstance(ciphertext, str):
        raise ValueError("a secret without `ciphertext`")  # noqa: TRY004 (the data's fault)
    return _plaintext(json.loads(crypter.decrypt(ciphertext))) if crypter else UNKNOWN_STRING


def _plaintext(value: Any) -> Any:
    """The content of a secret. Pulumi marks secrets inside it once more, with their own JSON text as the ciphertext."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return _plaintext(json.loads(value.get("plaintext") or value["ciphertext"]))
        return {key: _plaintext(item) for key, item in value.items()}
    return [_plaintext(item) for item in value] if isinstance(value, list) else value


def compose(
    resources: Sequence[dict[str, Any]],
    pending: Sequence[dict[str, Any]],
    *,
    salt: str = "",
    metadata: Mapping[str, Any] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Document:
    """The document of resources and operations that are JSON already."""
    every = [*resources, *(operation["resource"] for operation in pending)]
    features = sorted(name for name, spelled in _FEATURES.items() if any(spelled in resource for resource in every))
    version = f"mlinfra-{__version__}"
    deployment = {
        # Pulumi takes a state for damaged when `magic` is not the digest of `version`.
        "manifest": {"time": now(), "magic": hashlib.sha256(version.encode()).hexdigest(), "version": version},
        **({"secrets_providers": {"type": "passphrase", "state": {"salt": salt}}} if salt else {}),
        "resources": list(resources),
        **({"pending_operations": list(pending)} if pending else {}),
        "metadata": dict(metadata or {}),
        **(extra or {}),
    }
    return (
        {"version": 4, "features": features, "deployment": deployment}
        if features
        else {"version": 3, "deployment": deployment}
    )


def encode(snapshot: Snapshot, crypter: Crypter | None) -> Document:
    """The document of a snapshot; secrets as in `encode_resource`."""
    resources = [encode_resource(state, crypter) for state in snapshot.resources]
    pending = [{"resource": encode_resource(op.resource, crypter), "type": op.type} for op in snapshot.pending]
    salt = crypter.salt if crypter else ""
    return compose(resources, pending, salt=salt, metadata=snapshot.metadata, extra=snapshot.extra)


def decode(document: Document, crypter: Crypter | None, where: str) -> Snapshot:
    """The snapshot of a checked document; secrets as in `decode_resource`. `where` names it in errors (StateError)."""
    deployment = document["deployment"]
    try:
        return Snapshot(
            resources=[decode_resource(data, crypter) for data in deployment.get("resources") or []],
            pending=[
                PendingOperation(op["type"], decode_resource(op["resource"], crypter))
                for op in deployment.get("pending_operations") or []
            ],
            metadata=deployment.get("metadata") or {},
            extra=extra_of(deployment),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DamagedError(f"{where} is damaged: {error}") from error


def check(document: Any, where: str) -> Document:
    """The document, when it is one this version can read; else StateError saying what to do."""
    deployment = document.get("deployment") if isinstance(document, dict) else None
    version = document.get("version") if isinstance(document, dict) else None
    if (
        not isinstance(deployment, dict)
        or not isinstance(version, int)
        or not isinstance(deployment.get("resources") or [], list)
    ):
        raise DamagedError(
            f"{where} is not a deployment: it has no `version` and `deployment`",
            fix="give what `pulumi stack export` writes",
        )
    if version > max(_VERSIONS):
        raise StateError(
            f"{where} has version {version}, made by a newer program than this",
            fix="update mlinfra: pip install -U pulumi-mlinfra",
        )
    if version < min(_VERSIONS):
        raise StateError(
            f"{where} has the old version {version}", fix="let a current pulumi read it and run `pulumi stack export`"
        )
    unknown = sorted(set(document.get("features") or ()) - set(_FEATURES))
    if unknown:
        raise StateError(
            f"{where} uses {', '.join(unknown)}, which this version does not have",
            fix="deploy this stack with the pulumi CLI",
        )
    return {**document}


def salt_of(document: Document, where: str) -> str:
    """The salt of the document's secrets, "" when it has none. Raises StateError when no passphrase opens them."""
    provider = document["deployment"].get("secrets_providers") or {}
    if not isinstance(provider, dict) or not isinstance(provider.get("state") or {}, dict):
        raise DamagedError(f"{where} is damaged: secrets_providers is {provider!r}")
    if provider.get("type") in (None, "", "passphrase"):
        return str((provider.get("state") or {}).get("salt") or "")
    if any(key == "ciphertext" for key, _ in _pairs(document)):
        raise StateError(
            f"the secrets of {where} are encrypted by {provider['type']!r}, not by a passphrase",
            fix="export it with `pulumi stack export --show-secrets`",
        )
    return ""


def extra_of(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """What a deployment holds that this version does not know; it is kept."""
    return {key: value for key, value in deployment.items() if key not in _KEYS}


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield str(key), item
        yield from _pairs(item)


def compact(value: Any) -> str:
    """JSON without spaces. Raises StateError for what JSON has no word for, such as an infinite number."""
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except ValueError as error:
        raise StateError(f"a state cannot hold what JSON has no word for: {error}") from error


def lines(document: Document) -> bytes:
    """The document as text with a line for every resource: small differences stay small, and it is quickly written."""
    head = compact({key: value for key, value in document.items() if key != "deployment"})[1:-1]
    parts = [f"{compact(key)}:{compact(value)}," for key, value in document["deployment"].items() if key != "resources"]
    resources = ",\n".join(map(compact, document["deployment"]["resources"]))
    return "".join(("{", head, ',"deployment":{', *parts, '"resources":[\n', resources, "\n]}}\n")).encode()


def verify(snapshot: Snapshot, project: str, stack: str) -> None:
    """Raises StateError when a snapshot cannot be this stack's: foreign URNs, or references to what does not stand before."""
    prefix = f"urn:pulumi:{stack}::{project}::"
    seen: set[str] = set()
    living: set[str] = set()
    for state in snapshot.resources:
        if not state.urn.startswith(prefix):
            raise StateError(
                f"{state.urn} does not belong to stack {project}/{stack}",
                fix="import it into a stack of the same project and name",
            )
        if state.urn in living and not state.delete:
            raise StateError(f"the deployment has {state.urn} twice")
        refers = (
            state.parent,
            state.deleted_with,
            *state.dependencies,
            *(u for us in state.property_dependencies.values() for u in us),
        )
        missing = next((urn for urn in refers if urn and urn not in seen), "")
        if not missing and state.provider and state.provider not in seen and not state.pending_replacement:
            missing = state.provider
        if missing:
            raise StateError(
                f"{state.urn} refers to {missing}, which does not stand before it",
                fix="run `pulumi state repair` and export again",
            )
        seen.add(state.urn)
        seen.add(f"{state.urn}::{state.id}")
        if not state.delete:
            living.add(state.urn)


def now() -> str:
    """This moment as a state writes it: RFC 3339, UTC."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
