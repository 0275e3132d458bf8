"""The schemas of kinds: built-in ones by Kubernetes version, custom ones by their definition or by typed models.

The OpenAPI definitions come with the package kubernetes-validate, one file for each minor version; a file is read when
a cluster of that version is first used, and never by the command line.
"""

from __future__ import annotations

import functools
import importlib
import json
import re
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog import kubernetes_kinds
from mlinfra.sandbox.kubernetes.backend import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Schema = dict[str, Any]

_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_FOLDER: Final = "kubernetes-json-schema"
_FILE: Final = "v{version}.0-local-strict"
_PLURALS: Final = {"Endpoints": "endpoints"}
_TRANSIENT: Final = frozenset({"Binding", "ComponentStatus", "Eviction", "Scale", "TokenRequest"})
_DEVICES: Final = "resource.k8s.io"
# Kinds that PyPI packages have pydantic models of: module and class.
_MODELS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("jobset.x-k8s.io/v1alpha2", "JobSet"): ("kubeflow_trainer_api.models", "JobsetV1alpha2JobSet"),
    **{
        ("trainer.kubeflow.org/v1alpha1", kind): ("kubeflow_trainer_api.models", f"TrainerV1alpha1{kind}")
        for kind in ("TrainJob", "TrainingRuntime", "ClusterTrainingRuntime")
    },
}


@dataclass(frozen=True)
class Schemas:
    """Everything that one Kubernetes version has schemas of."""

    definitions: Mapping[str, Schema]
    kinds: Mapping[tuple[str, str], Kind]
    """The built-in kinds, by API version and name."""
    roots: Mapping[tuple[str, str], Schema]
    _squeezed: dict[str, str] = field(default_factory=dict)

    def of(self, kind: Kind) -> Schema | None:
        """The schema of a kind, from the definitions or from typed models; None when nothing describes it."""
        key = (kind.api_version, kind.name)
        return self.roots.get(key) or _modelled(key)

    def resolve(self, schema: Schema) -> Schema:
        """The schema behind references and behind "this or nothing"."""
        while True:
            if "$ref" in schema:
                schema = self._referred(schema["$ref"])
            elif "allOf" in schema and len(schema["allOf"]) == 1:
                schema = schema["allOf"][0]
            elif "anyOf" in schema and len(rest := [one for one in schema["anyOf"] if one.get("type") != "null"]) == 1:
                schema = rest[0]
            else:
                return schema

    def _referred(self, reference: str) -> Schema:
        name = reference.rpartition("/")[2]
        found = self.definitions.get(name)
        if found is None:  # models spell io.k8s.api.core.v1.PodSpec as IoK8sApiCoreV1PodSpec
            found = self.definitions.get(self._known().get(name.lower(), "")) or _model_parts().get(name) or {}
        return found

    def _known(self) -> Mapping[str, str]:
        if not self._squeezed:
            self._squeezed.update({re.sub(r"[.\-]", "", name).lower(): name for name in self.definitions})
        return self._squeezed


@functools.cache
def schemas(version: str) -> Schemas:
    """The schemas of a Kubernetes version such as 1.35; of the nearest that there are schemas of."""
    folder = resources.files("kubernetes_validate").joinpath(_FOLDER)
    file = folder.joinpath(_FILE.format(version=nearest(version)), "_definitions.json")
    definitions: dict[str, Schema] = json.loads(file.read_text("utf-8"))["$defs"]
    kinds, roots = {}, {}
    for schema in definitions.values():
        if schema.get("properties", {}).get("metadata", {}).get("$ref", "").endswith(_META):
            for kind in filter(_served, _kinds(schema)):
                kinds[kind.api_version, kind.name] = kind
                roots[kind.api_version, kind.name] = schema
    return Schemas(definitions, kinds, roots)


@functools.cache
def available() -> tuple[str, ...]:
    """The Kubernetes versions that there are schemas of, the oldest first."""
    pattern = re.compile(re.escape(_FILE).replace(r"\{version\}", r"(\d+\.\d+)"))
    names = (entry.name for entry in resources.files("kubernetes_validate").joinpath(_FOLDER).iterdir())
    return tuple(sorted((found[1] for name in names if (found := pattern.fullmatch(name))), key=_number))


def nearest(version: str) -> str:
    """The version itself, or the nearest one with schemas."""
    known = available()
    if version in known:
        return version
    wanted = _number(version)
    return min(known, key=lambda one: abs(_number(one)[0] - wanted[0]) * 1000 + abs(_number(one)[1] - wanted[1]))


def plural(kind: str) -> str:
    """The plural of a kind's name, as Kubernetes forms it where a definition does not say."""
    name = kind.lower()
    if kind in _PLURALS:
        return _PLURALS[kind]
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "x", "ch", "sh")) else f"{name}s"


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2]) or (0, 0)


def _kinds(schema: Schema) -> Iterator[Kind]:
    for one in schema.get("x-kubernetes-group-version-kind", ()):
        name = one["kind"]
        yield Kind(one["group"], one["version"], name, plural(name), kubernetes_kinds.namespaced(name))


def _served(kind: Kind) -> bool:
    """Whether EKS serves the kind and keeps its objects: no alpha version, beta ones only where devices need them."""
    if kind.name in _TRANSIENT or kind.name.endswith("Review"):
        return False
    return re.fullmatch(r"v\d+", kind.version) is not None or (kind.group == _DEVICES and "alpha" not in kind.version)


def _modelled(key: tuple[str, str]) -> Schema | None:
    if key not in _MODELS:
        return None
    module, name = _MODELS[key]
    return _model(module, name)


@functools.cache
def _model(module: str, name: str) -> Schema | None:
    """The JSON schema of a pydantic model, closed to fields that it does not have; None without its package."""
    try:
        model: Any = getattr(importlib.import_module(module), name)
    except ImportError:
        return None
    schema: Schema = model.model_json_schema(by_alias=True)
    for part in schema.get("$defs", {}).values():
        if "properties" in part:
            part.setdefault("additionalProperties", False)
    _model_parts().update(schema.pop("$defs", {}))
    return {**schema, "additionalProperties": False}


@functools.cache
def _model_parts() -> dict[str, Schema]:
    return {}
