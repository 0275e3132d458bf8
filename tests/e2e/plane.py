"""A real control plane for tests: built once, started once for each module."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlinfra.sandbox.controlplane.api import Api
from mlinfra.sandbox.controlplane.build import build, built
from mlinfra.sandbox.controlplane.control import ControlPlane
from mlinfra.sandbox.controlplane.toolchain import Go
from mlinfra.sandbox.server.files import SandboxError
from tests.e2e.conftest import Shell

SECONDS = 60.0


def need_go() -> None:
    """Skip where the control plane cannot be built; build it where it is not built yet."""
    if built() is None:
        try:
            Go.find()
        except SandboxError as error:
            pytest.skip(error.message)
        build()


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane on its own, without a sandbox."""
    need_go()
    running = ControlPlane(tmp_path_factory.mktemp("plane"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def api(plane: ControlPlane) -> Api:
    """Its API server, as administrator."""
    assert plane.info is not None
    return Api(Path(plane.info.kubeconfig))


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A sandbox with a control plane."""
    need_go()
    shell = Shell(tmp_path_factory.mktemp("home"))
    shell.run("sandbox", "start", "--control-plane")
    yield shell
    shell.run("sandbox", "stop", code=None)


def api_of(shell: Shell) -> Api:
    """The API server of a sandbox's control plane, as administrator."""
    return Api(shell.home / "sandbox/control-plane/config/admin.kubeconfig")


def eventually(look: Callable[[], Any], wanted: Callable[[Any], bool] = bool, seconds: float = SECONDS) -> Any:
    """What is seen once it is as wanted; fails with what was seen last."""
    deadline = time.monotonic() + seconds
    while not wanted(seen := look()):
        assert time.monotonic() < deadline, f"after {seconds:.0f} s still: {seen!r:.2000}"
        time.sleep(0.25)
    return seen


def pod(name: str, namespace: str = "default", **resources: str) -> dict[str, Any]:
    """A pod that every pod security standard admits."""
    limits = {"cpu": "1", "memory": "1Gi"} | {
        {"gpu": "nvidia.com/gpu", "efa": "vpc.amazonaws.com/efa"}.get(key, key): value
        for key, value in resources.items()
    }
    secure = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True}
    container = {"name": "main", "image": "none", "resources": {"limits": limits}, "securityContext": secure}
    security = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {"containers": [container], "securityContext": security, "automountServiceAccountToken": False}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def node_of(api: Api, name: str, namespace: str = "default") -> dict[str, str]:
    """The labels of the node that a pod runs on, once it runs."""
    path = f"/api/v1/namespaces/{namespace}/pods/{name}"
    running = eventually(lambda: api.request("GET", path), lambda live: live["status"]["phase"] == "Running")
    labels: dict[str, str] = api.request("GET", f"/api/v1/nodes/{running['spec']['nodeName']}")["metadata"]["labels"]
    return labels
