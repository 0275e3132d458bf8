"""`mlinfra check`: exit codes, formats, and where its settings come from."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import jsonschema
import pytest

from tests.cli.conftest import Project, Ran

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/schemas/report-1.json").read_text())
OPEN = """
import pulumi_aws as aws

aws.s3.BucketPublicAccessBlock("open", bucket="shared")
"""
CLOSED = """
import pulumi
"""


@pytest.fixture
def project(make, monkeypatch: pytest.MonkeyPatch) -> Project:
    project: Project = make()
    project.program(OPEN + "bucket = aws.s3.Bucket('data')\n")
    project.write("Pulumi.dev.yaml", "config:\n  aws:region: us-east-1\n")
    monkeypatch.chdir(project.folder)
    return project


def report(ran: Ran) -> dict:
    found = json.loads(ran.out)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found


def test_a_stack_that_fails_ends_with_three_and_says_where_and_what_to_do(project) -> None:
    ran = project.run("check")
    assert ran.code == 3, ran.err
    assert "Bucket data  __main__.py:5" in ran.out
    assert "high     Buckets block public access" in ran.out
    assert "s3-block-public" in ran.out
    assert "fix  aws.s3.BucketPublicAccessBlock(" in ran.out
    assert f"✗ {project.folder.name}/dev does not pass the regulated profile" in ran.out
    assert "mlinfra rules show" in ran.out
    assert not (project.home / "state" / project.folder.name / "dev.json").exists()


def test_a_stack_that_nobody_knows_is_not_checked_in_place_of_another(project) -> None:
    for command in (["check"], ["cancel", "-y"]):
        ran = project.run(*command, "-s", "prdo")
        assert ran.code == 2
        assert "there is no stack 'prdo'" in ran.error
        assert "there is dev" in ran.error


def test_a_stack_that_passes_ends_with_zero(project) -> None:
    project.program(CLOSED)
    ran = project.run("check", "--fail-on", "critical")
    assert (ran.code, ran.err) == (0, "")
    assert f"✓ {project.folder.name}/dev passes" in ran.out


def test_levels_profiles_and_frameworks_choose(project) -> None:
    everything = report(project.run("check", "--json"))
    assert everything["profile"] == "regulated"
    assert project.run("check", "--fail-on", "never").code == 0
    baseline = report(project.run("check", "--json", "--profile", "baseline"))
    assert len(baseline["notChecked"]["rules"]) > len(everything["notChecked"]["rules"])
    one = report(project.run("check", "-f", "json", "--framework", "cis-aws-7.0"))
    assert [framework["id"] for framework in one["frameworks"]] == ["cis-aws-7.0"]
    assert len(one["rules"]) < len(everything["rules"])


def test_the_stacks_own_profile_counts(project) -> None:
    assert report(project.run("check", "-j", "-c", "profile=isolated"))["profile"] == "isolated"
    assert (
        report(project.run("check", "-j", "-c", "profile=isolated", "--profile", "baseline"))["profile"] == "baseline"
    )
    assert report(project.run("check", "-j", "-c", "profile=mine"))["profile"] == "regulated"


def test_the_regions_of_the_configuration_or_the_command_line_are_allowed(project) -> None:
    def told(*options: str) -> list[str]:
        found = report(project.run("check", "-j", *options))["findings"]
        return [one["resource"]["name"] for one in found if one["rule"] == "region-allowed"]

    assert told() == []
    assert told("--region", "us-east-1", "--region", "eu-west-1") == []
    (provider,) = told("--region", "eu-west-1")  # not every resource beside it
    assert provider.startswith("default")
    project.write("Pulumi.dev.yaml", "config:\n  aws:region: us-east-1\n  mlinfra:regions: [eu-central-1]\n")
    assert told() == [provider]
    assert told("--region", "us-east-1") == []
    project.write("Pulumi.dev.yaml", "config:\n  aws:region: us-east-1\n  mlinfra:regions: [mars]\n")
    ran = project.run("check")
    assert (ran.code, "mlinfra:regions: there is no region 'mars'" in ran.error) == (2, True)


def test_files_are_written_beside_the_terminal(project) -> None:
    formats = {
        "json": "a/b/r.json",
        "sarif": "r.sarif",
        "junit": "r.xml",
        "markdown": "r.md",
        "html": "r.html",
        "oscal": "o.json",
    }
    ran = project.run("check", *(f"--format={name}={file}" for name, file in formats.items()))
    assert ran.code == 3
    assert "does not pass" in ran.out
    assert all((project.folder / file).stat().st_size > 500 for file in formats.values())
    (one, *_) = json.loads((project.folder / "r.sarif").read_text())["runs"][0]["results"]
    assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] in ("__main__.py", "Pulumi.yaml")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-f", "pdf"], "--format is 'pdf'"),
        (["-f", "json="], "--format is 'json='"),
        (["-f", "terminal=x"], "--format is 'terminal=x'"),
        (["-f", "json", "-f", "sarif"], "json and sarif cannot share standard output"),
        (["--fail-on", "bad"], "--fail-on is 'bad'"),
        (["--profile", "lax"], "--profile is 'lax'"),
        (["--region", "mars"], "--region: there is no region 'mars'"),
        (["--framework", "sox"], "there is no framework 'sox'"),
        (["--waivers", "none.yaml"], "--waivers none.yaml: there is no such file"),
        (["--state", "none.json"], "none.json cannot be read"),
        (["--state", "Pulumi.yaml"], "Pulumi.yaml is not JSON"),
        (["--state", "x.json", "--watch"], "--watch cannot watch a --state"),
    ],
)
def test_wrong_usage_ends_with_two(project, arguments: list[str], says: str) -> None:
    ran = project.run("check", *arguments)
    assert ran.code == 2
    assert says in ran.error


def test_a_broken_program_ends_with_one(project) -> None:
    project.program("import pulumi\nraise ValueError('no')\n")
    ran = project.run("check")
    assert ran.code == 1
    assert "cannot be planned" in ran.err
    assert "ValueError: no" in ran.err


WAIVERS = """
waivers:
  - rule: s3-block-public
    scope: data
    reason: a website that everybody is to read
    owner: web-team
    ticket: WEB-1
    expires: 2999-01-01
