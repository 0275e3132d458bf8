"""The custom resource definitions that Helm charts bring, since charts themselves are not rendered.

Where a project publishes them in a Go module too (`crds.toml`), they are the project's own, schema and all. The others
are made from the catalogue's names of kinds: the API server then takes any object of them that has the right outline.
"""

from __future__ import annotations

import functools
import logging
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from mlinfra.catalog import charts, kubernetes_kinds
from mlinfra.sandbox.controlplane.build import download
from mlinfra.sandbox.server.files import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mlinfra.catalog.kubernetes_kinds import Definition
    from mlinfra.sandbox.kubernetes.backend import Manifest

ANY: Final = "x-kubernetes-preserve-unknown-fields"
APPROVED: Final = "api-approved.kubernetes.io"
log = logging.getLogger("mlinfra.sandbox")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where definitions are: a folder or file of a Go module. `also` names charts whose definitions come along.

    `nearest` is the version to take where the chart's own cannot be fetched; what it does not know passes then.
    """

    source: str
    module: str = ""
    path: str = ""
    version: str = ""
    nearest: str = ""
    also: Sequence[str] = ()


def source(chart: str) -> Source | None:
    """The module that has a chart's definitions, if one is known."""
    entry = _table()["charts"].get(chart)
    return None if entry is None else Source(**entry)


def definitions(chart: str, version: str) -> list[Manifest]:
    """The definitions of a chart, none for one that brings none or is not known.

    Those of a module that cannot be fetched are of the nearest version that can, else made from the catalogue; the log
    says so.
    """
    place = source(chart)
    published = _published(chart, version, place) if place is not None and place.module else []
    for other in place.also if place else ():
        published += definitions(other, charts.chart(other).version)
    names = {manifest["metadata"]["name"] for manifest in published}
    known = kubernetes_kinds.chart(chart)
    return published + [outline(one) for one in merged(known.definitions if known else ()) if one.name not in names]


def _published(chart: str, version: str, place: Source) -> list[Manifest]:
    wanted = place.version or f"v{version.removeprefix('v')}"
    for candidate in dict.fromkeys((wanted, place.nearest or wanted)):
        try:
            found = [*read(_fetch(place.module, candidate) / place.path)]
        except SandboxError as error:
            log.warning("the definitions of chart %s %s cannot be fetched: %s", chart, candidate, error)
            continue
        for manifest in found if candidate != wanted else ():
            for served in manifest["spec"]["versions"]:
                for part in served["schema"]["openAPIV3Schema"].get("properties", {}).values():
                    _open(part)
        return found
    return []


def _open(schema: dict[str, Any]) -> None:
    """Let pass what a schema does not know; what it knows is validated as before."""
    if "properties" in schema:
        schema[ANY] = True
    inner = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
    for part in inner:
        if isinstance(part, dict):
            _open(part)


def read(place: Path) -> Iterator[Manifest]:
    """The definitions in a file or in the files of a folder, without what needs their project's own webhooks."""
    for file in sorted(place.glob("*.yaml")) if place.is_dir() else [place]:
        for manifest in yaml.load_all(file.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if manifest and manifest.get("kind") == "CustomResourceDefinition":
                manifest["spec"].pop("conversion", None)
                manifest.pop("status", None)
                approval = _approval(manifest["spec"]["group"]) | (manifest["metadata"].get("annotations") or {})
                manifest["metadata"] = {
                    "name": manifest["metadata"]["name"],
                    "annotations": {key: value for key, value in approval.items() if key == APPROVED},
                }
                yield manifest


def outline(definition: Definition) -> Manifest:
    """A definition that knows names and scope, and lets every field pass."""
    anything = {"type": "object", ANY: True}
    schema = {"type": "object", ANY: True, "properties": {"status": anything}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": definition.name, "annotations": _approval(definition.group)},
        "spec": {
            "group": definition.group,
            "scope": "Namespaced" if definition.namespaced else "Cluster",
            "names": {
                "kind": definition.kind,
                "listKind": f"{definition.kind}List",
                "plural": definition.plural,
                "singular": definition.kind.lower(),
            },
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": number == 0,
                    "schema": {"openAPIV3Schema": schema},
                    "subresources": {"status": {}},
                }
                for number, version in enumerate(definition.versions)
            ],
        },
    }


def made_from_its_name(manifest: Manifest) -> bool:
    """Whether a definition is an outline rather than a project's own."""
    return any(ANY in version["schema"]["openAPIV3Schema"] for version in manifest["spec"]["versions"])


def merged(found: Iterable[Definition]) -> Iterator[Definition]:
    """Each definition once, for charts whose parts bring the same."""
    yield from {one.name: one for one in found}.values()


def _approval(group: str) -> dict[str, str]:
    """What the API server asks of definitions in Kubernetes' own groups."""
    own = group.endswith((".k8s.io", ".kubernetes.io"))
    return {APPROVED: "unapproved, for the sandbox"} if own else {}


@functools.cache
def _fetch(module: str, version: str) -> Path:
    return Path(download(module, version)["Dir"])


@functools.cache
def _table() -> dict[str, Any]:
    return tomllib.loads((resources.files("mlinfra.sandbox.controlplane") / "crds.toml").read_text("utf-8"))
