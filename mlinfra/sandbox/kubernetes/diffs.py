"""What differs between an object and what a program wants of it, and what of that replaces it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog.kubernetes_kinds import replaced_for
from mlinfra.engine.provider import DiffKind, PropertyDiff
from mlinfra.sandbox.kubernetes.store.quantities import amount, is_quantity
from mlinfra.stack.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlinfra.sandbox.kubernetes.backend import Manifest

Path = tuple[str | int, ...]

IDENTITY: Final = ("metadata.name", "metadata.namespace")
_REPLACING: Final = {
    DiffKind.ADD: DiffKind.ADD_REPLACE,
    DiffKind.DELETE: DiffKind.DELETE_REPLACE,
    DiffKind.UPDATE: DiffKind.UPDATE_REPLACE,
}
_AMOUNTS: Final = frozenset(
    {"capacity", "default", "defaultRequest", "hard", "limits", "max", "min", "overhead", "requests", "sizeLimit"}
)


def replacing(manifest: Manifest, *, mutable_maps: bool, mutable_secrets: bool) -> tuple[str, ...]:
    """The fields whose change replaces the object. Data of ConfigMaps and Secrets does, unless it may change in place."""
    group, _, _ = str(manifest.get("apiVersion", "")).rpartition("/")
    kind = str(manifest.get("kind"))
    own = replaced_for(group, kind)
    frozen = manifest.get("immutable") is True
    if (group, kind) == ("", "Secret") and (not mutable_secrets or frozen):
        own = (*own, "type", "stringData", "data")
    if (group, kind) == ("", "ConfigMap") and (not mutable_maps or frozen):
        own = ("binaryData", "data")
    return (*IDENTITY, *own)


def diff(old: Any, new: Any, fields: Sequence[str]) -> dict[str, PropertyDiff]:
    """The places that differ, as deep as they can be told apart. A change at or below one of `fields` replaces."""
    return {
        spelled(path): PropertyDiff(
            _REPLACING[kind] if _within(path, fields) else kind, input_diff=kind is DiffKind.DELETE
        )
        for path, kind in _differences(old, new, ())
    }


def spelled(path: Path) -> str:
    """A place as Pulumi writes it: `spec.containers[0].image`, `metadata.labels["app.kubernetes.io/name"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.search(r'[."\[\]]', part):
            escaped = part.replace('"', '\\"')
            text += f'["{escaped}"]'
        else:
            text += f".{part}" if text else part
    return text


def _differences(old: Any, new: Any, path: Path) -> Iterator[tuple[Path, DiffKind]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in (*old, *(name for name in new if name not in old)):
            if name not in new:
                yield (*path, name), DiffKind.DELETE
            elif name not in old:
                yield (*path, name), DiffKind.ADD
            else:
                yield from _differences(old[name], new[name], (*path, name))
    elif isinstance(old, list) and isinstance(new, list):
        for number in range(max(len(old), len(new))):
            if number >= len(new):
                yield (*path, number), DiffKind.DELETE
            elif number >= len(old):
                yield (*path, number), DiffKind.ADD
            else:
                yield from _differences(old[number], new[number], (*path, number))
    elif new is UNKNOWN or not _same(old, new, path):
        yield path, DiffKind.UPDATE


def _same(old: Any, new: Any, path: Path) -> bool:
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    if old == new:
        return True
    if (
        not _AMOUNTS.isdisjoint(part for part in path if isinstance(part, str))
        and is_quantity(old)
        and is_quantity(new)
    ):
        return amount(old) == amount(new)
    return False


def _within(path: Path, fields: Sequence[str]) -> bool:
    here = re.sub(r"\[\d+\]", "[*]", ".".join(f"[{part}]" if isinstance(part, int) else part for part in path))
    here = here.replace(".[", "[")
    return any(here == field or here.startswith((f"{field}.", f"{field}[")) or _covers(here, field) for field in fields)


def _covers(here: str, field: str) -> bool:
    """Whether the changed place is one that a replacing field lies in, such as a whole container."""
    return field.startswith((f"{here}.", f"{here}["))
