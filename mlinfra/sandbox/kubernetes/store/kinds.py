"""The kinds that a cluster of the store serves: built-in ones, and those of custom resource definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog import kubernetes_kinds
from mlinfra.sandbox.kubernetes.backend import Kind, NoKindError
from mlinfra.sandbox.kubernetes.store.schemas import schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.sandbox.kubernetes.backend import Target
    from mlinfra.sandbox.kubernetes.store.schemas import Schema, Schemas
    from mlinfra.sandbox.kubernetes.store.state import State

DEFINITION: Final = ("apiextensions.k8s.io", "CustomResourceDefinition")
_ANYTHING: Final = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


class Kinds:
    """Discovery of one cluster."""

    def __init__(self, target: Target, state: State) -> None:
        self._target = target
        self._state = state

    @property
    def schemas(self) -> Schemas:
        """The schemas of the cluster's Kubernetes version."""
        return schemas(self._target.version)

    def all(self) -> list[Kind]:
        """Every kind that is served."""
        return [*self.schemas.kinds.values(), *(kind for kind, _ in self._custom())]

    def find(self, api_version: str, name: str) -> Kind:
        """The kind as it is served. Raises NoKindError."""
        found = self.schemas.kinds.get((api_version, name))
        if found is None:
            wanted = (api_version, name)
            found = next((kind for kind, _ in self._custom() if (kind.api_version, kind.name) == wanted), None)
        if found is None:
            raise NoKindError(api_version, name)
        return found

    def schema(self, kind: Kind) -> Schema | None:
        """What describes objects of the kind: a definition's own schema, typed models, or nothing."""
        found = self.schemas.of(kind)
        if found is not None:
            return found
        return next((schema for one, schema in self._custom() if one == kind and schema != _ANYTHING), None)

    def _custom(self) -> Iterator[tuple[Kind, Schema]]:
        for _, manifest in self._state.of(*DEFINITION):
            spec: dict[str, Any] = manifest["spec"]
            names = spec["names"]
            for version in spec["versions"]:
                if version.get("served"):
                    schema = version.get("schema", {}).get("openAPIV3Schema") or _ANYTHING
                    namespaced = spec.get("scope") == "Namespaced"
                    yield Kind(spec["group"], version["name"], names["kind"], names["plural"], namespaced), schema
        for part in ("eks", *(["eks-auto-mode"] if self._target.auto_mode else [])):
            for one in kubernetes_kinds.definitions(part):
                for number in one.versions:
                    yield Kind(one.group, number, one.kind, one.plural, one.namespaced), _ANYTHING


def definition(one: kubernetes_kinds.Definition) -> dict[str, Any]:
    """A definition that takes any content, for a custom kind of the catalogue."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": DEFINITION[1],
        "metadata": {"name": one.name, "labels": {"app.kubernetes.io/managed-by": "Helm"}},
        "spec": {
            "group": one.group,
            "names": {"kind": one.kind, "plural": one.plural},
            "scope": "Namespaced" if one.namespaced else "Cluster",
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": number == 0,
                    "schema": {"openAPIV3Schema": dict(_ANYTHING)},
                }
                for number, version in enumerate(one.versions)
            ],
        },
    }
