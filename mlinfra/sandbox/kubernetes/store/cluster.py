"""One cluster's API over the object store."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog import kubernetes_kinds
from mlinfra.sandbox.kubernetes.backend import ApiError
from mlinfra.sandbox.kubernetes.manifests import copied, dense, merge_patch, meta, name_of, namespace_of
from mlinfra.sandbox.kubernetes.store import admission, collect, defaults, managers, status
from mlinfra.sandbox.kubernetes.store.fields import Shape
from mlinfra.sandbox.kubernetes.store.kinds import DEFINITION, Kinds, definition
from mlinfra.sandbox.kubernetes.store.rules.registry import check, check_update
from mlinfra.sandbox.kubernetes.store.state import State, key_of
from mlinfra.sandbox.kubernetes.store.structure import filled, problems

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from mlinfra.sandbox.kubernetes.backend import Kind, Manifest, Target

Entries = list[dict[str, Any]]

_RANDOM: Final = "bcdfghjklmnpqrstvwxz2456789"  # what Kubernetes makes up names of
_SERVER_SIDE: Final = ("uid", "creationTimestamp", "resourceVersion", "generation", "managedFields", "selfLink")


class StoreCluster:
    """A `Cluster` in this process. Requests are answered one at a time; nothing takes time."""

    def __init__(self, target: Target, state: State, lock: threading.RLock, changed: Callable[[], None]) -> None:
        self.target = target
        self._state = state
        self._kinds = Kinds(target, state)
        self._lock = lock
        self._changed = changed

    # --- discovery ---------------------------------------------------------------------------------------------------

    def kind(self, api_version: str, name: str) -> Kind:
        """See `Cluster`."""
        return self._kinds.find(api_version, name)

    def kinds(self) -> Sequence[Kind]:
        """See `Cluster`."""
        return self._kinds.all()

    def fidelity(self, kind: Kind) -> str:
        """See `Cluster`."""
        return "validated" if self._kinds.schema(kind) is not None else "recorded"

    def unready(self, live: Manifest) -> str:
        """See `Cluster`: nothing runs here, so nothing is waited for."""
        return ""

    # --- reading -----------------------------------------------------------------------------------------------------

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest:
        """See `Cluster`."""
        with self._lock:
            return _shown(kind, self._existing(kind, namespace, name))

    def list(self, kind: Kind, namespace: str = "") -> Sequence[Manifest]:
        """See `Cluster`."""
        with self._lock:
            return [_shown(kind, one) for _, one in self._state.of(kind.group, kind.name, namespace)]

    # --- changing ----------------------------------------------------------------------------------------------------

    def create(self, manifest: Manifest, *, manager: str, dry_run: bool = False) -> Manifest:
        """See `Cluster`."""
        with self._lock:
            kind, wanted = self._received(manifest)
            prefix = meta(wanted).get("generateName")
            if not name_of(wanted) and prefix:
                meta(wanted)["name"] = str(prefix) + "".join(secrets.choice(_RANDOM) for _ in range(5))
            if key_of(kind, namespace_of(wanted), name_of(wanted)) in self._state.objects:
                raise ApiError(409, "AlreadyExists", f'{_resource(kind)} "{name_of(wanted)}" already exists')
            entry = managers.entry(manager, "Update", kind.api_version, wanted, self._shape(kind))
            return self._made(kind, wanted, [entry], dry_run=dry_run)

    def apply(self, manifest: Manifest, *, manager: str, force: bool = False, dry_run: bool = False) -> Manifest:
        """See `Cluster`."""
        with self._lock:
            kind, wanted = self._received(manifest)
            live = self._state.objects.get(key_of(kind, namespace_of(wanted), name_of(wanted)))
            shape = self._shape(kind)
            self._check_structure(kind, wanted, partial=True)
            if live is None:
                entry = managers.entry(manager, "Apply", kind.api_version, wanted, shape)
                return self._made(kind, wanted, [entry], dry_run=dry_run)
            uid = meta(wanted).get("uid")
            if uid and uid != live["metadata"]["uid"]:
                raise ApiError(409, "Conflict", f"Precondition failed: UID in precondition: {uid}")
            changed, entries = managers.applied(live, wanted, shape, manager, kind.api_version, force=force)
            return self._updated(kind, live, changed, entries, dry_run=dry_run)

    def patch(self, kind: Kind, namespace: str, name: str, patch: Manifest, *, manager: str) -> Manifest:
        """See `Cluster`."""
        with self._lock:
            live = self._existing(kind, namespace, name)
            changed = dense(merge_patch(live, patch))
            entries = managers.updated(live, changed, self._shape(kind), manager, kind.api_version)
            return self._updated(kind, live, changed, entries)

    def delete(self, kind: Kind, namespace: str, name: str, *, propagation: str = "Background") -> None:
        """See `Cluster`."""
        with self._lock:
            self._existing(kind, namespace, name)
            admission.refuse_deletion(kind, name)
            collect.delete(self._state, key_of(kind, namespace, name), propagation)
            self._changed()

    def define(self, chart: str, version: str) -> Sequence[str]:
        """See `Cluster`. The catalogue knows kinds and scopes, not schemas: such objects are recorded."""
        known = kubernetes_kinds.chart(chart)
        with self._lock:
            for one in known.definitions if known else ():
                if (*DEFINITION, "", one.name) not in self._state.objects:
                    self.create(definition(one), manager="helm")
        return [one.name for one in known.definitions] if known else []

    # --- helpers -----------------------------------------------------------------------------------------------------

    def _shape(self, kind: Kind) -> Shape:
        return Shape(self._kinds.schema(kind), self._kinds.schemas)

    def _existing(self, kind: Kind, namespace: str, name: str) -> Manifest:
        found = self._state.objects.get(key_of(kind, namespace or "default", name))
        if found is None:
            raise ApiError(404, "NotFound", f'{_resource(kind)} "{name}" not found')
        return found

    def _received(self, manifest: Manifest) -> tuple[Kind, Manifest]:
        """A manifest as it arrives: of which kind, in which namespace, without what only the server says."""
        wanted = dense(copied(manifest))
        kind = self.kind(str(wanted.get("apiVersion", "")), str(wanted.get("kind", "")))
        metadata = wanted.setdefault("metadata", {})
        if not isinstance(metadata, dict):
            raise ApiError(400, "BadRequest", "metadata: Invalid value: must be an object")
        if kind.namespaced:
            metadata["namespace"] = metadata.get("namespace") or "default"
        else:
            metadata.pop("namespace", None)
        wanted.pop("status", None)
        return kind, wanted

    def _made(self, kind: Kind, wanted: Manifest, entries: Entries, *, dry_run: bool) -> Manifest:
        self._check_structure(kind, wanted, partial=True)
        for name in _SERVER_SIDE:
            meta(wanted).pop(name, None)
        made = self._completed(kind, wanted)
        self._check_structure(kind, made)
        self._check_meaning(kind, made)
        admission.admit(self._state, kind, made)
        key = key_of(kind, namespace_of(made), name_of(made))
        if dry_run:
            return _shown(kind, made)
        made.pop("apiVersion", None)
        made["metadata"]["generation"] = 1
        made["metadata"]["managedFields"] = entries
        kept = self._state.add(key, made)
        status.settle(self._state, kind, kept, self.target)
        if key[:2] == ("", "Namespace"):
            self._state.furnish(key[3])
        self._changed()
        return _shown(kind, kept)

    def _updated(
        self, kind: Kind, live: Manifest, wanted: Manifest, entries: Entries, *, dry_run: bool = False
    ) -> Manifest:
        wanted = {**wanted, "apiVersion": kind.api_version}
        self._check_structure(kind, wanted, partial=True)
        changed = self._completed(kind, wanted)
        for name in ("uid", "creationTimestamp", "resourceVersion", "generation", "name", "namespace"):
            if name in live["metadata"]:
                changed["metadata"][name] = live["metadata"][name]
        changed.pop("status", None)
        if "status" in live:
            changed["status"] = copied(live["status"])
        self._check_structure(kind, changed)
        self._check_meaning(kind, changed)
        refused = list(check_update(kind, live, changed))
        if refused:
            raise _invalid(kind, changed, refused)
        before = {name: item for name, item in live.items() if name not in {"apiVersion", "status"}}
        changed["metadata"]["managedFields"] = entries
        after = {name: item for name, item in changed.items() if name not in {"apiVersion", "status"}}
        if dry_run or _essence(before) == _essence(after):
            if not dry_run:
                live["metadata"]["managedFields"] = entries
            return _shown(kind, changed if dry_run else live)
        key = key_of(kind, namespace_of(live), name_of(live))
        changed.pop("apiVersion", None)
        if any(before.get(name) != after.get(name) for name in {*before, *after} - {"metadata"}):
            changed["metadata"]["generation"] = live["metadata"].get("generation", 1) + 1
        self._state.objects[key] = changed
        self._state.touch(key)
        status.settle(self._state, kind, changed, self.target)
        collect.finish(self._state, key)
        self._changed()
        return _shown(kind, changed)

    def _completed(self, kind: Kind, wanted: Manifest) -> Manifest:
        made: Manifest = copied(wanted)
        schema = self._kinds.schema(kind)
        if schema is not None and (kind.api_version, kind.name) not in self._kinds.schemas.kinds:
            made = filled(made, schema, self._kinds.schemas)
        defaults.fill(kind, made)
        return made

    def _check_structure(self, kind: Kind, manifest: Manifest, *, partial: bool = False) -> None:
        """Check fields and types; what is required too, unless the manifest is `partial`: the server may fill it in."""
        schema = self._kinds.schema(kind)
        found = [] if schema is None else list(problems(manifest, schema, self._kinds.schemas, partial=partial))
        if schema is None and not isinstance(manifest.get("spec", {}), dict):
            found = ["spec: Invalid value: must be an object"]
        if found:
            raise _invalid(kind, manifest, found)

    def _check_meaning(self, kind: Kind, manifest: Manifest) -> None:
        found = list(check(kind, manifest))
        if found:
            raise _invalid(kind, manifest, found)


def _invalid(kind: Kind, manifest: Manifest, found: Sequence[str]) -> ApiError:
    group = f".{kind.group}" if kind.group else ""
    what = found[0] if len(found) == 1 else f"[{', '.join(found)}]"
    return ApiError(422, "Invalid", f'{kind.name}{group} "{name_of(manifest)}" is invalid: {what}')


def _resource(kind: Kind) -> str:
    return f"{kind.plural}.{kind.group}" if kind.group else kind.plural


def _shown(kind: Kind, live: Manifest) -> Manifest:
    return {"apiVersion": kind.api_version, "kind": kind.name, **{k: copied(v) for k, v in live.items() if k != "kind"}}


def _essence(manifest: Manifest) -> Manifest:
    """The object without who manages it and what counts its changes."""
    return {**manifest, "metadata": {k: v for k, v in meta(manifest).items() if k not in _SERVER_SIDE}}
