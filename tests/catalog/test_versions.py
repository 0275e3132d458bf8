"""The version lock: what it pins, how a project overrides it, and what is known not to go together."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.catalog import charts, compatibility, compatibility_check, eks, versions
from mlinfra.catalog.compatibility_check import Chosen, Problem, check, holds, lock
from mlinfra.errors import ConfigError

TODAY = date(2026, 11, 22)
BAD = {Problem.INCOMPATIBLE, Problem.ENDED}


def problems(chosen: Chosen, today: date = TODAY) -> set[tuple[str, str]]:
    return {(one.problem.value, one.subject) for one in check(chosen, today)}


@pytest.mark.parametrize("name", charts.charts())
def test_every_chart_says_where_it_is_from(name: str) -> None:
    found = charts.chart(name)
    assert found.chart.startswith("oci://") == (found.repository is None)
    assert found.repository is None or found.repository.startswith("https://")
    assert compatibility.version(found.version)
    assert found.source.startswith("https://")
    assert isinstance(found.date, date)
    assert found.namespace
    assert found.instead_of is None or found.instead_of in charts.charts()


@pytest.mark.parametrize("name", charts.addons())
@pytest.mark.parametrize("kubernetes", ["1.34", "1.35", "1.36"])
def test_every_addon_has_a_version_for_what_is_supported(name: str, kubernetes: str) -> None:
    found = charts.addon(name, kubernetes=kubernetes)
    assert re.fullmatch(r"v\d+\.\d+\.\d+-eksbuild\.\d+", found.version)
    assert found.source.startswith("https://")
    assert found.service_account is None or all(found.service_account)
    assert not found.policies or found.service_account


def test_the_default_is_supported_for_months() -> None:
    support = eks.support(eks.DEFAULT)
    assert support is not None and support.standard is not None
    assert support.standard - TODAY > timedelta(days=compatibility.fact("notice", "days"))
    assert eks.supported_versions(TODAY) == ("1.34", "1.35", "1.36")


def test_unknown_names_are_told_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean kueue"):
        charts.chart("kueu")
    with pytest.raises(ConfigError, match="did you mean vpc-cni"):
        charts.addon("vpc-cn", kubernetes="1.35")
    with pytest.raises(ConfigError, match=r"for Kubernetes 1\.20"):
        charts.addon("vpc-cni", kubernetes="1.20")


def test_a_project_overrides_the_lock(tmp_path: Path) -> None:
    assert versions.load(tmp_path) == versions.NONE
    (tmp_path / versions.FILE).write_text(
        'kubernetes = "1.36"\ncharts.kueue = "0.19.4"\naddons.vpc-cni = "v1.22.0-eksbuild.1"\n'
    )
    mine = versions.load(tmp_path)
    assert charts.chart("kueue", mine).version == "0.19.4"
    assert charts.chart("jobset", mine) == charts.chart("jobset")
    assert charts.addon("vpc-cni", kubernetes="1.20", overrides=mine).version == "v1.22.0-eksbuild.1"
    chosen = lock(mine)
    assert (chosen.kubernetes, chosen.charts["kueue"]) == ("1.36", "0.19.4")
    assert problems(chosen) == {("outdated", "vpc-cni")}


def test_components_deploy_what_the_project_pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "stacks" / "platform"
    program.mkdir(parents=True)
    monkeypatch.chdir(program)
    pins = tmp_path / versions.FILE
    pins.write_text('kubernetes = "1.36"\ncharts.kueue = "0.19.4"\naddons.vpc-cni = "v1.22.0-eksbuild.1"\n')
    assert (charts.chart("kueue").version, eks.default_version()) == ("0.19.4", "1.36")
    assert charts.addon("vpc-cni", kubernetes="1.36").version == "v1.22.0-eksbuild.1"
    assert charts.pinned_chart("kueue").version != "0.19.4"
    assert charts.chart("kueue", versions.Overrides(charts={"kueue": "0.19.5"})).version == "0.19.5"
    assert charts.chart("jobset", versions.Overrides(charts={"kueue": "0.19.5"})) == charts.pinned_chart("jobset")
    (program / "Pulumi.yaml").write_text("name: other\n")
    assert (charts.chart("kueue"), eks.default_version()) == (charts.pinned_chart("kueue"), eks.DEFAULT)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("charts.kueue = ", "is not TOML"),
        ('charts.kueu = "0.19.4"', "did you mean kueue"),
        ('chart.kueue = "0.19.4"', "did you mean charts"),
        ("charts.kueue = 0.19", "one exact version"),
        ('charts.kueue = ">=0.19"', "one exact version"),
        ('addons.coredns = "latest"', "one exact version"),
        ("kubernetes = 1.36", "one exact version"),
        ('charts = "kueue"', "charts is 'kueue'"),
    ],
)
def test_wrong_overrides_are_refused(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        versions.parse(text, "mlinfra.versions.toml")
    assert says in str(refused.value)
    assert "mlinfra.versions.toml" in str(refused.value)


@pytest.mark.parametrize("kubernetes", ["1.34", "1.35", "1.36"])
@pytest.mark.parametrize("extras", [(), ("nvidia-dra-driver", "karpenter-static"), ("aws-dranet",), ("auto-mode",)])
def test_what_the_catalogue_pins_goes_together(kubernetes: str, extras: tuple[str, ...]) -> None:
    assert [one for one in check(lock(kubernetes=kubernetes, extras=extras), TODAY) if one.problem in BAD] == []


def test_a_chart_takes_the_place_of_the_one_that_it_stands_in_for() -> None:
    assert "aws-efa-k8s-device-plugin" in lock().charts
    assert "aws-efa-k8s-device-plugin" not in lock(extras=("aws-dranet",)).charts
    assert not {"karpenter", "gpu-operator"} & set(lock(extras=("auto-mode",)).charts)
    assert "vpc-cni" not in lock(extras=("auto-mode",)).addons


@pytest.mark.parametrize(
    ("chosen", "subject"),
    [
        (Chosen(charts={"kueue": "0.18.8", "kubeflow-trainer": "2.1.0"}), "kubeflow-trainer"),
        (Chosen(charts={"kueue": "0.19.3", "spark-operator": "2.3.0"}), "spark-operator"),
        (Chosen(charts={"kueue": "0.19.3", "spark-operator": "2.5.1"}, features=["spark-dynamic-allocation"]), "spark-dynamic-allocation"),
        (Chosen("1.33", {"nvidia-dra-driver": "0.5.0"}), "kubernetes"),
        (Chosen(charts={"nvidia-dra-driver": "0.5.0", "nvidia-device-plugin": "0.18.2"}), "nvidia-device-plugin"),
        (Chosen(charts={"nvidia-dra-driver": "0.5.0"}, features=["karpenter-dynamic"]), "karpenter-dynamic"),
        (Chosen(charts={"gpu-operator": "v26.7.0", "nvidia-device-plugin": "0.18.2"}), "nvidia-device-plugin"),
        (Chosen(charts={"gpu-operator": "v26.7.0"}, features=["gpu-operator-driver"]), "gpu-operator-driver"),
        (Chosen(charts={"gpu-operator": "v26.7.0"}, features=["auto-mode"]), "gpu-operator"),
        (Chosen(charts={"aws-dranet": "1.0.0"}, features=["auto-mode"]), "aws-dranet"),
        (Chosen(charts={"aws-dranet": "1.0.0"}, features=["karpenter-dynamic"]), "karpenter-dynamic"),
        (Chosen("1.36", {"karpenter": "1.12.0"}), "karpenter"),
        (Chosen("1.35", {"karpenter": "1.8.0"}), "karpenter"),
        (Chosen("1.33", {"karpenter": "1.7.0"}, features=["karpenter-static"]), "karpenter"),
        (Chosen(addons={"aws-mountpoint-s3-csi-driver": "v1.15.0-eksbuild.1"}, features=["pod-identity-mountpoint"]), "aws-mountpoint-s3-csi-driver"),
        (Chosen("1.33", {"kueue": "0.19.3"}), "kueue"),
        (Chosen("1.37", {"agentgateway": "v1.3.0"}), "agentgateway"),
        (Chosen(features=["p6e-gb200", "gpu-operator-driver"]), "gpu-operator-driver"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_found(chosen: Chosen, subject: str) -> None:
    found = [one for one in check(chosen, TODAY) if one.problem is Problem.INCOMPATIBLE and one.subject == subject]
    assert found
    assert all(one.message and one.fix and one.source.startswith("https://") for one in found)


@pytest.mark.parametrize(
    ("today", "problem"),
    [(date(2026, 11, 22), None), (date(2027, 1, 27), "near its end"), (date(2027, 3, 28), "out of support")],
)
def test_support_ends(today: date, problem: str | None) -> None:
    assert {
        one.problem.value
        for one in check(Chosen("1.35"), today)
        if one.subject == "kubernetes" and "support" in one.message
    } == ({problem} if problem else set())


def test_an_old_catalogue_says_so() -> None:
    assert "catalogue" in {one.subject for one in check(Chosen("1.36"), date(2027, 4, 1))}
    assert "catalogue" not in {one.subject for one in check(Chosen("1.36"), date(2027, 3, 1))}


def test_every_constraint_is_checkable() -> None:
    known = {"kubernetes", *charts.charts(), *charts.addons(), *compatibility_check.features()}
    constraints = list(compatibility.constraints())
    assert len(constraints) > 15
    for entry in constraints:
        terms = [*entry["when"], *entry.get("needs", ()), *entry.get("without", ())]
        assert entry.get("needs") or entry.get("without")
        assert entry["reason"] and entry["source"].startswith("https://")
        for term in terms:
            assert term.format(**entry).partition(" ")[0] in known, term
            holds(term.format(**entry), {})


@given(st.tuples(*[st.integers(0, 40)] * 3), st.tuples(*[st.integers(0, 40)] * 3))
def test_a_bound_holds_or_its_opposite_does(mine: tuple[int, ...], bound: tuple[int, ...]) -> None:
    text, other = ".".join(map(str, mine)), ".".join(map(str, bound))
    assert holds(f"kueue >= {other}", {"kueue": text}) == (mine >= bound)
    assert holds(f"kueue < {other}", {"kueue": text}) == (mine < bound)
    assert not holds(f"kueue >= {other}", {"kueue": f"~{text}"})
    assert not holds(f"kueue < {other}", {})


def test_what_is_no_term_is_an_error() -> None:
    with pytest.raises(ValueError, match="is no term"):
        holds("kueue > 1", {})


def test_ami_types() -> None:
    assert eks.ami_type("al2023", "arm64", "nvidia").name == "AL2023_ARM_64_NVIDIA"
    assert eks.ami_type("bottlerocket", "x86_64", fips=True).name == "BOTTLEROCKET_x86_64_FIPS"
    assert eks.ami_type("bottlerocket", "x86_64", "aws") is None
    assert {one.family for one in eks.ami_types().values()} == {"al2023", "bottlerocket", "al2"}
