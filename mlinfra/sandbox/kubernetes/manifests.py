"""Small operations on manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlinfra.sandbox.kubernetes.backend import Manifest


def copied(value: Any) -> Any:
    """A value of one's own; nothing is shared with the original."""
    if isinstance(value, dict):
        return {name: copied(item) for name, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def dense(value: Any) -> Any:
    """The value without what is null in it, which means as much as nothing to an API server."""
    if isinstance(value, dict):
        return {name: dense(item) for name, item in value.items() if item is not None}
    return [dense(item) for item in value] if isinstance(value, list) else value


def get(value: Any, path: str, default: Any = None) -> Any:
    """What stands at a dotted path of fields."""
    for part in path.split("."):
        if not isinstance(value, dict) or value.get(part) is None:
            return default
        value = value[part]
    return value


def put(value: Manifest, path: str, item: Any) -> None:
    """Set what stands at a dotted path, making the objects on the way."""
    *parents, last = path.split(".")
    for part in parents:
        value = value.setdefault(part, {})
    value[last] = item


def within(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """What stands at a path such as `spec.containers[].image`, each with its exact place; nothing for what is absent."""
    head, _, rest = path.partition(".")
    name = head.removesuffix("[]")
    inner = value.get(name) if isinstance(value, dict) else None
    if inner is None:
        return
    found = (
        [(f"{name}[{number}]", item) for number, item in enumerate(inner)] if head.endswith("[]") else [(name, inner)]
    )
    for place, item in found:
        if rest:
            yield from ((f"{place}.{deeper}", one) for deeper, one in within(item, rest))
        else:
            yield place, item


def meta(manifest: Manifest) -> dict[str, Any]:
    """The metadata, empty where there is none."""
    found = manifest.get("metadata")
    return found if isinstance(found, dict) else {}


def name_of(manifest: Manifest) -> str:
    """The object's name."""
    return str(meta(manifest).get("name") or "")


def namespace_of(manifest: Manifest) -> str:
    """The object's namespace, empty where it says none."""
    return str(meta(manifest).get("namespace") or "")


def identity(manifest: Manifest) -> str:
    """The id that Pulumi knows the object by: `namespace/name`, or the name alone."""
    return f"{space}/{name_of(manifest)}" if (space := namespace_of(manifest)) else name_of(manifest)


def annotation(manifest: Manifest, name: str) -> str:
    """The value of an annotation; empty without it."""
    found = meta(manifest).get("annotations")
    return str(found.get(name, "")) if isinstance(found, dict) else ""


def merge_patch(target: Any, patch: Any) -> Any:
    """The target after a JSON merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    found = dict(target) if isinstance(target, dict) else {}
    for name, item in patch.items():
        if item is None:
            found.pop(name, None)
        else:
            found[name] = merge_patch(found.get(name), item)
    return found


def patch_between(old: Any, new: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch that makes `new` of `old`."""
    found: dict[str, Any] = {name: None for name in old if name not in new}
    for name, item in new.items():
        if name not in old:
            found[name] = item
        elif old[name] != item:
            both = isinstance(item, dict) and isinstance(old[name], dict)
            found[name] = patch_between(old[name], item) if both else item
    return found


def pruned(value: Any, shape: Any) -> Any:
    """The value cut down to the fields that `shape` has, with those that `shape` has empty: API servers leave such out."""
    if isinstance(value, dict) and isinstance(shape, dict):
        left_out = {name: item for name, item in shape.items() if name not in value and _empty(item)}
        return left_out | {name: pruned(item, shape[name]) for name, item in value.items() if name in shape}
    if isinstance(value, list) and isinstance(shape, list):
        known = [pruned(item, one) for item, one in zip(value, shape, strict=False)]
        return [*known, *value[len(shape) :]]
    return value


def _empty(value: Any) -> bool:
    return isinstance(value, str | list | dict | int) and not value
