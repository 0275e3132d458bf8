"""What an API server fills in where an object says nothing (`defaults.toml`, and what takes a little thought)."""

from __future__ import annotations

import base64
import functools
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlinfra.sandbox.kubernetes.manifests import copied, get, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlinfra.sandbox.kubernetes.backend import Kind, Manifest


def fill(kind: Kind, manifest: Manifest) -> None:
    """Complete the manifest in place."""
    key = f"{kind.group}/{kind.name}"
    table = _table()
    own = table["kinds"].get(key, {})
    for path, value in own.items():
        if path != "pod":
            _set(manifest, path, value)
    if "pod" in own and isinstance(get(manifest, own["pod"]), dict):
        pod = get(manifest, own["pod"])
        _fill_pod(pod, table)
        if key == "/Pod":  # templates leave it to the pods that are made of them
            for _, container in containers(pod):
                _request(container)
    if key in _THOUGHT:
        _THOUGHT[key](manifest)


def containers(pod: Manifest) -> Iterator[tuple[str, Manifest]]:
    """The containers of a pod's specification with their places."""
    for part in ("initContainers[]", "containers[]", "ephemeralContainers[]"):
        yield from within(pod, part)


def _fill_pod(pod: Manifest, table: dict[str, Any]) -> None:
    for path, value in table["pod"].items():
        _set(pod, path, value)
    if "serviceAccountName" in pod:
        pod.setdefault("serviceAccount", pod["serviceAccountName"])
    for _, container in containers(pod):
        for path, value in table["container"].items():
            _set(container, path, value)
        image = str(container.get("image", ""))
        latest = "@" not in image and (":" not in image.rpartition("/")[2] or image.endswith(":latest"))
        container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")


def _request(container: Manifest) -> None:
    limits = get(container, "resources.limits", {})
    if limits:
        requests = container["resources"].setdefault("requests", {})
        for name, amount in limits.items():
            requests.setdefault(name, amount)


def _set(target: Manifest, path: str, value: Any) -> None:
    """Set what is absent at a path. Only `spec`, `status` and what stands before the last name is made on the way."""
    parent, _, last = path.rpartition(".")
    if not parent:
        places: Any = [target]
    elif "[]" in parent:
        places = [one for _, one in within(target, parent)]
    elif parent in {"spec", "status"}:
        places = [target.setdefault(parent, {})]
    else:
        places = [get(target, parent)]
    for place in places:
        if isinstance(place, dict) and place.get(last) is None:
            place[last] = copied(value)


def _secret(manifest: Manifest) -> None:
    plain = manifest.pop("stringData", None)
    if isinstance(plain, dict):
        encoded = {name: base64.b64encode(str(text).encode()).decode() for name, text in plain.items()}
        manifest["data"] = {**(manifest.get("data") or {}), **encoded}


def _namespace(manifest: Manifest) -> None:
    metadata = manifest["metadata"]
    metadata["labels"] = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": metadata.get("name", "")}


def _service(manifest: Manifest) -> None:
    if get(manifest, "spec.type") == "ExternalName":
        manifest["spec"].pop("internalTrafficPolicy", None)
        return
    for port in get(manifest, "spec.ports", []):
        port.setdefault("targetPort", port.get("port"))
    if get(manifest, "spec.type") in {"NodePort", "LoadBalancer"}:
        manifest["spec"].setdefault("externalTrafficPolicy", "Cluster")
    if get(manifest, "spec.type") == "LoadBalancer":
        manifest["spec"].setdefault("allocateLoadBalancerNodePorts", True)


def _policy(manifest: Manifest) -> None:
    spec = manifest["spec"]
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def _subjects(manifest: Manifest) -> None:
    for subject in manifest.get("subjects") or ():
        if subject.get("kind") in {"User", "Group"}:
            subject.setdefault("apiGroup", "rbac.authorization.k8s.io")


def _job(manifest: Manifest) -> None:
    spec = manifest["spec"]
    if spec.get("completions") is None and spec.get("parallelism") == 1:
        spec["completions"] = 1


def _definition(manifest: Manifest) -> None:
    names = get(manifest, "spec.names", {})
    if isinstance(names.get("kind"), str):
        names.setdefault("singular", names["kind"].lower())
        names.setdefault("listKind", f"{names['kind']}List")


def _limits(manifest: Manifest) -> None:
    for _, item in within(manifest, "spec.limits[]"):
        if item.get("type") == "Container":
            for name, amount in (item.get("max") or {}).items():
                item.setdefault("default", {}).setdefault(name, amount)
            for name, amount in (item.get("default") or {}).items():
                item.setdefault("defaultRequest", {}).setdefault(name, amount)


_THOUGHT: dict[str, Callable[[Manifest], None]] = {
    "/LimitRange": _limits,
    "/Namespace": _namespace,
    "/Secret": _secret,
    "/Service": _service,
    "apiextensions.k8s.io/CustomResourceDefinition": _definition,
    "batch/Job": _job,
    "networking.k8s.io/NetworkPolicy": _policy,
    "rbac.authorization.k8s.io/ClusterRoleBinding": _subjects,
    "rbac.authorization.k8s.io/RoleBinding": _subjects,
}


@functools.cache
def _table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("defaults.toml").read_text())
