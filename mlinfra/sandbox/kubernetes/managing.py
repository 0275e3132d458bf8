"""Under which name the fields of an object are managed. It follows from the URN: what was made for a resource is known by it."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from mlinfra.sandbox.kubernetes.backend import ApiError
from mlinfra.sandbox.kubernetes.manifests import annotation, meta, name_of, namespace_of
from mlinfra.sandbox.kubernetes.properties import MANAGER
from mlinfra.stack.values import Properties, plain

if TYPE_CHECKING:
    from mlinfra.sandbox.kubernetes.backend import Cluster, Manifest

FORCE: Final = "pulumi.com/patchForce"
FIELD_MANAGER: Final = "pulumi.com/patchFieldManager"


def manager_of(urn: str) -> str:
    """The name for a resource."""
    return f"pulumi-kubernetes-{hashlib.sha256(urn.encode()).hexdigest()[:8]}"


def manager(urn: str, manifest: Manifest, outputs: Properties) -> str:
    """The name that the resource says, has had so far, or gets."""
    return str(annotation(manifest, FIELD_MANAGER) or plain(outputs.get(MANAGER)) or manager_of(urn))


def manages(live: Manifest, name: str) -> bool:
    """Whether the manager of this name has a share in the object."""
    return any(one.get("manager") == name for one in meta(live).get("managedFields") or ())


def forced(manifest: Manifest, *, otherwise: bool) -> bool:
    """Whether fields of other managers are taken over."""
    said = annotation(manifest, FORCE)
    return said == "true" if said else otherwise


def let_go(cluster: Cluster, manifest: Manifest, namespace: str, name: str, manager: str) -> None:
    """Take back a share in somebody else's object, which stays."""
    kind = cluster.kind(manifest["apiVersion"], manifest["kind"])
    cluster.get(kind, namespace, name)
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    bare = {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": metadata}
    cluster.apply(bare, manager=manager, force=True)


def refuse_others(cluster: Cluster, manifest: Manifest, manager: str) -> None:
    """Refuse to make an object that is there, unless `manager` made it for an engine that was killed."""
    kind = cluster.kind(manifest["apiVersion"], manifest["kind"])
    try:
        live = cluster.get(kind, namespace_of(manifest), name_of(manifest))
    except ApiError as error:
        if error.missing:
            return
        raise
    if not manages(live, manager):
        message = f'{kind.plural} "{name_of(manifest)}" already exists'
        raise ApiError(HTTPStatus.CONFLICT, "AlreadyExists", message)
