"""Who manages which fields of an object, through creations, applies and other changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlinfra.sandbox.kubernetes.backend import ApiError
from mlinfra.sandbox.kubernetes.manifests import copied, get, name_of
from mlinfra.sandbox.kubernetes.store.fields import (
    Fields,
    Path,
    Shape,
    at,
    fields_from,
    fields_of,
    leaves,
    merged,
    without,
)
from mlinfra.sandbox.kubernetes.store.state import now

if TYPE_CHECKING:
    from mlinfra.sandbox.kubernetes.backend import Manifest

Entry = dict[str, Any]


def entry(manager: str, operation: str, api_version: str, manifest: Manifest, shape: Shape) -> Entry:
    """The entry of a manager that says everything in a manifest."""
    return _entry(manager, operation, api_version, fields_of(manifest, shape))


def applied(
    live: Manifest, wanted: Manifest, shape: Shape, manager: str, api_version: str, *, force: bool
) -> tuple[Manifest, list[Entry]]:
    """What an apply makes of the live object, and who manages what then. Raises ApiError for a conflict."""
    entries: list[Entry] = copied(get(live, "metadata.managedFields", []))
    mine = next((one for one in entries if (one["manager"], one["operation"]) == (manager, "Apply")), None)
    others = [one for one in entries if one is not mine]
    fields = fields_of(wanted, shape)
    asked = set(leaves(fields))
    conflicts: dict[str, list[Path]] = {}
    for other in others:
        theirs = set(leaves(other["fieldsV1"]))
        contested = {p for p in theirs & asked if p[-1] != "." and at(live, shape, p) != at(wanted, shape, p)}
        if contested and force:
            other["fieldsV1"] = fields_from(sorted(theirs - contested))
        elif contested:
            conflicts[other["manager"]] = sorted(contested)
    if conflicts:
        raise _conflict(live, conflicts)
    before = set(leaves(mine["fieldsV1"])) if mine else set()
    gone = before - asked
    held = {path for other in others for path in leaves(other["fieldsV1"])} | asked

    def kept(path: Path) -> bool:
        return any(one[: len(path)] == path for one in held)

    base = without(live, shape, fields_from(sorted(gone)), kept) if gone else live
    result: Manifest = merged(base, wanted, shape)
    remaining = [one for one in others if one["fieldsV1"]]
    same = mine is not None and before == asked
    return copied(result), [*remaining, mine if same and mine else _entry(manager, "Apply", api_version, fields)]


def updated(live: Manifest, changed: Manifest, shape: Shape, manager: str, api_version: str) -> list[Entry]:
    """Who manages what after a change that is no apply: the fields that it changed go to the manager."""
    entries: list[Entry] = copied(get(live, "metadata.managedFields", []))
    taken = {
        path
        for path in leaves(fields_of(changed, shape))
        if path[-1] != "." and at(live, shape, path) != at(changed, shape, path)
    }
    present = set(leaves(fields_of(changed, shape)))
    found: list[Entry] = []
    for one in entries:
        paths = set(leaves(one["fieldsV1"])) & present
        if (one["manager"], one["operation"]) == (manager, "Update"):
            taken |= paths
        elif paths - taken:
            found.append({**one, "fieldsV1": fields_from(sorted(paths - taken))})
    if taken:
        found.append(_entry(manager, "Update", api_version, fields_from(sorted(taken))))
    return found


def _entry(manager: str, operation: str, api_version: str, fields: Fields) -> Entry:
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": api_version,
        "time": now(),
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }


def _conflict(live: Manifest, conflicts: dict[str, list[Path]]) -> ApiError:
    count = sum(map(len, conflicts.values()))
    said = "; ".join(
        f'conflict with "{manager}": {", ".join(_spelled(path) for path in paths)}'
        for manager, paths in conflicts.items()
    )
    plural = "conflict" if count == 1 else "conflicts"
    return ApiError(409, "Conflict", f"Apply to {name_of(live)} failed with {count} {plural}: {said}")


def _spelled(path: Path) -> str:
    return "".join(f".{part[2:]}" if part.startswith("f:") else f"[{part[2:]}]" for part in path)
