"""Helm releases (`kubernetes:helm.sh/v3:Release`): recorded in the cluster as Helm records them, and not rendered.

A release becomes the Secret that Helm keeps (https://helm.sh/docs/topics/advanced/#storage-backends), with the chart's name,
its version and the values: `helm list` and `helm get values` read it. The custom kinds that a known chart brings are served
from then on. Where the `helm` binary and a chart on this machine are at hand, what it renders is deployed as well.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog import kubernetes_kinds
from mlinfra.engine.provider import (
    Checked,
    CheckFailure,
    Created,
    Diffed,
    DiffKind,
    PropertyDiff,
    ProviderFailure,
    ReadResult,
)
from mlinfra.sandbox.kubernetes import diffs, rendering
from mlinfra.sandbox.kubernetes.backend import ApiError
from mlinfra.sandbox.kubernetes.manifests import identity, name_of, namespace_of
from mlinfra.sandbox.kubernetes.properties import inputs_of
from mlinfra.sandbox.kubernetes.records import RESOURCE, content, labels, made_for, mark, record, revision, status
from mlinfra.stack.urn import name_of as urn_name
from mlinfra.stack.values import UNKNOWN, Asset, Properties, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from mlinfra.sandbox.kubernetes.backend import Cluster, Manifest

RELEASE: Final = "kubernetes:helm.sh/v3:Release"
MANAGER: Final = "helm"
KNOWN: Final = frozenset(
    {"allowNullValues", "atomic", "chart", "cleanupOnFail", "compat", "createNamespace", "dependencyUpdate", "description", "devel",
     "disableCRDHooks", "disableOpenapiValidation", "disableWebhooks", "forceUpdate", "keyring", "lint", "manifest",
     "maxHistory", "name", "namespace", "postrender", "recreatePods", "renderSubchartNotes", "replace", "repositoryOpts",
     "resetValues", "resourceNames", "reuseValues", "skipAwait", "skipCrds", "timeout", "valueYamlFiles", "values", "verify",
     "version", "waitForJobs"}
)  # fmt: skip
_TIMEOUT: Final = 300
_LONGEST: Final = 53  # characters of a release's name (Helm)
_COMPUTED: Final = ("manifest", "resourceNames", "status")
_IDENTITY: Final = ("name", "namespace")


class Releases:
    """The releases of one provider instance."""

    def __init__(self, cluster: Callable[[], Cluster], namespace: str) -> None:
        self._cluster = cluster
        self._namespace = namespace

    def check(self, urn: str, olds: Properties, news: Properties, seed: bytes, proposed: str) -> Checked:
        """Complete the inputs with name, namespace and timeout."""
        inputs = {name: value for name, value in news.items() if value is not None}
        failures = [
            CheckFailure(name, f"a Helm release has no property {name!r}")
            for name in inputs
            if name not in KNOWN and not name.startswith("__")
        ]
        if not plain(inputs.get("name")):
            inputs["name"] = plain(olds.get("name")) or proposed or f"{urn_name(urn)}-{_hex(seed, urn)}"
        inputs["namespace"] = inputs.get("namespace") or self._namespace
        if not plain(inputs.get("skipAwait")):
            inputs.setdefault("timeout", _TIMEOUT)
        if not inputs.get("chart"):
            failures.append(CheckFailure("chart", "a Helm release needs a chart"))
        name = plain(inputs["name"])
        if isinstance(name, str) and len(name) > _LONGEST:
            failures.append(
                CheckFailure(
                    "name", f"the name of a release has at most {_LONGEST} characters, and {name!r} has {len(name)}"
                )
            )
        return Checked(inputs, tuple(failures))

    def diff(self, urn: str, old_inputs: Properties, news: Properties) -> Diffed:
        """What changes between the inputs; another name or namespace is another release."""
        old, new = ({k: v for k, v in plain(one).items() if k not in _COMPUTED} for one in (old_inputs, news))
        detailed: dict[str, PropertyDiff] = diffs.diff(old, new, _IDENTITY)
        replaces = tuple(
            path for path, one in detailed.items() if one.kind in {DiffKind.UPDATE_REPLACE, DiffKind.ADD_REPLACE}
        )
        return Diffed(
            bool(detailed), replaces, tuple(dict.fromkeys(path.partition(".")[0] for path in detailed)), detailed
        )

    def create(self, urn: str, inputs: Properties, *, preview: bool) -> Created:
        """Install the release. One of that name that is there already is refused, as Helm does."""
        if preview:
            return Created("", {**inputs, **dict.fromkeys(_COMPUTED, UNKNOWN)})
        given = plain(inputs)
        cluster = self._cluster()
        name, namespace = str(given["name"]), str(given["namespace"])
        try:
            self._namespaced(cluster, namespace, create=bool(given.get("createNamespace")))
            records = self._records(cluster, name, namespace)
            if not given.get("replace") and any(not made_for(one, urn) for one in records):
                raise ProviderFailure(
                    f"installing the Helm release {namespace}/{name}: cannot re-use a name that is still in use",
                    fix="import the release, or give it another name",
                )
            outputs = self._deployed(cluster, urn, inputs, 1)
        except ApiError as error:
            raise _failure("installing", name, namespace, error) from error
        return Created(f"{namespace}/{name}", outputs)

    def update(self, urn: str, id: str, old_inputs: Properties, news: Properties, *, preview: bool) -> Properties:
        """Upgrade the release to its next revision."""
        if preview:
            return {**news, **dict.fromkeys(_COMPUTED, UNKNOWN)}
        namespace, _, name = id.rpartition("/")
        cluster = self._cluster()
        try:
            records = self._records(cluster, name, namespace)
            return self._deployed(cluster, urn, news, max((revision(one) for one in records), default=0) + 1)
        except ApiError as error:
            raise _failure("upgrading", name, namespace, error) from error

    def read(self, urn: str, id: str, inputs: Properties, outputs: Properties) -> ReadResult:
        """The release as the cluster has it."""
        namespace, _, name = id.rpartition("/")
        try:
            records = self._records(self._cluster(), name, namespace)
        except ApiError as error:
            raise _failure("reading", name, namespace, error) from error
        if not records:
            return ReadResult("")
        found = content(max(records, key=revision))
        about = found["chart"]["metadata"]
        told = {"name": name, "namespace": namespace, "chart": about["name"], "version": about["version"]}
        if found.get("config"):
            told["values"] = found["config"]
        shown: Properties = inputs_of({**(plain(inputs) or told), "values": told.get("values", {})}, inputs)
        if "values" not in inputs and not told.get("values"):
            shown.pop("values")
        state: Properties = {key: outputs[key] for key in _COMPUTED if key in outputs}
        return ReadResult(id, shown, {**shown, **state, "status": status(found, namespace)})

    def delete(self, urn: str, id: str) -> None:
        """Uninstall the release: its record, what it rendered, and the custom kinds that Helm does not keep."""
        namespace, _, name = id.rpartition("/")
        cluster = self._cluster()
        try:
            records = self._records(cluster, name, namespace)
            for record in records:
                found = content(record)
                for made in rendering.split(found.get("manifest", "")):
                    _remove(cluster, made["apiVersion"], made["kind"], namespace_of(made) or namespace, name_of(made))
                chart = kubernetes_kinds.chart(found["chart"]["metadata"]["name"])
                for one in chart.definitions if chart and not chart.kept else ():
                    _remove(cluster, "apiextensions.k8s.io/v1", "CustomResourceDefinition", "", one.name)
                _remove(cluster, "v1", "Secret", namespace, name_of(record))
        except ApiError as error:
            raise _failure("uninstalling", name, namespace, error) from error

    def abandon(self, urn: str, known: Collection[str]) -> list[str]:
        """Uninstall what was installed for this URN, save what the engine knows by one of the ids."""
        found = [
            f"{namespace_of(one)}/{one['metadata']['labels']['name']}"
            for one in self._records(self._cluster(), "", "")
            if made_for(one, urn)
        ]
        for id_ in (lost := [one for one in dict.fromkeys(found) if one not in known]):
            self.delete(urn, id_)
        return lost

    # --- helpers -----------------------------------------------------------------------------------------------------

    def _deployed(self, cluster: Cluster, urn: str, inputs: Properties, revision: int) -> Properties:
        given = plain(inputs)
        name, namespace = str(given["name"]), str(given["namespace"])
        chart = chart_name(str(given["chart"]))
        values = _values(given)
        rendered = rendering.rendered(given, values, cluster.target.version)
        if not given.get("skipCrds"):
            cluster.define(chart, str(given.get("version") or ""))
        for manifest in rendered:
            if cluster.kind(manifest["apiVersion"], manifest["kind"]).namespaced:
                manifest["metadata"].setdefault("namespace", namespace)
            cluster.apply(manifest, manager=MANAGER, force=True)
        for older in self._records(cluster, name, namespace):
            _remove(cluster, "v1", "Secret", namespace, name_of(older))
        kept = record(name, namespace, revision, chart, given, values, rendered)
        kept["metadata"]["labels"][RESOURCE] = mark(urn)
        cluster.create(kept, manager=MANAGER)
        outputs = {key: value for key, value in inputs.items() if not key.startswith("__")}
        names: dict[str, list[str]] = {}
        for one in rendered:
            names.setdefault(f"{one['kind']}/{one['apiVersion']}", []).append(identity(one))
        manifest = {f"{one['kind']}/{identity(one)}": one for one in rendered}
        return {**outputs, "manifest": manifest, "resourceNames": names, "status": status(content(kept), namespace)}

    def _namespaced(self, cluster: Cluster, namespace: str, *, create: bool) -> None:
        kind = cluster.kind("v1", "Namespace")
        try:
            cluster.get(kind, "", namespace)
        except ApiError as error:
            if not error.missing or not create:
                raise
            manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            cluster.create(manifest, manager=MANAGER)

    def _records(self, cluster: Cluster, name: str, namespace: str) -> Sequence[Manifest]:
        secrets = cluster.list(cluster.kind("v1", "Secret"), namespace)
        return [
            one for one in secrets if one.get("type") == "helm.sh/release.v1" and name in {"", labels(one).get("name")}
        ]


def chart_name(chart: str) -> str:
    """The name of a chart by how a program refers to it: a name, `repo/name`, an OCI reference, a path or an archive."""
    path = Path(chart)
    if (path / "Chart.yaml").is_file():
        return str(rendering.about(path)["name"])
    return chart.rstrip("/").rpartition("/")[2].partition(":")[0]


def _values(given: Properties) -> dict[str, Any]:
    """The values, from files and in place; a later one wins."""
    values: dict[str, Any] = {}
    for number, file in enumerate(given.get("valueYamlFiles") or ()):
        values = rendering.joined(values, rendering.read_values(_text(file, number)))
    return rendering.joined(values, given.get("values") or {})


def _text(file: Any, number: int) -> str:
    if isinstance(file, Asset):
        if file.text is not None:
            return file.text
        if file.path and Path(file.path).is_absolute():
            return Path(file.path).read_text()
    raise ProviderFailure(
        f"valueYamlFiles[{number}] cannot be read by the sandbox",
        fix="give its text as a StringAsset, or the values in `values`",
    )


def _remove(cluster: Cluster, api_version: str, kind: str, namespace: str, name: str) -> None:
    try:
        found = cluster.kind(api_version, kind)
        cluster.delete(found, namespace if found.namespaced else "", name)
    except ApiError as error:
        if not error.missing:
            raise


def _failure(doing: str, name: str, namespace: str, error: ApiError) -> ProviderFailure:
    fix = ""
    if error.missing and error.message.startswith("namespaces "):
        fix = "create the namespace first, or set createNamespace"
    return ProviderFailure(f"{doing} the Helm release {namespace}/{name}: {error.message}", fix=fix)


def _hex(seed: bytes, urn: str) -> str:
    return hashlib.sha512(seed or urn.encode()).hexdigest()[:8]
