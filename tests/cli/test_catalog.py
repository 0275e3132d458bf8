"""`mlinfra catalog`: what it lists, how it explains itself, and how it ends."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlinfra.catalog.refresh import run as refreshing
from mlinfra.catalog.refresh.run import Change


@pytest.fixture
def run(make):
    return make().run


def names(ran) -> list[str]:
    return [one["name"] for one in json.loads(ran.out)]


def test_instances_are_narrowed(run) -> None:
    assert names(run("catalog", "instances", "--gpu", "h100", "--json")) == ["p5.4xlarge", "p5.48xlarge"]
    blocks = names(run("catalog", "instances", "--efa", "--min-gpus", "8", "--bought", "capacity-block", "--json"))
    assert {"p5.48xlarge", "p6-b300.48xlarge", "trn1.32xlarge"} <= set(blocks)
    assert "g6.48xlarge" not in blocks
    arm = names(run("catalog", "instances", "--arch", "arm64", "--json"))
    assert {"g5g.xlarge", "p6e-gb200.36xlarge"} <= set(arm) and "p5.48xlarge" not in arm
    assert names(run("catalog", "instances", "m8g.large", "--cpu", "--json")) == ["m8g.large"]


def test_instances_are_a_table_with_prices_of_the_region(run) -> None:
    table = run("catalog", "instances", "--gpu", "L40S", "--region", "eu-central-1").out.splitlines()
    assert table[0].split() == ["TYPE", "ACCELERATORS", "MEMORY", "VCPU", "RAM", "ARCH", "EFA", "NVME", "USD/H"]
    row = next(line for line in table if line.startswith("g6e.48xlarge"))
    assert "8 x L40S" in row
    assert row.split()[-1] != "-"


def test_one_type_is_explained(run) -> None:
    out = run("catalog", "show", "p5.48xlarge").out
    for part in ("8 x H100, 80 GiB each", "1g.10gb (up to 7)", "32 interfaces", "L-417A185B", "us-west-2", "55.0400"):
        assert part in out
    told = json.loads(run("catalog", "show", "p6-b300.48xlarge", "--json").out)
    assert (told["networkCards"], told["efaInterfaces"], told["efaCards"][0]) == (17, 16, 1)
    assert "No price on demand is known" in run("catalog", "show", "p5e.48xlarge").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("instances", "--gpu", "H10"), "did you mean H100?"),
        (("instances", "--arch", "sparc"), "--arch is 'sparc'"),
        (("instances", "--bought", "cash"), "--bought is 'cash'"),
        (("instances", "--region", "mars"), "--region is 'mars'"),
        (("instances", "zx81"), "no instance type is like that"),
        (("show", "p5.4xlarg"), "did you mean p5.4xlarge?"),
        (("versions", "--kubernetes", "newest"), "--kubernetes is 'newest'"),
        (("check", "--with", "magic"), "--with is 'magic'"),
        (("check", "--on", "tomorrow"), "--on is 'tomorrow'"),
        (("refresh", "--only", "weather"), "--only is 'weather'"),
        (("refresh", "--to", "/no/such/folder"), "has no catalogue"),
    ],
)
def test_wrong_usage(run, arguments: tuple[str, ...], says: str) -> None:
    ran = run("catalog", *arguments)
    assert (ran.code, says in ran.error) == (2, True)


def test_the_lock_is_listed_as_the_project_has_it(make) -> None:
    project = make()
    project.write("mlinfra.versions.toml", 'charts.kueue = "0.18.0"\n')
    found = json.loads(project.run("catalog", "versions", "--json").out)
    kueue = next(one for one in found if one["name"] == "kueue")
    assert kueue == {"kind": "chart", "name": "kueue", "version": "0.18.0", "pinnedByProject": True, "outdated": True}
    assert {"kubernetes", "image", "addon", "chart"} == {one["kind"] for one in found}
    assert project.run("catalog", "versions", "--outdated").out.split()[:3] == ["chart", "kueue", "0.18.0"]
    elsewhere = project.run("catalog", "versions", "-C", str(project.folder.parent), "--outdated")
    assert "nothing is older" in elsewhere.err
    project.write("mlinfra.versions.toml", "charts.kueue = 18\n")
    ran = project.run("catalog", "versions")
    assert (ran.code, "one exact version" in ran.error) == (2, True)


def test_the_check_says_what_and_why_and_fails(make) -> None:
    project = make()
    good = project.run("catalog", "check", "--on", "2026-11-22")
    assert (good.code, "go together" in good.err) == (0, True)
    bad = project.run(
        "catalog", "check", "--on", "2026-11-22", "--with", "karpenter-dynamic", "--with", "nvidia-dra-driver"
    )
    assert bad.code == 1
    assert "Karpenter does not see what a DRA driver offers" in bad.out
    assert "https://docs.aws.amazon.com/" in bad.out
    late = json.loads(project.run("catalog", "check", "--on", "2027-03-01", "--json").out)
    assert [(one["problem"], one["subject"]) for one in late] == [("near its end", "kubernetes")]
    assert project.run("catalog", "check", "--on", "2027-03-01").code == 0
    assert project.run("catalog", "check", "--on", "2027-06-01").code == 1


def test_a_refresh_says_what_changed(run, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = [
        Change("quotas", "quotas.on-demand.p", 0, 96),
        Change("eks", "versions.support.1.37", None, {"a": date.max}),
    ]
    given: dict[str, Any] = {}

    def answer(clients: Any, directory: Path, today: date, **options: Any) -> list[Change]:
        given.update(options, region=clients("pricing", "us-east-2").meta.region_name)
        return changes

    monkeypatch.setattr(refreshing, "refresh", answer)
    ran = run("catalog", "refresh", "--region", "us-east-2", "--only", "quotas")
    assert "~ quotas.quotas.on-demand.p  0 -> 96" in ran.out
    assert "+ eks.versions.support.1.37" in ran.out
    assert (given["region"], given["regions"], given["parts"]) == ("us-east-2", ["us-east-2"], ["quotas"])
    assert len(json.loads(run("catalog", "refresh", "--json").out)) == 2
    changes.clear()
    assert "is up to date" in run("catalog", "refresh").err


def test_a_refusal_of_aws_is_one_error(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> list[Change]:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorized"}}, "GetProducts")

    monkeypatch.setattr(refreshing, "refresh", refuse)
    ran = run("catalog", "refresh")
    assert ran.code == 1
    assert "AWS refused GetProducts: not authorized" in ran.error
    assert "nothing was written" in ran.error
    assert run("catalog", "refresh", "--profile", "nobody").code == 2
