"""The Secrets in which Helm keeps its releases."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.kubernetes import rendering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlinfra.sandbox.kubernetes.backend import Manifest
    from mlinfra.stack.values import Properties

RESOURCE: Final = "pulumi.com/resource"  # the label that says for which resource a release was made


def mark(urn: str) -> str:
    """What stands for a resource in that label."""
    return hashlib.sha512(urn.encode()).hexdigest()[:8]


def record(
    name: str,
    namespace: str,
    revision: int,
    chart: str,
    given: Properties,
    values: dict[str, Any],
    rendered: Sequence[Manifest],
) -> Manifest:
    """The Secret of a release."""
    content = {
        "name": name,
        "namespace": namespace,
        "version": revision,
        "info": {"status": "deployed", "description": given.get("description") or "recorded by the sandbox"},
        "chart": {"metadata": {"name": chart, "version": str(given.get("version") or ""), "apiVersion": "v2"}},
        "config": values,
        "manifest": rendering.document(rendered),
    }
    packed = base64.b64encode(gzip.compress(json.dumps(content).encode(), mtime=0))
    labels = {"name": name, "owner": "helm", "status": "deployed", "version": str(revision)}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": {"name": f"sh.helm.release.v1.{name}.v{revision}", "namespace": namespace, "labels": labels},
        "data": {"release": base64.b64encode(packed).decode()},
    }


def content(record: Manifest) -> dict[str, Any]:
    """What the Secret says of its release."""
    packed = base64.b64decode(base64.b64decode(record["data"]["release"]))
    found: dict[str, Any] = json.loads(gzip.decompress(packed))
    return found


def labels(record: Manifest) -> dict[str, str]:
    """The labels of the Secret."""
    return record["metadata"].get("labels") or {}


def made_for(record: Manifest, urn: str) -> bool:
    """Whether the release was made for this resource."""
    return labels(record).get(RESOURCE) == mark(urn)


def revision(record: Manifest) -> int:
    """Which revision of the release it is."""
    return int(record["metadata"]["labels"]["version"])


def status(found: dict[str, Any], namespace: str) -> dict[str, Any]:
    """The status of the release, as Pulumi shows it."""
    about = found["chart"]["metadata"]
    return {
        "appVersion": about.get("appVersion", ""),
        "chart": about["name"],
        "name": found["name"],
        "namespace": namespace,
        "revision": found["version"],
        "status": "deployed",
        "version": about["version"],
    }
