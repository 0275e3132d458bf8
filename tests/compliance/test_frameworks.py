"""The frameworks' data: every id exists, and what was renumbered is mapped to the right numbers."""

from __future__ import annotations

import pytest

from mlinfra.compliance.frameworks import Grade, chosen, controls_of, frameworks
from mlinfra.errors import ConfigError
from mlinfra.policies.registry import RULES

IDS = {rule.id for rule in RULES}

# The same recommendation in 3.0, 5.0 and 7.0.
RENUMBERED = [
    ("1.16", "1.15", "2.14"),  # no policy allows everything
    ("1.15", "1.14", "2.13"),  # permissions through groups
    ("1.18", "1.17", "2.16"),  # instances use roles
    ("1.20", "1.19", "2.18"),  # access analyzer
    ("1.14", "1.13", "2.12"),  # keys are rotated
    ("2.1.1", "2.1.1", "3.1.1"),  # S3 and plain HTTP
    ("2.1.4", "2.1.4", "3.1.4"),  # S3 and public access
    ("2.2.1", "5.1.1", "6.1.1"),  # EBS
    ("2.3.1", "2.2.1", "3.2.1"),  # RDS
    ("2.4.1", "2.3.1", "3.3.1"),  # EFS
    ("3.6", "3.6", "4.6"),  # key rotation
    ("3.7", "3.7", "4.7"),  # flow logs
    ("4.7", "4.7", "5.7"),  # deletion of keys
    ("5.1", "5.2", "6.2"),  # network ACLs
    ("5.2", "5.3", "6.3"),  # administration ports, IPv4
    ("5.3", "5.4", "6.4"),  # administration ports, IPv6
    ("5.4", "5.5", "6.5"),  # default security group
    ("5.6", "5.7", "6.7"),  # IMDSv2
]
CIS = ("cis-aws-3.0", "cis-aws-5.0", "cis-aws-7.0")


def test_all_frameworks_are_there() -> None:
    assert set(frameworks()) == {
        "fsbp", *CIS, "cis-eks-1.8", "cis-kubernetes-1.12", "nist-800-53-r5", "pci-dss-4.0.1", "hipaa", "soc2",
        "iso-27001-2022", "fedramp-moderate", "eu-ai-act", "nist-ai-rmf", "iso-42001",
    }  # fmt: skip


@pytest.mark.parametrize("id", sorted(frameworks()))
def test_every_rule_and_grade_exists(id: str) -> None:
    framework = frameworks()[id]
    assert framework.title and framework.version and framework.source.startswith("https://")
    assert set(framework.rules) <= IDS
    for rule, graded in framework.rules.items():
        named = [control for controls in graded.values() for control in controls]
        assert named, f"{rule} bears on no control"
        assert len(named) == len(set(named)), f"{rule} names a control twice"


@pytest.mark.parametrize("numbers", RENUMBERED, ids="-".join)
def test_renumbered_recommendations_are_the_same(numbers: tuple[str, str, str]) -> None:
    titles = {frameworks()[name].controls[number] for name, number in zip(CIS, numbers, strict=True)}
    assert len(titles) == 1


@pytest.mark.parametrize("numbers", RENUMBERED, ids="-".join)
def test_a_rule_supports_a_recommendation_in_every_version(numbers: tuple[str, str, str]) -> None:
    supporting = {name: frameworks()[name].of_control(number) for name, number in zip(CIS, numbers, strict=True)}
    assert supporting["cis-aws-3.0"] == supporting["cis-aws-5.0"] == supporting["cis-aws-7.0"]


def test_every_version_numbers_the_same_titles() -> None:
    """What 7.0 kept of 3.0 has the same title, so that the tables above cannot drift apart."""
    first, last = (set(frameworks()[name].controls.values()) for name in (CIS[0], CIS[2]))
    assert len(first - last) == 3  # security questions, access keys at set-up, one active key


def test_fedramp_is_a_part_of_nist() -> None:
    nist = frameworks()["nist-800-53-r5"].controls
    assert all(nist[control] == title for control, title in frameworks()["fedramp-moderate"].controls.items())


def test_controls_of_a_rule_are_graded() -> None:
    controls = [one for rule in IDS for one in controls_of(rule)]
    assert all(one.title and one.grade in Grade for one in controls)


def test_an_unknown_framework_is_the_users_mistake() -> None:
    assert [one.id for one in chosen(["soc2", "fsbp"])] == ["soc2", "fsbp"]
    assert len(chosen([])) == len(frameworks())
    with pytest.raises(ConfigError, match="there is no framework 'cis'"):
        chosen(["cis"])
