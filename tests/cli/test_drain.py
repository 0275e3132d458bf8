"""`mlinfra drain`: looks first, asks, and says what it did."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlinfra.components.cluster.api import ClusterObjects
from mlinfra.components.cluster.drain import drain
from tests.components.cluster.test_drain import Fake, cluster, one

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "a",
    "clusters": [{"name": "a", "cluster": {"server": "https://127.0.0.1:9"}}],
    "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
    "users": [{"name": "a", "user": {"token": "x"}}],
}


@pytest.fixture
def run(make, tmp_path, monkeypatch):
    """`run(fake, …)` drains a cluster of fake objects; None leaves the real client in place."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(KUBECONFIG))
    project = make()

    def run(fake: Fake | None, *arguments: str, kubeconfig: bool = True) -> Any:
        if fake is not None:
            monkeypatch.setattr(ClusterObjects, "of", classmethod(lambda *_: fake))
            monkeypatch.setitem(drain.__kwdefaults__, "interval", 1.0)
            monkeypatch.setitem(drain.__kwdefaults__, "sleep", fake.sleep)
        return project.run("drain", *(["--kubeconfig", str(path)] if kubeconfig else []), *arguments)

    return run


def test_a_look_deletes_nothing(run) -> None:
    fake = Fake(cluster())
    assert "Service team/web" in run(fake, "--preview-only").err
    told = json.loads(run(fake, "--preview-only", "--json").out)
    assert told["planned"]["load balancers"] == ["Ingress team/site", "Service team/web"]
    assert fake.deleted == []


def test_nobody_to_ask_is_an_error_and_yes_is_an_answer(run) -> None:
    fake = Fake([one("networking.k8s.io/v1", "Ingress", "site", "team")])
    assert run(fake).code == 2
    assert fake.deleted == []
    assert json.loads(run(fake, "--yes", "--json").out) == {"deleted": ["Ingress team/site"]}
    assert "made nothing" in run(fake, "--yes").err


def test_what_cannot_be_drained_says_why(run, tmp_path) -> None:
    assert "it is not said which cluster" in run(None, kubeconfig=False).error
    assert "there is no kubeconfig" in run(None, "--kubeconfig", "nowhere").error
    (tmp_path / "broken").write_text("a: [")
    assert "not a kubeconfig" in run(None, "--kubeconfig", str(tmp_path / "broken")).error
    assert "the cluster does not answer" in run(None).error
