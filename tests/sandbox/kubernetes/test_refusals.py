"""Good manifests pass the object store; each of the mistakes is refused with a reason that names it."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlinfra.sandbox.kubernetes.backend import ApiError, Target
from mlinfra.sandbox.kubernetes.manifests import copied
from mlinfra.sandbox.kubernetes.store import Stores
from mlinfra.sandbox.kubernetes.store.cluster import StoreCluster

HERE = Path(__file__).parent
GOOD: dict[str, dict[str, Any]] = {
    f"{one['kind']}/{one['metadata']['name']}": one for one in yaml.safe_load_all((HERE / "good.yaml").read_text())
}
MISTAKES: list[list[Any]] = yaml.safe_load((HERE / "mistakes.yaml").read_text())
CHARTS = ("kueue", "jobset", "kubeflow-trainer")


@functools.cache
def cluster() -> StoreCluster:
    """A cluster with everything good in it."""
    found = Stores().open(Target("good", "good", "1.35"))
    for chart in CHARTS:
        found.define(chart, "")
    for manifest in GOOD.values():
        found.apply(manifest, manager="tests")
    return found


def changed(manifest: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    found: dict[str, Any] = copied(manifest)
    *parents, last = path.split(".")
    place: Any = found
    for part in parents:
        place = place[int(part)] if isinstance(place, list) else place.setdefault(part, {})
    place[last.replace("~", ".")] = value
    return found


@pytest.mark.parametrize("version", ["1.33", "1.35", "1.37"])
def test_good_manifests_pass_in_every_version(version: str) -> None:
    other = Stores().open(Target("k", "k", version))
    for chart in CHARTS:
        other.define(chart, "")
    for manifest in GOOD.values():
        if manifest["apiVersion"] == "resource.k8s.io/v1" and version == "1.33":
            with pytest.raises(ApiError, match="no matches for kind"):
                other.apply(manifest, manager="tests")
            continue
        live = other.apply(manifest, manager="tests")
        assert other.apply(manifest, manager="tests") == live  # an apply of the same changes nothing
        whole = {**live, "metadata": manifest["metadata"]}  # nor does one of everything that the server filled in
        assert (
            other.apply(whole, manager="others")["metadata"]["resourceVersion"] == live["metadata"]["resourceVersion"]
        )


@pytest.mark.parametrize(("name", "path", "value", "says"), MISTAKES, ids=lambda one: str(one)[:40])
def test_mistakes_are_refused(name: str, path: str, value: Any, says: str | None) -> None:
    wrong = changed(GOOD[name], path, value)
    wrong["metadata"] = {
        **wrong["metadata"],
        "name": wrong["metadata"]["name"]
        + ("-x" if path != "metadata.name" and wrong["kind"] != "CustomResourceDefinition" else ""),
    }
    if says is None:  # close to a mistake, and none
        cluster().apply(wrong, manager="tests", dry_run=True)
        return
    with pytest.raises(ApiError) as caught:
        cluster().apply(wrong, manager="tests", dry_run=True)
    assert re.search(says, caught.value.message), caught.value.message


def test_there_are_enough_mistakes() -> None:
    assert len([one for one in MISTAKES if one[3] is not None]) >= 100
    assert {name for name, *_ in MISTAKES} <= GOOD.keys()
