"""One configured provider instance: Pulumi's resource operations on one cluster."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from mlinfra.catalog import kubernetes_kinds
from mlinfra.engine.provider import Checked, Created, Diffed, InitFailure, ProviderFailure, ReadResult
from mlinfra.sandbox.kubernetes import properties
from mlinfra.sandbox.kubernetes.backend import ApiError, UnreachableError
from mlinfra.sandbox.kubernetes.failures import failure
from mlinfra.sandbox.kubernetes.inputs import Inputs
from mlinfra.sandbox.kubernetes.managing import forced, let_go, manager_of, manages, refuse_others
from mlinfra.sandbox.kubernetes.managing import manager as manager_for
from mlinfra.sandbox.kubernetes.manifests import identity, meta, name_of, namespace_of, patch_between, pruned
from mlinfra.sandbox.kubernetes.releases import RELEASE, Releases
from mlinfra.sandbox.kubernetes.waiting import (
    PATIENCE_SECONDS,
    awaited,
    moments,
    patiently,
    propagation,
    replaced_unready,
    seconds,
    until_ready,
)
from mlinfra.stack.urn import type_of
from mlinfra.stack.values import UNKNOWN, Properties, has_unknowns, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from mlinfra.sandbox.kubernetes.backend import Backend, Cluster, Manifest
    from mlinfra.sandbox.kubernetes.clusters import Clusters
    from mlinfra.sandbox.kubernetes.config import ProviderConfig

_FORETOLD: Final = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")


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
        return Inputs(self.config, self._namespaced).check(urn, olds, news, seed, proposed)

    def diff(self, urn: str, id: str, old_inputs: Properties, old_outputs: Properties, news: Properties) -> Diffed:
        """What an update would change, and what it cannot."""
        if type_of(urn) == RELEASE:
            return self._releases().diff(urn, old_inputs, news)
        replaced = replaced_unready(self._cluster, id, properties.manifest_of(urn, news))
        return Inputs(self.config, self._namespaced).diff(urn, old_inputs, old_outputs, news, replaced)

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
        manager = manager_for(urn, manifest, {})
        if preview:
            return Created("", self._foreseen(urn, inputs, manifest, manager, new=True))
        try:
            cluster = self._cluster()
            live = patiently(lambda: self._made(cluster, urn, manifest, manager), self.patience, wanted)
        except ApiError as error:
            raise failure("creating", manifest, error) from error
        live = self._ready(cluster, urn, inputs, manifest, live, manager, timeout, wanted)
        return Created(identity(live), self._outputs(live, inputs, manifest, manager))

    def read(self, urn: str, id: str, inputs: Properties, outputs: Properties) -> ReadResult:
        """The object as it is. With no inputs, as in an import, they are what the live object says."""
        if self.config.delete_unreachable and self._out_of_reach():
            return ReadResult("")
        if self.config.skip_unreachable and self._out_of_reach():
            return ReadResult(id, inputs, outputs)
        if type_of(urn) == RELEASE:
            return self._releases().read(urn, id, inputs, outputs)
        given = properties.manifest_of(urn, inputs or plain(outputs.get(properties.INPUTS)) or {})
        namespace, _, name = id.rpartition("/")
        try:
            cluster = self._cluster()
            kind = cluster.kind(given["apiVersion"], properties.object_kind(urn, given))
            live = cluster.get(kind, namespace, name)
        except ApiError as error:
            if error.missing:
                return ReadResult("")
            raise failure("reading", given, error) from error
        manager = str(plain(outputs.get(properties.MANAGER)) or manager_for(urn, given, {}))
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
        manager = manager_for(urn, manifest, old_outputs)
        if preview:
            return self._foreseen(urn, news, manifest, manager, new=False)
        try:
            cluster = self._cluster()
            if self.config.server_side:
                live = self._applied(cluster, manifest, manager)
            else:
                kind = cluster.kind(manifest["apiVersion"], manifest["kind"])
                before = properties.manifest_of(urn, properties.old_inputs(old_outputs, old_inputs))
                patch = patch_between(before, manifest)
                namespace, _, name = id.rpartition("/")
                live = cluster.patch(kind, namespace, name, patch, manager=manager)
        except ApiError as error:
            raise failure("updating", manifest, error) from error
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
        if self.config.delete_unreachable and self._out_of_reach():
            return
        if type_of(urn) == RELEASE:
            self._releases().delete(urn, id)
            return
        manifest = properties.manifest_of(urn, properties.old_inputs(outputs, inputs))
        namespace, _, name = id.rpartition("/")
        try:
            cluster = self._cluster()
            if properties.is_patch(urn, manifest):
                let_go(cluster, manifest, namespace, name, manager_for(urn, manifest, outputs))
                return
            kind = cluster.kind(manifest["apiVersion"], manifest["kind"])
            cluster.delete(kind, namespace, name, propagation=propagation(manifest))
            if not awaited(manifest):
                return
            live: Manifest = {}
            for _ in moments(timeout or seconds(manifest), wanted):
                live = cluster.get(kind, namespace, name)
        except ApiError as error:
            if error.missing:
                return
            raise failure("deleting", manifest, error) from error
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
                if identity(live) not in known and manages(live, manager_of(urn)):
                    cluster.delete(kind, namespace_of(live), name_of(live))
                    found.append(identity(live))
        return found

    # --- helpers -----------------------------------------------------------------------------------------------------

    def _cluster(self) -> Cluster:
        return self.backend.open(self.clusters.target(self.config))

    def _releases(self) -> Releases:
        return Releases(self._cluster, self.config.namespace or "default")

    def _out_of_reach(self) -> bool:
        try:
            self._cluster()
        except UnreachableError:
            return True
        return False

    def _made(self, cluster: Cluster, urn: str, manifest: Manifest, manager: str, *, dry_run: bool = False) -> Manifest:
        if not self.config.server_side:
            return cluster.create(manifest, manager=manager, dry_run=dry_run)
        if not (self.config.upsert or properties.is_patch(urn, manifest)):
            refuse_others(cluster, manifest, manager)
        return self._applied(cluster, manifest, manager, dry_run=dry_run)

    def _applied(self, cluster: Cluster, manifest: Manifest, manager: str, *, dry_run: bool = False) -> Manifest:
        force = forced(manifest, otherwise=self.config.force)
        return cluster.apply(manifest, manager=manager, force=force, dry_run=dry_run)

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
                live = self._applied(cluster, manifest, manager, dry_run=True)
        except ApiError as error:
            if error.code in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.BAD_REQUEST}:
                raise failure("previewing", manifest, error) from error
            return unknown  # what it needs may come with this very deployment
        live["status"] = UNKNOWN
        live["metadata"] = {**live["metadata"], **(dict.fromkeys(_FORETOLD, UNKNOWN) if new else {})}
        return self._outputs(live, inputs, manifest, manager)

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
        if not awaited(manifest) or properties.is_patch(urn, manifest):
            return live
        live, why = until_ready(cluster, live, timeout or seconds(manifest), wanted)
        if not why:
            return live
        message = f"{live['kind']} {identity(live)} was made, but is not ready: {why}"
        outputs = self._outputs(live, inputs, manifest, manager)
        raise InitFailure(message, id=identity(live), outputs=outputs, inputs=inputs, reasons=[why])

    def _outputs(self, live: Manifest, inputs: Properties, manifest: Manifest, manager: str) -> Properties:
        return properties.outputs_of(live, inputs, str(manifest["apiVersion"]), manager)

    def _namespaced(self, manifest: Manifest) -> bool:
        try:
            return self._cluster().kind(str(manifest["apiVersion"]), str(manifest["kind"])).namespaced
        except ApiError:
            return kubernetes_kinds.namespaced(str(manifest["kind"]))
