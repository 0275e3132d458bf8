"""The real backend: the control plane on this machine, behind the interface that the provider uses.

One control plane is one cluster. It belongs to the first cluster that is opened, and to another one, emptied, when that
one is gone.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog import kubernetes_kinds
from mlinfra.sandbox.controlplane.api import MERGE, Api
from mlinfra.sandbox.controlplane.crds import definitions, made_from_its_name, outline
from mlinfra.sandbox.kubernetes import readiness
from mlinfra.sandbox.kubernetes.backend import ApiError, Kind, Manifest, NoKindError, Target, UnreachableError
from mlinfra.sandbox.kubernetes.fresh import EKS, belongs_to_cluster
from mlinfra.sandbox.server.files import SandboxError, write_private

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mlinfra.sandbox.controlplane.control import ControlPlane
    from mlinfra.sandbox.controlplane.files import ControlPlaneInfo

DEFINITIONS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SERVED_SECONDS: Final = 60.0
CHARTS: Final = "mlinfra-sandbox-charts"
"""The field manager of the definitions that charts bring."""


class RealCluster:
    """The cluster of the control plane, for which `target` stands."""

    def __init__(self, target: Target, api: Api) -> None:
        self.target, self.api = target, api

    def kind(self, api_version: str, name: str) -> Kind:
        """The kind as it is served now. Raises `NoKindError`."""
        return self.api.kind(api_version, name)

    def kinds(self) -> Sequence[Kind]:
        """Every kind that is served."""
        return self.api.kinds()

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest:
        """The live object."""
        live: Manifest = self._ask(kind, "GET", self.api.path(kind, namespace, name))
        return live

    def list(self, kind: Kind, namespace: str = "") -> Sequence[Manifest]:
        """The live objects."""
        return [*self.api.objects(kind, namespace)]

    def create(self, manifest: Manifest, *, manager: str, dry_run: bool = False) -> Manifest:
        """Make a new object."""
        kind = self.kind(manifest["apiVersion"], manifest["kind"])
        path = self.api.path(kind, manifest["metadata"].get("namespace", "default"))
        live: Manifest = self._ask(kind, "POST", path, manifest, query=_query(manager, dry_run))
        return live

    def apply(self, manifest: Manifest, *, manager: str, force: bool = False, dry_run: bool = False) -> Manifest:
        """Server-side apply."""
        return self.api.apply(manifest, manager=manager, force=force, dry_run=dry_run)

    def patch(self, kind: Kind, namespace: str, name: str, patch: Manifest, *, manager: str) -> Manifest:
        """JSON merge patch."""
        path = self.api.path(kind, namespace, name)
        live: Manifest = self._ask(kind, "PATCH", path, patch, query=_query(manager, dry_run=False), content=MERGE)
        return live

    def delete(self, kind: Kind, namespace: str, name: str, *, propagation: str = "Background") -> None:
        """Ask for the end of an object."""
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        self._ask(kind, "DELETE", self.api.path(kind, namespace, name), options)

    def unready(self, live: Manifest) -> str:
        """Why the object is not ready yet."""
        return readiness.unready(live)

    def define(self, chart: str, version: str) -> Sequence[str]:
        """Apply the definitions of a known chart; one made from its name alone never replaces what is there.

        As with Helm, their kinds are served when this returns, unless the server takes longer than a minute.
        """
        found = definitions(chart, version)
        for manifest in found:
            name = manifest["metadata"]["name"]
            if not (made_from_its_name(manifest) and self.api.exists(f"{DEFINITIONS}/{name}")):
                self.apply(manifest, manager=CHARTS, force=True)
        until = time.monotonic() + SERVED_SECONDS
        for manifest in found:
            while not self._serves(manifest["spec"]) and time.monotonic() < until:
                time.sleep(0.1)
        return [manifest["metadata"]["name"] for manifest in found]

    def _serves(self, defined: Manifest) -> bool:
        stored = next(one["name"] for one in defined["versions"] if one["storage"])
        try:
            self.list(self.kind(f"{defined['group']}/{stored}", defined["names"]["kind"]))
        except ApiError:  # not known yet, or its storage still starts
            return False
        return True

    def fidelity(self, kind: Kind) -> str:
        """`real`; custom kinds are validated by their definitions, with no controller behind them."""
        return "real" if belongs_to_kubernetes(kind) else "validated"

    def _ask(self, kind: Kind, method: str, path: str, body: Any = None, **more: Any) -> Any:
        try:
            return self.api.request(method, path, body, **more)
        except ApiError as error:
            if error.missing and error.reason == "Unknown":  # nothing is served at this path any longer
                self.api.forget(kind)
                raise NoKindError(kind.api_version, kind.name) from error
            raise


@dataclass(frozen=True, slots=True)
class Owner:
    """The cluster that a control plane belongs to."""

    key: str
    name: str
    region: str


class RealBackend:
    """The control plane as the API server of whichever cluster has it."""

    def __init__(self, control_plane: ControlPlane) -> None:
        self._control_plane = control_plane
        self._owner_file = control_plane.files.directory / "cluster.json"
        self._existing: frozenset[str] | None = None
        self._opening = threading.Lock()
        self._api: tuple[ControlPlaneInfo, Api] | None = None
        self._owner: Owner | None = None

    def open(self, target: Target) -> RealCluster:
        """The API of the cluster, which the control plane then belongs to.

        Raises `UnreachableError` while the control plane is down or belongs to another cluster that exists.
        """
        with self._opening:
            self._claim(target, self.api)
            return RealCluster(target, self.api)

    @property
    def api(self) -> Api:
        """The API server. Raises `UnreachableError` while there is none."""
        info = self._control_plane.info
        if info is None:
            raise UnreachableError("the control plane does not run; `mlinfra sandbox start --control-plane` starts it")
        known = self._api
        if known is None or known[0] != info:
            known = self._api = info, Api(Path(info.kubeconfig))
        return known[1]

    @property
    def owner(self) -> Owner | None:
        """The cluster that the control plane belongs to, which may be gone meanwhile."""
        if self._owner is None:
            try:
                self._owner = Owner(**json.loads(self._owner_file.read_text()))
            except (OSError, ValueError, TypeError):
                return None
        return self._owner

    @property
    def place(self) -> tuple[str, str] | None:
        """Region and name of the cluster that the control plane belongs to, if it exists."""
        owner = self.owner
        return None if owner is None or self._gone(owner.key) else (owner.region, owner.name)

    def keep(self, existing: Collection[str]) -> None:
        """Note which clusters exist."""
        self._existing = frozenset(existing)

    def inventory(self) -> Mapping[str, Sequence[str]]:
        """What exists in the cluster over and above what a fresh one has."""
        owner = self.owner
        if owner is None or self._control_plane.info is None or self._gone(owner.key):
            return {}
        api, found = self.api, []
        for kind in api.kinds():
            try:
                live = [*api.objects(kind)]
            except ApiError:  # a kind whose definition is going, or one that cannot be listed
                continue
            for manifest in live:
                if not belongs_to_cluster(manifest):
                    metadata = manifest["metadata"]
                    place = "/".join(part for part in (metadata.get("namespace"), metadata["name"]) if part)
                    found.append(f"{kind.name} {place}")
        return {owner.name: sorted(found)} if found else {}

    def reset(self) -> None:
        """Empty the cluster, and let it belong to nobody."""
        with self._opening:
            self._control_plane.reset()
            self._owner_file.unlink(missing_ok=True)
            self._owner = self._api = None

    def _gone(self, key: str) -> bool:
        return self._existing is not None and key not in self._existing

    def _claim(self, target: Target, api: Api) -> None:
        """Let the control plane belong to the cluster, with the kinds that EKS itself brings."""
        owner = self.owner
        if owner is not None and owner.key == target.key:
            return
        if owner is not None:
            if not self._gone(owner.key) and self.inventory():
                raise UnreachableError(
                    f"the control plane on this machine is cluster {owner.name}'s, so {target.name} has no API server: "
                    f"delete {owner.name}, or stop the control plane to give every cluster an emulated one"
                )
            try:
                self._control_plane.reset()
            except SandboxError as error:
                raise UnreachableError(error.message) from error
            api = self.api
        for part in ("eks", *(["eks-auto-mode"] if target.auto_mode else [])):
            for definition in kubernetes_kinds.definitions(part):
                api.apply(outline(definition), manager=EKS, force=True)
        self._owner = Owner(target.key, target.name, target.region)
        write_private(self._owner_file, json.dumps(asdict(self._owner)).encode())


def belongs_to_kubernetes(kind: Kind) -> bool:
    """Whether Kubernetes itself has the kind: groups without a dot, and those of its own that end in k8s.io."""
    return "." not in kind.group or kind.group in _OWN_GROUPS


_OWN_GROUPS: Final = frozenset(
    f"{name}.k8s.io"
    for name in (
        "admissionregistration",
        "apiextensions",
        "apiregistration",
        "authentication",
        "authorization",
        "certificates",
        "coordination",
        "discovery",
        "events",
        "flowcontrol.apiserver",
        "internal.apiserver",
        "networking",
        "node",
        "rbac.authorization",
        "resource",
        "scheduling",
        "storage",
        "storagemigration",
    )
)


def _query(manager: str, dry_run: bool) -> dict[str, str]:
    query = {"fieldManager": manager, "fieldValidation": "Strict"}
    return query | {"dryRun": "All"} if dry_run else query
