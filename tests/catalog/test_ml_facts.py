"""Facts that the rules about ML rest on."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.catalog import compatibility, eks, ml_ports, node_agents, sagemaker
from mlinfra.catalog.accelerators import accelerated

CATALOG = Path(eks.__file__).parent
TABLES = [
    "capacity",
    "device_layers",
    "devices",
    "instances_accelerated",
    "instances_general",
    "quotas",
    "versions",
    "pools",
    "compatibility",
    "eks",
    "ml_ports",
    "node_agents",
    "sagemaker",
]


def sources(value: object) -> list[str]:
    """Every source in a table."""
    if isinstance(value, dict):
        own = value.get("source", [])
        inner = [found for key, item in value.items() if key != "source" for found in sources(item)]
        return [*([own] if isinstance(own, str) else own), *inner]
    return []


@pytest.mark.parametrize("table", TABLES)
def test_every_table_names_its_sources_and_its_date(table: str) -> None:
    content = tomllib.loads((CATALOG / f"{table}.toml").read_text("utf-8"))
    assert isinstance(content["date"], date)
    assert sources(content)
    assert all(one.startswith("https://") for one in sources(content))


@pytest.mark.parametrize(
    ("name", "count", "efa", "cards"),
    [
        ("p5.48xlarge", 8, True, 32),
        ("ml.p4d.24xlarge", 8, True, 4),
        ("g5.xlarge", 1, False, 1),
        ("trn1.32xlarge", 16, True, 8),
        ("g6f.xlarge", 1, False, 1),
    ],
)
def test_accelerated_types(name: str, count: int, efa: bool, cards: int) -> None:
    found = accelerated(name)
    assert found is not None
    assert (found.count, found.efa, found.cards) == (count, efa, cards)


def test_families_stand_for_their_sizes() -> None:
    assert accelerated("p5") is not None
    assert accelerated("p5").efa
    assert not accelerated("g5g").efa
    assert accelerated("p5.9xlarge").count == 1


@pytest.mark.parametrize("name", ["m5.large", "c7i.metal-48xl", "", "p", "optimal", "t3"])
def test_what_has_no_accelerator(name: str) -> None:
    assert accelerated(name) is None


def test_kubernetes_versions_end_in_order() -> None:
    known = [eks.support(f"1.{minor}") for minor in range(28, 36)]
    ends = [one.standard for one in known if one is not None]
    assert ends == sorted(ends)
    assert all(one.standard < one.extended for one in known if one is not None)


def test_versions_outside_the_table() -> None:
    assert eks.support("1.40") is None
    assert eks.support("1.20") == eks.support("1.28")
    assert eks.support("1.36") == eks.Support(date(2027, 8, 2), date(2028, 8, 2))
    with pytest.raises(ValueError, match="newest"):
        eks.support("newest")


def test_ami_types() -> None:
    assert eks.accelerated_ami_type("AL2023_x86_64_NVIDIA")
    assert not eks.accelerated_ami_type("AL2023_x86_64_STANDARD")
    assert eks.supported_ami_type("AL2_x86_64", date(2025, 11, 26))
    assert not eks.supported_ami_type("AL2_x86_64", date(2025, 11, 27))


def test_notebook_platforms_end() -> None:
    assert "notebook-al2-v3" in sagemaker.notebook_platforms(date(2026, 6, 30))
    assert sagemaker.notebook_platforms(date(2026, 7, 1)) == {"notebook-al2023-v1"}


@pytest.mark.parametrize(
    ("port", "name", "tool"),
    [
        (8888, "", "jupyter"),
        (8265, "anything", "ray"),
        (5000, "mlflow", "mlflow"),
        (5000, "registry", None),
        (8000, "team-a-vllm", "vllm"),
        (8000, "tray", None),
        (443, "web", None),
    ],
)
def test_tools_by_port_and_name(port: int, name: str, tool: str | None) -> None:
    assert ml_ports.tool_at(port, name) == tool


def test_names_are_whole_words() -> None:
    assert ml_ports.tool_called("ray-head") == "ray"
    assert ml_ports.tool_called("array-service") is None


def test_agents_are_known_by_the_end_of_their_image() -> None:
    for image in (
        "nvcr.io/nvidia/k8s-device-plugin:v0.18.2",
        "k8s-device-plugin",
        "a.b:5000/c/k8s-device-plugin@sha256:00",
    ):
        found = node_agents.agent(image)
        assert found is not None
        assert found.name == "nvidia-device-plugin"
    assert node_agents.agent("k8s-device-plugin-of-mine:1") is None


def test_agents_mount_their_own_paths_only() -> None:
    found = node_agents.agent("k8s-device-plugin")
    assert found is not None
    assert found.may_mount("/var/lib/kubelet/device-plugins")
    assert found.may_mount("/run/nvidia/driver")
    assert not found.may_mount("/var/lib/kubelet")
    assert not found.may_mount("/run/nvidia/../../etc")
    assert not found.may_mount("/run/nvidia-other")


@given(st.lists(st.integers(0, 99), min_size=1, max_size=4), st.lists(st.integers(0, 99), min_size=1, max_size=4))
def test_versions_are_ordered_as_numbers(one: list[int], other: list[int]) -> None:
    texts = [".".join(map(str, parts)) for parts in (one, other)]
    padded = [(*parts, 0, 0, 0, 0)[:4] for parts in (one, other)]
    assert compatibility.at_least(f"v{texts[0]}", texts[1]) == (padded[0] >= padded[1])
    assert compatibility.at_least(texts[0], f"{texts[0]}-rc.1")


@pytest.mark.parametrize("text", [">=1.2", "1.x", "^2.0", "latest", "", "1.2 || 1.3", "~1.2.0"])
def test_ranges_are_no_versions(text: str) -> None:
    assert compatibility.version(text) is None


def test_charts_by_the_end_of_their_name() -> None:
    assert compatibility.chart_name("oci://registry.k8s.io/kueue/charts/kueue") == "kueue"
    assert compatibility.chart_name("https://a.example/mlflow-1.tgz") == "mlflow-1"
