"""What a user is told of a request that the cluster refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlinfra.engine.provider import ProviderFailure
from mlinfra.sandbox.kubernetes.backend import NoKindError
from mlinfra.sandbox.kubernetes.managing import FORCE
from mlinfra.sandbox.kubernetes.manifests import identity

if TYPE_CHECKING:
    from mlinfra.sandbox.kubernetes.backend import ApiError, Manifest


def failure(doing: str, manifest: Manifest, error: ApiError) -> ProviderFailure:
    """The failure, with what can be done about it."""
    named = f"{manifest.get('kind')} {identity(manifest)}".rstrip()
    fix = ""
    if isinstance(error, NoKindError):
        fix = "create its CustomResourceDefinition first, by the Helm release or the resource that brings it, and depend on it"
    elif error.reason == "AlreadyExists":
        fix = "import the object, patch it with a Patch resource, or give it another name"
    elif "failed with" in error.message and error.reason == "Conflict":
        fix = f'leave the field to its manager, or set the annotation {FORCE}: "true"'
    return ProviderFailure(f"{doing} {named}: {error.message}", fix=fix)
