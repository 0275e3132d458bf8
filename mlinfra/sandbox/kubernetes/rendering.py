"""Manifests from elsewhere: YAML documents, kustomizations, and Helm charts on this machine by the `helm` binary."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from mlinfra.engine.provider import ProviderFailure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlinfra.sandbox.kubernetes.backend import Manifest

_SECONDS: Final = 120.0


def split(text: str) -> list[Manifest]:
    """The objects in YAML or JSON documents, those of lists one by one. Raises ProviderFailure for what is no object."""
    try:
        documents = list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        raise ProviderFailure(f"the YAML cannot be parsed: {error}") from error
    found: list[Manifest] = []
    for document in documents:
        if document is None:
            continue
        if not isinstance(document, dict) or not document.get("kind") or not document.get("apiVersion"):
            raise ProviderFailure(
                f"a YAML document is no Kubernetes object: it has no apiVersion and kind: {str(document)[:80]}"
            )
        items = document.get("items")
        found += items if str(document["kind"]).endswith("List") and isinstance(items, list) else [document]
    return found


def document(manifests: Iterable[Manifest]) -> str:
    """The manifests as YAML documents."""
    return "".join(f"---\n{yaml.safe_dump(one)}" for one in manifests)


def read_values(text: str) -> dict[str, Any]:
    """Helm values in YAML. Raises ProviderFailure for what is no mapping."""
    try:
        found = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise ProviderFailure(f"the values cannot be parsed: {error}") from error
    if not isinstance(found, dict):
        raise ProviderFailure("the values are no mapping")
    return found


def joined(values: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """The values with others over them, as Helm merges files: mappings join, everything else is replaced."""
    found = dict(values)
    for name, value in more.items():
        both = isinstance(value, dict) and isinstance(found.get(name), dict)
        found[name] = joined(found[name], value) if both else value
    return found


def about(chart: Path) -> dict[str, Any]:
    """What a chart says of itself in its Chart.yaml."""
    found: dict[str, Any] = yaml.safe_load((chart / "Chart.yaml").read_text())
    return found


def rendered(release: Mapping[str, Any], values: Mapping[str, Any], version: str) -> Sequence[Manifest]:
    """What the chart makes of the values; nothing unless it lies on this machine and there is a `helm` binary."""
    chart = Path(str(release["chart"]))
    helm = shutil.which("helm")
    if helm is None or not chart.is_absolute() or not (chart / "Chart.yaml").is_file():
        return []
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(values, file)
        file.flush()
        command = [helm, "template", str(release["name"]), str(chart), "--namespace", str(release["namespace"])]
        command += ["--values", file.name, "--kube-version", version]
        command += [] if release.get("skipCrds") else ["--include-crds"]
        return split(_run(command, f"the chart {chart} cannot be rendered"))


def kustomized(directory: str) -> Sequence[Manifest]:
    """What a kustomization on this machine makes, by the `kustomize` or `kubectl` binary. Raises ProviderFailure."""
    if not Path(directory).is_absolute():
        raise ProviderFailure(
            f"the kustomization {directory!r} is no absolute path, and the sandbox does not fetch any",
            fix="give its absolute path",
        )
    if kustomize := shutil.which("kustomize"):
        command = [kustomize, "build", directory]
    elif kubectl := shutil.which("kubectl"):
        command = [kubectl, "kustomize", directory]
    else:
        raise ProviderFailure(
            "there is no kustomize and no kubectl on PATH", fix="install one of them, and restart the sandbox"
        )
    return split(_run(command, f"the kustomization {directory} cannot be built"))


def _run(command: list[str], failed: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise ProviderFailure(f"{failed}: {error}") from error
    if done.returncode:
        raise ProviderFailure(f"{failed}: {done.stderr.strip()}")
    return done.stdout
