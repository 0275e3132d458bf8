"""Definitions that charts bring."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlinfra.catalog import charts, kubernetes_kinds
from mlinfra.sandbox.controlplane import crds
from mlinfra.sandbox.server.files import SandboxError


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise SandboxError("no network")

    monkeypatch.setattr(crds, "download", refuse)
    monkeypatch.setattr(subprocess, "run", refuse)
    crds._fetch.cache_clear()


def test_every_known_chart_brings_all_of_its_kinds_even_without_its_module() -> None:
    for name in charts.charts():
        known = kubernetes_kinds.chart(name)
        found = crds.definitions(name, charts.chart(name).version)
        assert {one["metadata"]["name"] for one in found} == {one.name for one in (known.definitions if known else ())}
    assert crds.definitions("nobodys-chart", "1.0.0") == []


def test_a_module_s_own_definitions_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "pkg" / "apis" / "crds"
    folder.mkdir(parents=True)
    own = crds.outline(next(iter(kubernetes_kinds.definitions("karpenter"))))
    own["metadata"]["annotations"] = {"mine": "yes"}
    own["spec"]["conversion"] = {"strategy": "Webhook"}
    own["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["description"] = "the project's own"
    (folder / "a.yaml").write_text(yaml.safe_dump_all([None, own, {"kind": "Service"}]))
    asked: list[tuple[str, str]] = []

    def download(module: str, version: str) -> dict[str, str]:
        asked.append((module, version))
        return {"Dir": str(tmp_path)}

    monkeypatch.setattr(crds, "download", download)
    found = {one["metadata"]["name"]: one for one in crds.definitions("karpenter", "1.14.1")}
    assert asked == [("github.com/aws/karpenter-provider-aws", "v1.14.1")]
    first = found["nodepools.karpenter.sh"]
    assert first["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["description"] == "the project's own"
    assert first["metadata"] == {"name": "nodepools.karpenter.sh", "annotations": {}}
    assert "conversion" not in first["spec"]
    assert set(found) == {one.name for one in kubernetes_kinds.definitions("karpenter")}


def test_the_nearest_version_lets_pass_what_it_does_not_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "config" / "components" / "crd" / "bases"
    folder.mkdir(parents=True)
    own = crds.outline(next(one for one in kubernetes_kinds.definitions("kueue") if one.kind == "ClusterQueue"))
    share = {"type": "object", "properties": {"weight": {"type": "integer"}}}
    known = {"metadata": {"type": "object"}, "spec": {"type": "object", "properties": {"shares": {"items": share}}}}
    own["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = {"type": "object", "properties": known}
    (folder / "a.yaml").write_text(yaml.safe_dump(own))

    def download(_: str, version: str) -> dict[str, str]:
        if version != crds.source("kueue").nearest:
            raise SandboxError("not there yet")
        return {"Dir": str(tmp_path)}

    monkeypatch.setattr(crds, "download", download)
    (found,) = [one for one in crds.definitions("kueue", "0.19.3") if one["spec"]["names"]["kind"] == "ClusterQueue"]
    schema = found["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    spec = schema["properties"]["spec"]
    assert spec[crds.ANY]
    assert spec["properties"]["shares"]["items"] == share | {crds.ANY: True}
    assert crds.ANY not in schema
    assert not crds.made_from_its_name({"spec": {"versions": found["spec"]["versions"][:1]}})


def test_an_outline_stores_the_first_version_and_lets_everything_pass() -> None:
    queue = next(one for one in kubernetes_kinds.definitions("kueue") if one.kind == "LocalQueue")
    spec = crds.outline(queue)["spec"]
    assert [(one["name"], one["storage"]) for one in spec["versions"]] == [("v1beta2", True), ("v1beta1", False)]
    assert (spec["scope"], spec["names"]["plural"]) == ("Namespaced", "localqueues")


def test_sources_are_charts_of_the_catalogue() -> None:
    for name in crds._table()["charts"]:
        assert kubernetes_kinds.chart(name) is not None
        assert crds.source(name).source.startswith("https://")


def test_definitions_in_kubernetes_own_groups_are_marked_as_the_api_server_wants(tmp_path: Path) -> None:
    spark = next(iter(kubernetes_kinds.definitions("spark")))
    made = crds.outline(spark)
    assert crds.APPROVED in made["metadata"]["annotations"]
    for given, kept in (({}, "unapproved"), ({crds.APPROVED: "https://example.org", "other": "x"}, "https")):
        made["metadata"]["annotations"] = given
        (tmp_path / "crd.yaml").write_text(yaml.safe_dump(made))
        (read,) = crds.read(tmp_path)
        assert [*read["metadata"]["annotations"]] == [crds.APPROVED]
        assert read["metadata"]["annotations"][crds.APPROVED].startswith(kept)