"""


def test_waivers_of_the_project_count(project) -> None:
    add = ["waivers", "add", "--rule", "s3-block-public", "--reason", "a website that everybody is to read"]
    ran = project.run(*add, "--scope", "data", "--owner", "web-team", "--ticket", "WEB-1")
    assert ran.code == 0, ran.err
    assert "mlinfra.waivers.yaml:3 waives s3-block-public for data until" in ran.err
    found = report(project.run("check", "-j"))
    assert found["counts"]["waived"] == 1
    assert "s3-block-public" in project.run("check").out
    listed = json.loads(project.run("waivers", "list", "--json").out)
    assert [(one["rule"], one["state"]) for one in listed] == [("s3-block-public", "used")]
    assert "web-team" in project.run("waivers", "list").out


def test_a_waiver_for_ever_does_not_hold(project) -> None:
    project.write("mlinfra.waivers.yaml", WAIVERS)
    found = report(project.run("check", "-j"))
    assert found["counts"]["waived"] == 0
    assert "a high rule may be waived for 90" in found["notices"][0]["text"]
    project.write("mlinfra.waivers.yaml", WAIVERS.replace("web-team", ""))
    ran = project.run("check")
    assert ran.code == 2
    assert "mlinfra.waivers.yaml:3: the waiver of s3-block-public has no owner" in ran.error


def test_a_waiver_is_refused_that_could_not_hold(project) -> None:
    add = [
        "waivers",
        "add",
        "--scope",
        "data",
        "--reason",
        "a website for everybody",
        "--owner",
        "web",
        "--ticket",
        "W-1",
    ]
    assert (
        "is out of range for a high rule"
        in project.run(*add, "--rule", "s3-block-public", "--expires", "2999-01-01").error
    )
    assert "did you mean s3-block-public?" in project.run(*add, "--rule", "s3-blok-public").error
    assert not (project.folder / "mlinfra.waivers.yaml").exists()


def test_watching_tells_again_after_a_save(project) -> None:
    os.environ["MLINFRA_HOME"] = str(project.home)
    process = project.start("check", "--watch", "--fail-on", "never")
    assert process.stdout is not None

    def told() -> str:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if " rules on " in line:
                return "".join(lines)
        raise AssertionError("".join(lines))

    try:
        assert "Bucket data" in told()
        project.program(CLOSED)
        assert "on 0 resources" in told()
        project.program("import nothing\n")
        project.program(OPEN)
        assert "on 1 resource" in told()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()


def test_many_components_do_not_flood_the_terminal(project) -> None:
    project.program(
        "import pulumi_aws as aws\nfor n in range(40): aws.kms.Key(f'key-{n}', bypass_policy_lockout_safety_check=True)\n"
    )
    out = project.run("check").out
    assert "… 15 more components with" in out
    assert out.count("__main__.py:2") == 25
    assert "more components" not in project.run("check", "--verbose").out
