"""What the provider asks of the API servers behind it. The object store and a real control plane both answer it.

The provider turns Pulumi's calls into these, waits for what takes time, and turns manifests into inputs and outputs. A
backend does what an API server does: it validates, defaults, merges and keeps objects, and refuses with `ApiError`.
Manifests are plain dicts and lists as in JSON; what is given is never changed, what is returned is the caller's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

Manifest = dict[str, Any]


class ApiError(Exception):
    """A request that an API server refuses. `code` and `reason` are those of its `Status` object."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message

    @property
    def missing(self) -> bool:
        """Whether what was asked for does not exist (404)."""
        return self.code == HTTPStatus.NOT_FOUND


class UnreachableError(ApiError):
    """There is no API server to ask: the cluster does not exist, is not active, or does not answer."""

    def __init__(self, message: str) -> None:
        super().__init__(HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable", message)


class NoKindError(ApiError):
    """The cluster does not serve this kind: a built-in one that it does not have, or one without its definition."""

    def __init__(self, api_version: str, kind: str) -> None:
        message = f'no matches for kind "{kind}" in version "{api_version}"'
        super().__init__(HTTPStatus.NOT_FOUND, "NoKindMatch", message)


@dataclass(frozen=True, slots=True)
class Target:
    """The cluster that a kubeconfig leads to. `key` names it for ever: a later cluster of the same name has another."""

    key: str
    name: str
    version: str  # of Kubernetes, such as 1.35
    endpoint: str = ""
    region: str = "us-east-1"
    auto_mode: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind that a cluster serves."""

    group: str  # empty for the core group
    version: str
    name: str
    plural: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        """Group and version as objects spell them."""
        return f"{self.group}/{self.version}" if self.group else self.version


class Hopeless(str):
    """Why an object will never be ready: waiting longer would be in vain."""

    __slots__ = ()


class Cluster(Protocol):
    """One cluster's API. Calls may come from several threads at once.

    `namespace` is empty for kinds without one. Every method raises `ApiError` where the API server would refuse, and
    `UnreachableError` when there is none.
    """

    target: Target

    def kind(self, api_version: str, name: str) -> Kind:
        """The kind as the cluster serves it. Raises `NoKindError` where it does not, perhaps not yet."""
        ...

    def kinds(self) -> Sequence[Kind]:
        """Every kind that the cluster serves, those of custom resource definitions included."""
        ...

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest:
        """The live object. Raises `ApiError` with code 404 where there is none."""
        ...

    def list(self, kind: Kind, namespace: str = "") -> Sequence[Manifest]:
        """The live objects, of every namespace unless one is given."""
        ...

    def create(self, manifest: Manifest, *, manager: str, dry_run: bool = False) -> Manifest:
        """Make a new object (POST) and return it live. One that exists is an `ApiError` with code 409."""
        ...

    def apply(self, manifest: Manifest, *, manager: str, force: bool = False, dry_run: bool = False) -> Manifest:
        """Server-side apply: make the object, or change the fields that the manifest has, and return it live.

        A field that `manager` applied before and that is not in the manifest goes. One that another manager applied
        with another value is a conflict (409), unless `force` takes it over.
        """
        ...

    def patch(self, kind: Kind, namespace: str, name: str, patch: Manifest, *, manager: str) -> Manifest:
        """Change an object by a JSON merge patch (RFC 7386) and return it live."""
        ...

    def delete(self, kind: Kind, namespace: str, name: str, *, propagation: str = "Background") -> None:
        """Ask for the end of an object; it may take time. `propagation`: Background, Foreground or Orphan."""
        ...

    def unready(self, live: Manifest) -> str:
        """Why the object is not ready yet, in a few words; empty when it is, or when nothing is to be waited for.

        A `Hopeless` reason says that it will never be.
        """
        ...

    def define(self, chart: str, version: str) -> Sequence[str]:
        """Make the custom resource definitions of a known Helm chart served, since charts are not rendered.

        Returns their names; none for a chart that brings none or is not known. Those that are there stay.
        """
        ...

    def fidelity(self, kind: Kind) -> str:
        """How well objects of the kind are emulated: `real`, `validated`, or `recorded` (structure only)."""
        ...


class Backend(Protocol):
    """Where clusters have their API servers."""

    def open(self, target: Target) -> Cluster:
        """The API of a cluster. Raises `UnreachableError`."""
        ...

    def keep(self, existing: Collection[str]) -> None:
        """Forget what belongs to clusters that are gone: those whose key is not among `existing`."""
        ...

    def inventory(self) -> Mapping[str, Sequence[str]]:
        """What exists in each cluster by its name, without what a fresh cluster has, as `Kind namespace/name`."""
        ...

    def reset(self) -> None:
        """Forget everything."""
        ...
