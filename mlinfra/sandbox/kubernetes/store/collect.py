"""How objects go: finalizers, what they own, what is in their namespace, and objects of a definition that goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlinfra.sandbox.kubernetes.store.kinds import DEFINITION
from mlinfra.sandbox.kubernetes.store.state import now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.sandbox.kubernetes.store.state import Key, State


def delete(state: State, key: Key, propagation: str) -> None:
    """End an object. One with finalizers, or a namespace with such an object in it, stays and is terminating."""
    manifest = state.objects.get(key)
    if manifest is None:
        return
    metadata = manifest["metadata"]
    metadata.setdefault("deletionTimestamp", now())
    if propagation == "Orphan":
        _orphan(state, metadata["uid"])
    for inner in list(_contents(state, key)):
        delete(state, inner, "Background")
    if key[:2] == ("", "Namespace"):
        manifest.setdefault("status", {})["phase"] = "Terminating"
    finish(state, key)


def finish(state: State, key: Key) -> None:
    """Remove a terminating object that nothing holds any more."""
    manifest = state.objects.get(key)
    if manifest is None or "deletionTimestamp" not in manifest["metadata"]:
        return
    if manifest["metadata"].get("finalizers") or any(True for _ in _contents(state, key)):
        state.touch(key)
        return
    del state.objects[key]
    for owned in list(_owned(state, manifest["metadata"]["uid"])):
        delete(state, owned, "Background")
    if key[2]:
        finish(state, ("", "Namespace", "", key[2]))


def _contents(state: State, key: Key) -> Iterator[Key]:
    """What an object cannot go without: the contents of a namespace, the objects of a definition."""
    if key[:2] == ("", "Namespace"):
        yield from state.within(key[3])
    elif key[:2] == DEFINITION:
        spec = state.objects[key]["spec"]
        yield from (one for one, _ in state.of(spec["group"], spec["names"]["kind"]))


def _owned(state: State, uid: str) -> Iterator[Key]:
    """The objects whose last owner it was."""
    for key, manifest in state.objects.items():
        owners = [owner.get("uid") for owner in manifest["metadata"].get("ownerReferences") or ()]
        if uid in owners and not any(one["metadata"]["uid"] in owners for one in state.objects.values()):
            yield key


def _orphan(state: State, uid: str) -> None:
    for manifest in state.objects.values():
        owners = manifest["metadata"].get("ownerReferences")
        if owners:
            manifest["metadata"]["ownerReferences"] = [owner for owner in owners if owner.get("uid") != uid]
