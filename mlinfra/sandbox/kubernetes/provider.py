"""One configured provider instance: Pulumi's resource operations on one cluster."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from mlinfra.catalog import kubernetes_kinds
from mlinfra.engine.provider import (
    Checked,
    CheckFailure,
    Created,
    Diffed,
    DiffKind,
    InitFailure,
    ProviderFailure,
    ReadResult,
)
from mlinfra.sandbox.kubernetes import diffs, properties
from mlinfra.sandbox.kubernetes.backend import ApiError, NoKindError, UnreachableError
from mlinfra.sandbox.kubernetes.manifests import (
    annotation,
    identity,
    meta,
    name_of,
    namespace_of,
    patch_between,
    pruned,
)
from mlinfra.sandbox.kubernetes.releases import RELEASE, Releases
from mlinfra.stack.urn import name_of as urn_name
from mlinfra.stack.urn import type_of
from mlinfra.stack.values import UNKNOWN, Properties, has_unknowns, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from mlinfra.sandbox.kubernetes.backend import Backend, Cluster, Manifest
    from mlinfra.sandbox.kubernetes.clusters import Clusters
    from mlinfra.sandbox.kubernetes.config import ProviderConfig

AUTONAMED: Final = "pulumi.com/autonamed"
SKIP_AWAIT: Final = "pulumi.com/skipAwait"
TIMEOUT: Final = "pulumi.com/timeoutSeconds"
FORCE: Final = "pulumi.com/patchForce"
FIELD_MANAGER: Final = "pulumi.com/patchFieldManager"
PROPAGATION: Final = "pulumi.com/deletionPropagationPolicy"
READY_SECONDS: Final = 600.0  # as pulumi-kubernetes waits
PATIENCE_SECONDS: Final = 10.0  # with what another resource may just be making: a namespace, a definition
POLL_SECONDS: Final = 0.1
_FORETOLD: Final = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")
_REPLACES: Final = {DiffKind.ADD_REPLACE, DiffKind.DELETE_REPLACE, DiffKind.UPDATE_REPLACE}


@dataclass(frozen=True)
class KubernetesProvider:
    """A provider instance as one engine configured it. `patience` is how long a namespace or a kind is waited for."""

    backend: Backend
    clusters: Clusters
    config: ProviderConfig
    patience: float = PATIENCE_SECONDS

    def check(self, urn: str, olds: Properties, news: Properties, seed: bytes, proposed: str = "") -> Checked:
        """Complete the inputs: a name where the program gives none, and the provider's namespace."""
        if type_of(urn) == RELEASE:
            return self._releases().check(urn, olds, news, seed, proposed)
        if properties.kind_of(urn)[1].endswith("List"):
            reason = "lists exist for compatibility with YAML manifests and Helm charts, and cannot be created; use the type of their items instead"
            return Checked(news, (CheckFailure("", reason),))
        if strange := properties.odd(news):
            return Checked(news, (CheckFailure("", f"an input is {strange}"),))
        manifest = properties.manifest_of(urn, news)
        failures = list(self._refused(urn, manifest))
        metadata = meta(manifest)
        if isinstance(manifest["metadata"], dict) and not ({"name", "generateName"} & metadata.keys()):
            old = meta(properties.manifest_of(urn, olds)) if olds else {}
            kept = old.get("name") if (old.get("annotations") or {}).get(AUTONAMED) == "true" else None
            metadata["name"] = kept or proposed or f"{urn_name(urn)}-{_hex(seed, urn)}"
            if isinstance(metadata.get("annotations", {}), dict):
                metadata["annotations"] = {**metadata.get("annotations", {}), AUTONAMED: "true"}
        if self.config.namespace and isinstance(manifest["metadata"], dict) and self._namespaced(manifest):
            metadata.setdefault("namespace", self.config.namespace)
        return Checked(properties.inputs_of(manifest, news), tuple(failures))

    def diff(self, urn: str, id: str, old_inputs: Properties, old_outputs: Properties, news: Properties) -> Diffed:
        """What an update would change, and what it cannot."""
        if type_of(urn) == RELEASE:
            return self._releases().diff(urn, old_inputs, news)
        new = properties.with_data(properties.manifest_of(urn, news))
        given = properties.manifest_of(urn, properties.old_inputs(old_outputs, old_inputs))
        live = properties.manifest_of(urn, old_outputs)
        old = pruned({**live, "apiVersion": given["apiVersion"]}, properties.with_data(given))
        for one in (old, new):
            self._place(one)
        fields: tuple[str, ...] = diffs.IDENTITY
        if not properties.is_patch(urn, new):
            settings = self.config
            fields = diffs.replacing(new, mutable_maps=settings.mutable_maps, mutable_secrets=settings.mutable_secrets)
        detailed = {_given(path, given, news): one for path, one in diffs.diff(old, new, fields).items()}
        replaces = tuple(path for path, one in detailed.items() if one.kind in _REPLACES)
        autonamed = annotation(new, AUTONAMED) == "true"
        same = identity(old) == identity(new) and bool(name_of(new))
        return Diffed(
            changes=bool(detailed),
            replaces=replaces,
            diffs=tuple(dict.fromkeys(path.partition(".")[0].partition("[")[0] for path in detailed)),
            detailed=detailed,
            delete_before_replace=bool(replaces) and same and not autonamed,
        )

    def create(
        self,
        urn: str,
        inputs: Properties,
        *,
        timeout: float = 0,
        preview: bool = False,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Created:
        """Make the object and wait until it is ready. A preview asks the cluster what it would say."""
        if type_of(urn) == RELEASE:
            return self._releases().create(urn, inputs, preview=preview)
        manifest = properties.manifest_of(urn, inputs)
        manager = self._manager(urn, manifest, {})
        if preview:
            return Created("", self._foreseen(urn, inputs, manifest, manager, new=True))
        try:
            cluster = self._cluster()
            live = self._patiently(lambda: self._made(cluster, urn, manifest, manager, dry_run=False), wanted)
        except ApiError as error:
            raise self._failure("creating", urn, manifest, error) from error
        live = self._ready(cluster, urn, inputs, manifest, live, manager, timeout, wanted)
        return Created(identity(live), self._outputs(live, inputs, manifest, manager))

    def read(self, urn: str, id: str, inputs: Properties, outputs: Properties) -> ReadResult:
        """The object as it is. With no inputs, as in an import, they are what the live object says."""
        if self._forgiven("deleteUnreachable"):
            return ReadResult("")
        if self._forgiven("skipUpdateUnreachable"):
            return ReadResult(id, inputs, outputs)
        if type_of(urn) == RELEASE:
            return self._releases().read(urn, id, inputs, outputs)
        given = properties.manifest_of(urn, inputs or plain(outputs.get(properties.INPUTS)) or {})
        namespace, _, name = id.rpartition("/")
        try:
            cluster = self._cluster()
            kind = cluster.kind(given["apiVersion"], self._object_kind(urn, given))
            live = cluster.get(kind, namespace, name)
        except ApiError as error:
            if error.missing:
                return ReadResult("")
            raise self._failure("reading", urn, given, error) from error
        manager = str(plain(outputs.get(properties.MANAGER)) or self._manager(urn, given, {}))
        if inputs:
            found = pruned(live, given)
            found["apiVersion"] = given["apiVersion"]
            if "stringData" in given:
                found["stringData"] = properties.texts(live, given["stringData"])
        else:
            found = properties.manifest_of(urn, {name: value for name, value in live.items() if name != "status"})
        shown = properties.inputs_of(found, inputs)
        return ReadResult(identity(live), shown, self._outputs(live, shown, given, manager))

    def update(
        self,
        urn: str,
        id: str,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        *,
        timeout: float = 0,
        preview: bool = False,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Properties:
        """Change the object in place, wait until it is ready, and return its outputs."""
        if type_of(urn) == RELEASE:
            return self._releases().update(urn, id, old_inputs, news, preview=preview)
        manifest = properties.manifest_of(urn, news)
        manager = self._manager(urn, manifest, old_outputs)
        if preview:
            return self._foreseen(urn, news, manifest, manager, new=False)
        try:
            cluster = self._cluster()
            if self.config.server_side:
                live = cluster.apply(manifest, manager=manager, force=self._force(urn, manifest))
            else:
                kind = cluster.kind(manifest["apiVersion"], manifest["kind"])
                before = properties.manifest_of(urn, properties.old_inputs(old_outputs, old_inputs))
                patch = patch_between(before, manifest)
                namespace, _, name = id.rpartition("/")
                live = cluster.patch(kind, namespace, name, patch, manager=manager)
        except ApiError as error:
            raise self._failure("updating", urn, manifest, error) from error
        live = self._ready(cluster, urn, news, manifest, live, manager, timeout, wanted)
        return self._outputs(live, news, manifest, manager)

    def delete(
        self,
        urn: str,
        id: str,
        inputs: Properties,
        outputs: Properties,
        *,
        timeout: float = 0,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Delete the object and wait until it is gone; one that is gone already is fine."""
        if self._forgiven("deleteUnreachable"):
            return
        if type_of(urn) == RELEASE:
            self._releases().delete(urn, id)
            return
        manifest = properties.manifest_of(urn, properties.old_inputs(outputs, inputs))
        namespace, _, name = id.rpartition("/")
        try:
            cluster = self._cluster()
            if properties.is_patch(urn, manifest):
                self._let_go(cluster, manifest, namespace, name, self._manager(urn, manifest, outputs))
                return
            kind = cluster.kind(manifest["apiVersion"], manifest["kind"])
            cluster.delete(kind, namespace, name, propagation=_propagation(manifest))
            if annotation(manifest, SKIP_AWAIT) == "true":
                return
            live: Manifest = {}
            for _ in _moments(timeout or _seconds(manifest), wanted):
                live = cluster.get(kind, namespace, name)
        except ApiError as error:
            if error.missing:
                return
            raise self._failure("deleting", urn, manifest, error) from error
        finalizers = ", ".join(meta(live).get("finalizers") or ("what is still in it",))
        raise ProviderFailure(
            f"deleting {kind.name} {id}: it was asked to end and is still there; it waits for: {finalizers}"
        )

    def abandon(self, lost: Mapping[str, Collection[str]]) -> list[str]:
        """Delete what was made for these URNs, save what the engine knows by one of the ids; returns the others' ids."""
        found = []
        for urn, known in lost.items():
            if type_of(urn) == RELEASE:
                found += self._releases().abandon(urn, known)
                continue
            cluster = self._cluster()
            kind = cluster.kind(*properties.kind_of(urn))
            for live in cluster.list(kind):
                if identity(live) not in known and _manages(live, _manager_of(urn)):
                    cluster.delete(kind, namespace_of(live), name_of(live))
                    found.append(identity(live))
        return found

    # --- helpers -----------------------------------------------------------------------------------------------------

    def _cluster(self) -> Cluster:
        return self.backend.open(self.clusters.target(self.config))

    def _releases(self) -> Releases:
        return Releases(self._cluster, self.config.namespace or "default")

    def _forgiven(self, setting: str) -> bool:
        """Whether the cluster is out of reach and the provider was told to do without it."""
        wanted = self.config.delete_unreachable if setting == "deleteUnreachable" else self.config.skip_unreachable
        if not wanted:
            return False
        try:
            self._cluster()
        except UnreachableError:
            return True
        return False

    def _made(self, cluster: Cluster, urn: str, manifest: Manifest, manager: str, *, dry_run: bool) -> Manifest:
        if not self.config.server_side:
            return cluster.create(manifest, manager=manager, dry_run=dry_run)
        kind = cluster.kind(manifest["apiVersion"], manifest["kind"])
        if not (self.config.upsert or properties.is_patch(urn, manifest)):
            try:
                live = cluster.get(kind, namespace_of(manifest), name_of(manifest))
            except ApiError as error:
                if not error.missing:
                    raise
                live = None
            if live is not None and not _manages(live, manager):  # else an engine made it that was killed
                message = f'{kind.plural} "{name_of(manifest)}" already exists'
                raise ApiError(HTTPStatus.CONFLICT, "AlreadyExists", message)
        return cluster.apply(manifest, manager=manager, force=self._force(urn, manifest), dry_run=dry_run)

    def _let_go(self, cluster: Cluster, manifest: Manifest, namespace: str, name: str, manager: str) -> None:
        """Take back a share in somebody else's object, which stays."""
        kind = cluster.kind(manifest["apiVersion"], manifest["kind"])
        cluster.get(kind, namespace, name)
        metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
        bare = {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": metadata}
        cluster.apply(bare, manager=manager, force=True)

    def _foreseen(self, urn: str, inputs: Properties, manifest: Manifest, manager: str, *, new: bool) -> Properties:
        """What the object will be as far as it can be told: what the cluster would make of it, or the inputs alone."""
        unknown = {**inputs, "status": UNKNOWN}
        told = inputs.get("metadata")
        if new and isinstance(told, dict):
            unknown["metadata"] = {**dict.fromkeys(_FORETOLD, UNKNOWN), **told}
        if has_unknowns(manifest) or not self.config.server_side or properties.is_patch(urn, manifest):
            return unknown
        try:
            cluster = self._cluster()
            if new:
                live = self._made(cluster, urn, manifest, manager, dry_run=True)
            else:
                live = cluster.apply(manifest, manager=manager, force=self._force(urn, manifest), dry_run=True)
        except ApiError as error:
            if error.code in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.BAD_REQUEST}:
                raise self._failure("previewing", urn, manifest, error) from error
            return unknown  # what it needs may come with this very deployment
        live["status"] = UNKNOWN
        live["metadata"] = {**live["metadata"], **(dict.fromkeys(_FORETOLD, UNKNOWN) if new else {})}
        return self._outputs(live, inputs, manifest, manager)

    def _patiently(self, work: Callable[[], Manifest], wanted: Callable[[], bool]) -> Manifest:
        """The work's result, tried again while what it needs is not there: its kind or its namespace."""
        for _ in _moments(self.patience, wanted):
            try:
                return work()
            except ApiError as error:
                if not error.missing or self.patience == 0:
                    raise
        return work()

    def _ready(
        self,
        cluster: Cluster,
        urn: str,
        inputs: Properties,
        manifest: Manifest,
        live: Manifest,
        manager: str,
        timeout: float,
        wanted: Callable[[], bool],
    ) -> Manifest:
        """The live object once it is ready. One that does not become so is kept, and the step fails with the reason."""
        if annotation(manifest, SKIP_AWAIT) == "true" or properties.is_patch(urn, manifest):
            return live
        why = cluster.unready(live)
        if not why:
            return live
        kind = cluster.kind(live["apiVersion"], live["kind"])
        for _ in _moments(timeout or _seconds(manifest), wanted):
            live = cluster.get(kind, namespace_of(live), name_of(live))
            why = cluster.unready(live)
            if not why:
                return live
        message = f"{kind.name} {identity(live)} was made, but is not ready: {why}"
        outputs = self._outputs(live, inputs, manifest, manager)
        raise InitFailure(message, id=identity(live), outputs=outputs, inputs=inputs, reasons=[why])

    def _outputs(self, live: Manifest, inputs: Properties, manifest: Manifest, manager: str) -> Properties:
        return properties.outputs_of(live, inputs, str(manifest["apiVersion"]), manager)

    def _manager(self, urn: str, manifest: Manifest, outputs: Properties) -> str:
        """Under which name the resource's fields are managed: its own, the same for as long as it lives."""
        given = annotation(manifest, FIELD_MANAGER) or plain(outputs.get(properties.MANAGER))
        return str(given or _manager_of(urn))

    def _force(self, urn: str, manifest: Manifest) -> bool:
        said = annotation(manifest, FORCE)
        return said == "true" if said else self.config.force

    def _refused(self, urn: str, manifest: Manifest) -> Iterator[CheckFailure]:
        metadata = meta(manifest)
        patch = properties.is_patch(urn, manifest)
        if patch and not self.config.server_side:
            yield CheckFailure(
                "", "patch resources need server-side apply: leave enableServerSideApply of the provider true"
            )
        if patch and not metadata.get("name"):
            yield CheckFailure("metadata.name", "patch resources need the name of the object that they patch")
        if metadata.get("generateName") and not metadata.get("name") and self.config.server_side:
            yield CheckFailure(
                "metadata.generateName",
                "the field is not supported with server-side apply; give a name, or none at all",
            )
        if "status" in manifest and manifest["status"] is not UNKNOWN and manifest["status"]:
            yield CheckFailure("status", "the status is the cluster's to say; leave it out")

    def _namespaced(self, manifest: Manifest) -> bool:
        try:
            return self._cluster().kind(str(manifest["apiVersion"]), str(manifest["kind"])).namespaced
        except ApiError:
            return kubernetes_kinds.namespaced(str(manifest["kind"]))

    def _place(self, manifest: Manifest) -> None:
        """Say the namespace that is meant where none is said, and none where there can be none."""
        metadata = manifest.get("metadata")
        if not isinstance(metadata, dict):
            return
        if self._namespaced(manifest):
            metadata["namespace"] = metadata.get("namespace") or "default"
        else:
            metadata.pop("namespace", None)

    def _object_kind(self, urn: str, manifest: Manifest) -> str:
        kind = str(manifest["kind"])
        return kind.removesuffix("Patch") if kind == properties.kind_of(urn)[1] and kind.endswith("Patch") else kind

    def _failure(self, doing: str, urn: str, manifest: Manifest, error: ApiError) -> ProviderFailure:
        named = f"{manifest.get('kind')} {identity(manifest)}".rstrip()
        fix = ""
        if isinstance(error, NoKindError):
            fix = "create its CustomResourceDefinition first, by the Helm release or the resource that brings it, and depend on it"
        elif error.reason == "AlreadyExists":
            fix = "import the object, patch it with a Patch resource, or give it another name"
        elif "failed with" in error.message and error.reason == "Conflict":
            fix = f'leave the field to its manager, or set the annotation {FORCE}: "true"'
        return ProviderFailure(f"{doing} {named}: {error.message}", fix=fix)


def _moments(seconds: float, wanted: Callable[[], bool]) -> Iterator[int]:
    """The moments to look again, for so many seconds or as long as anybody waits."""
    deadline = time.monotonic() + seconds
    number = 0
    while True:
        yield number
        if time.monotonic() >= deadline or not wanted():
            return
        time.sleep(min(POLL_SECONDS * (1 + number / 10), 1.0))
        number += 1


def _manager_of(urn: str) -> str:
    return f"pulumi-kubernetes-{hashlib.sha256(urn.encode()).hexdigest()[:8]}"


def _manages(live: Manifest, manager: str) -> bool:
    return any(one.get("manager") == manager for one in meta(live).get("managedFields") or ())


def _given(path: str, *manifests: Properties) -> str:
    """A place as the program wrote it: what it gives as text of a Secret stands encoded in the data."""
    head, _, name = path.partition(".")
    texts = [plain(one.get("stringData")) or {} for one in manifests]
    return f"stringData.{name}" if head == "data" and any(name in one for one in texts) else path


def _seconds(manifest: Manifest) -> float:
    said = annotation(manifest, TIMEOUT)
    return float(said) if said.isdigit() else READY_SECONDS


def _propagation(manifest: Manifest) -> str:
    said = annotation(manifest, PROPAGATION).lower()
    return {"foreground": "Foreground", "orphan": "Orphan", "background": "Background"}.get(said, "Foreground")


def _hex(seed: bytes, urn: str) -> str:
    return hashlib.sha512(seed or urn.encode()).hexdigest()[:8]
