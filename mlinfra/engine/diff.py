"""Comparing property values, and what follows from a provider's answer about a difference."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from mlinfra.engine.provider import Diffed, DiffKind, PropertyDiff
from mlinfra.stack import paths
from mlinfra.stack.values import Archive, Asset, Properties, ResourceRef, Secret, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

INIT_ERROR: Final = "#initerror"  # stands for "it was never ready" where a property path is expected
_REPLACING: Final = {
    DiffKind.ADD: DiffKind.ADD_REPLACE,
    DiffKind.DELETE: DiffKind.DELETE_REPLACE,
    DiffKind.UPDATE: DiffKind.UPDATE_REPLACE,
}
_INVERSE: Final = {
    DiffKind.ADD: DiffKind.DELETE,
    DiffKind.DELETE: DiffKind.ADD,
    DiffKind.ADD_REPLACE: DiffKind.DELETE_REPLACE,
    DiffKind.DELETE_REPLACE: DiffKind.ADD_REPLACE,
}
_PLAIN_KEY: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")


def equal(a: Any, b: Any) -> bool:
    """Whether two values are the same to Pulumi: assets by hash, null like absent, secret unlike plain."""
    if isinstance(a, dict) and isinstance(b, dict):
        return all(equal(a.get(key), b.get(key)) for key in a.keys() | b.keys())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal, a, b))
    if type(a) is not type(b):
        return _number(a) and _number(b) and a == b
    if isinstance(a, Secret):
        return equal(a.value, b.value)
    if isinstance(a, Asset | Archive):
        return bool(a.hash) and a.hash == b.hash
    if isinstance(a, ResourceRef):
        return a.urn == b.urn and equal(a.id, b.id)
    return bool(a is b or a == b)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def compare(old: Properties, new: Properties) -> Diffed:
    """The difference that the engine itself sees between two sets of inputs; secrets count as what they hide."""
    detailed = {_text(path): PropertyDiff(kind, input_diff=True) for path, kind in _walk((), plain(old), plain(new))}
    diffs = sorted({str(paths.parse(path)[0]) for path in detailed})
    return Diffed(changes=bool(detailed), diffs=tuple(diffs), detailed=detailed)


def _walk(path: paths.Path, old: Any, new: Any) -> Iterator[tuple[paths.Path, DiffKind]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _walk((*path, key), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else None
            yield from _walk((*path, index), before, new[index] if index < len(new) else None)
    elif not equal(old, new):
        yield path, DiffKind.ADD if old is None else DiffKind.DELETE if new is None else DiffKind.UPDATE


def _text(path: paths.Path) -> str:
    """A path as Pulumi writes it: keys with other than letters, digits and _ are quoted."""
    text = ""
    for element in path:
        if isinstance(element, int):
            text += f"[{element}]"
        elif _PLAIN_KEY.issuperset(element):
            text += f".{element}" if text else element
        else:
            quoted = element.replace('"', '\\"')
            text += f'["{quoted}"]'
    return text


def replaces(diffed: Diffed) -> bool:
    """Whether the difference calls for a replacement."""
    detailed = (diffed.detailed or {}).values()
    return bool(diffed.replaces) or any(d.kind.name.endswith("_REPLACE") for d in detailed)


def with_replace_on_changes(diffed: Diffed, patterns: Sequence[str], *, init_errors: bool) -> Diffed:
    """The difference with what the option `replace_on_changes` adds.

    Raises ValueError for a malformed path, in the option or in the provider's answer.
    """
    if not (diffed.changes or init_errors):
        return diffed
    wanted = [paths.parse(pattern) for pattern in patterns]
    changed = {text: paths.parse(text) for text in diffed.detailed or ()}
    if not wanted:
        return diffed

    def covered(path: paths.Path) -> bool:
        return any(paths.covers(pattern, path) for pattern in wanted)

    keys = {*diffed.replaces, *(key for key in diffed.diffs if (path := paths.maybe(key)) and covered(path))}
    detailed = None
    if diffed.detailed is not None:
        detailed = {
            text: replace(d, kind=_REPLACING.get(d.kind, d.kind)) if covered(changed[text]) else d
            for text, d in diffed.detailed.items()
        }
    changes = diffed.changes
    if init_errors and covered((INIT_ERROR,)):
        keys.add(INIT_ERROR)
        changes = True
        if detailed is not None:
            detailed[INIT_ERROR] = PropertyDiff(DiffKind.UPDATE_REPLACE)
    return replace(diffed, changes=changes, replaces=tuple(sorted(keys)), detailed=detailed)


def inverted(diffed: Diffed) -> Diffed:
    """The difference seen from the other side: what a refresh found, rather than what would undo it."""
    if diffed.detailed is None:
        return diffed
    return replace(
        diffed, detailed={k: replace(d, kind=_INVERSE.get(d.kind, d.kind)) for k, d in diffed.detailed.items()}
    )


def annotate_secrets(outputs: Properties, inputs: Properties) -> None:
    """Mark as secret what a provider that knows no secrets answered under the keys of secret inputs, in place."""
    for key, given in inputs.items():
        answer = outputs.get(key)
        if isinstance(answer, dict) and isinstance(given, dict):
            annotate_secrets(answer, given)
        elif key in outputs and not isinstance(answer, Secret) and _holds_secret(given):
            outputs[key] = Secret(answer)


def _holds_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_secret, value.values()))
    return any(map(_holds_secret, value)) if isinstance(value, list) else isinstance(value, Secret)
