"""Settings: read from Pulumi's configuration, refused as a whole with the key of the file."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import mlinfra as ml

GOOD = {
    "aws:region": "eu-central-1",
    "platform:owner": "ml",
    "platform:costCenter": "cc-1",
    "platform:cidr": "10.0.0.0/16",
    "platform:alarmEmails": '["security@example.com"]',
}


class _Silent(pulumi.runtime.Mocks):
    def new_resource(self, args: Any) -> tuple[str, dict[str, Any]]:
        return "", {}

    def call(self, args: Any) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        return {}, []


def load(config: Mapping[str, str], secrets: list[str] | None = None) -> ml.PlatformSettings:
    asyncio.set_event_loop(asyncio.new_event_loop())  # Pulumi takes the thread's, and asyncio.run leaves none
    pulumi.runtime.set_mocks(_Silent(), project="platform", stack="dev")
    pulumi.runtime.set_all_config(dict(config), secrets or [])
    try:
        return ml.PlatformSettings.load()
    finally:
        pulumi.runtime.set_all_config({}, [])


def refused(config: Mapping[str, str], secrets: list[str] | None = None) -> ml.ArgumentError:
    with pytest.raises(ml.ArgumentError) as error:
        load(config, secrets)
    return error.value


def test_five_decisions_are_enough() -> None:
    made = load(GOOD)
    assert made.profile is ml.Profile.REGULATED
    assert made.zones == ("eu-central-1a", "eu-central-1b", "eu-central-1c")
    assert made.environment == "dev"
    assert made.deletion_protection is True
    assert made.tags == {
        "owner": "ml",
        "cost-center": "cc-1",
        "environment": "dev",
        "data-classification": "confidential",
        "project": "platform",
        "stack": "dev",
    }


def test_lists_mappings_numbers_and_booleans_come_as_json() -> None:
    made = load(
        {
            **GOOD,
            "platform:zones": '["eu-central-1b","eu-central-1c"]',
            "platform:buckets": '{"features":"internal"}',
            "platform:archiveDays": "400",
            "platform:deletionProtection": "false",
        }
    )
    assert made.zones == ["eu-central-1b", "eu-central-1c"]
    assert made.buckets == {ml.BucketPurpose.FEATURES: ml.Classification.INTERNAL}
    assert (made.archive_days, made.deletion_protection) == (400, False)


def test_text_that_looks_like_a_number_stays_text() -> None:
    assert load({**GOOD, "platform:costCenter": "4711"}).cost_center == "4711"


def test_keys_of_other_namespaces_are_not_ours() -> None:
    assert load({**GOOD, "aws:skipMetadataApiCheck": "true", "kubernetes:context": "x"})


@pytest.mark.parametrize(
    ("change", "key", "reason", "fix"),
    [
        ({"aws:region": None}, "aws:region", "required", "AWS region"),
        ({"aws:region": "eu-centrall-1"}, "aws:region = 'eu-centrall-1'", "not a region", "eu-central-1"),
        ({"platform:owner": None}, "platform:owner", "required", "who answers"),
        ({"platform:owner": ""}, "platform:owner = ''", "not possible as a tag's value", "letters"),
        ({"platform:costCenter": "a;b"}, "platform:costCenter = 'a;b'", "not possible as a tag's value", "letters"),
        ({"platform:cost_center": "x", "platform:costCenter": None}, "platform:costCenter", "required", "pays"),
        ({"platform:cidr": "10.0.0.0"}, "platform:cidr = '10.0.0.0'", "too small", "/16"),
        ({"platform:podsCidr": "10.0.0.0/16"}, "platform:podsCidr = '10.0.0.0/16'", "not inside", "100.64.0.0/16"),
        ({"platform:zones": "eu-central-1a"}, "platform:zones = 'eu-central-1a'", "must be a list", "two at least"),
        ({"platform:zones": '["a","b"]'}, "platform:zones = ['a', 'b']", "has no zone 'a'", "eu-central-1a"),
        ({"platform:zones": '["eu-central-1a"]'}, "platform:zones", "too few", "at least 2"),
        ({"platform:profile": "paranoid"}, "platform:profile = 'paranoid'", "'isolated'", "profile"),
        (
            {"platform:profile": "isolated", "platform:egress": "single"},
            "platform:egress",
            "no path",
            "leave egress out",
        ),
        ({"platform:endpoints": '["s4"]'}, "platform:endpoints", "'s4'", "sts"),
        (
            {"platform:buckets": '{"datasets":"public"}'},
            "platform:buckets.datasets = 'public'",
            "'internal'",
            "buckets",
        ),
        ({"platform:buckets": "datasets"}, "platform:buckets = 'datasets'", "must be a mapping", "buckets"),
        ({"platform:logRetentionDays": "30"}, "platform:logRetentionDays = 30", "below", "365"),
        ({"platform:archiveDays": "forever"}, "platform:archiveDays = 'forever'", "valid integer", "archive"),
        ({"platform:lockDays": "1"}, "platform:lockDays = 1", "below", "30"),
        ({"platform:deletionProtection": "maybe"}, "platform:deletionProtection = 'maybe'", "boolean", "refuses"),
        ({"platform:keyAdministrators": '["*"]'}, "platform:keyAdministrators", "not the ARN", "role/admin"),
        ({"platform:allowedDomains": '["*"]'}, "platform:allowedDomains", "almost every name", "pypi.org"),
        ({"platform:fileSystems": "[]"}, "platform:fileSystems = []", "must be a mapping", "Amazon EFS"),
        ({"platform:fileSystems": '{"shared":{}}'}, "platform:fileSystems.shared.accessPoints", "required", "mounted"),
        (
            {"platform:fileSystems": '{"shared":{"accessPoints":{"home":{"uid":0}}}}'},
            "platform:fileSystems.shared.accessPoints.home.uid",
            "not an ordinary user",
            "1000",
        ),
        (
            {"platform:fileSystems": '{"a-name-far-too-long":{"accessPoints":{}}}'},
            "platform:fileSystems",
            "cannot be a name",
            "15 characters",
        ),
        (
            {"platform:lustre": '{"scratch":{"bucket":"features"}}'},
            "platform:lustre.scratch.bucket = 'features'",
            "a bucket that is not there",
            "datasets, models",
        ),
        (
            {"platform:lustre": '{"scratch":{"zone":"eu-central-1d"}}'},
            "platform:lustre.scratch.zone = 'eu-central-1d'",
            "no network is there",
            "eu-central-1a",
        ),
        ({"platform:lustre": '{"scratch":{"throughput":1}}'}, "platform:lustre.scratch.throughput", "125", "megabytes"),
        ({"platform:repositories": "training"}, "platform:repositories", "must be a list", "repositories"),
        ({"platform:secrets": '{"Db":"x"}'}, "platform:secrets", "'Db' cannot be a name", "lower-case"),
        ({"platform:alarmEmails": None}, "platform:alarmEmails", "nobody would hear", "organization.alarmTopic"),
        (
            {"platform:signIn": '{"samlProviderArn":"arn:aws:iam::123456789012:saml-provider/company"}'},
            "platform:breakGlass",
            "nobody could repair",
            "two users",
        ),
        ({"platform:signIn": "{}"}, "platform:signIn.samlProviderArn", "no way to sign in", "samlProviderArn"),
        (
            {"platform:organization": '{"alarmTopic":"alarms"}'},
            "platform:organization.alarmTopic = 'alarms'",
            "not the ARN",
            "arn:aws:sns",
        ),
        (
            {"platform:organization": '{"trail":{"trailArn":"x"}}'},
            "platform:organization.trail.trailArn = 'x'",
            "not the ARN",
            "arn:aws:cloudtrail",
        ),
        (
            {"platform:organization": '{"accountSettings":["ebs"]}'},
            "platform:organization.accountSettings[0] = 'ebs'",
            "'ebs-encryption'",
            "settings of the account",
        ),
        ({"platform:zonez": "[]"}, "platform:zonez = '[]'", "not known here", "did you mean zones?"),
    ],
)
def test_a_bad_setting_names_file_key_value_reason_and_fix(
    change: dict[str, Any], key: str, reason: str, fix: str
) -> None:
    config = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    error = refused(config)
    assert str(error).startswith(f"Pulumi.dev.yaml: {key}")
    assert reason in error.problems[0].reason
    assert fix in error.problems[0].fix
    assert isinstance(error, pulumi.RunError)
    assert error.exit_code == 2


DEV = yaml.safe_load((Path(__file__).parents[2] / "Pulumi.dev.yaml").read_text())["config"]
Place = tuple[str | int, ...]


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Every place of a configuration, whole keys first."""
    if at:
        yield at
    if isinstance(value, dict | list):
        for step in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[step], (*at, step))


def changed(path: Place, value: Any) -> dict[str, str]:
    """The development stack with another value in one place, as Pulumi hands it to programs."""
    config = copy.deepcopy(DEV)
    at = config
    for step in path[:-1]:
        at = at.setdefault(step, {}) if isinstance(at, dict) else at[step]
    at[path[-1]] = value
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}


@pytest.mark.parametrize(
    ("at", "value", "where", "reason", "fix"),
    [
        ("cluster", True, "cluster = True", "must be a mapping", "administrators"),
        ("cluster.version", 1.35, "cluster.version = 1.35", "must be text", '"1.35"'),
        ("cluster.version", "1.12", "cluster.version = '1.12'", "no version", "1.35"),
        ("cluster.administrators", ["me"], "cluster.administrators = ['me']", "not the ARN", "role/admin"),
        ("cluster.systemPool", {"nodes": 0}, "cluster.systemPool.nodes = 0", "one node", "2 or more"),
        ("cluster.autoMode", {}, "pools", "plugins of its own", "without Auto Mode"),
        ("pools.general", None, "pools.general = None", "must be a mapping", "instanceTypes"),
        ("pools.a_b", {"instanceTypes": ["m7i.large"], "nodes": 1}, "pools", "'a_b' cannot be a name", "hyphens"),
        ("pools.training.nodez", 3, "pools.training.nodez = 3", "not known here", "did you mean nodes?"),
        ("pools.general.nodes", None, "pools.general.maxNodes", "no limit", "maxNodes (an elastic one)"),
        ("pools.general.instanceTypes", ["g9.huge"], "pools.general.instanceTypes", "catalogue", "catalog instances"),
        ("pools.inference.capacity", {"spot": {}}, "pools.inference.instanceTypes", "Spot", "3 types"),
        ("pools.inference.schedule.start", "noon", "pools.inference.schedule.start", "cron", "0 7 * * 1-5"),
        (
            "pools.batch.schedule",
            {"start": "0 7 * * *", "stop": "0 9 * * *"},
            "pools.batch.schedule",
            "elastic",
            "maxNodes",
        ),
        ("teams.vision.members.boss", ["x"], "teams.vision.members", "'boss' has no role", "data-scientist"),
        ("teams.vision.quota.gpus", -1, "teams.vision.quota.gpus = -1", "less than nothing", "from 0"),
        ("training.teams.vision.shares.training.accelerators", 64, "training.teams", "8 nodes of pool", "borrow"),
        ("training.teams.vision.shares.nowhere", {"nodes": 1}, "training.teams", "'nowhere'", "general, inference"),
        ("training.teams.speech", {"shares": {"batch": {"nodes": 1}}}, "training.teams", "no team speech", "in teams"),
        ("training.teams.vision.checkpoints", "nowhere", "training.teams", "no store", "scratch"),
        ("training.queueing", {"attempts": 0}, "training.queueing.attempts = 0", "no job", "from 1"),
        ("lustre.scratch.sizeGib", 100, "lustre.scratch.sizeGib = 100", "100 GiB", "2400"),
        ("repositories", ["UPPER"], "repositories = ['UPPER']", "'UPPER' cannot name", "lower-case"),
        ("secrets.tracking", "", "secrets.tracking = ''", "says nothing", "in a sentence"),
        ("signIn.permissionSets", {"boss": "x"}, "signIn.permissionSets", "'boss' is not a persona", "auditor"),
        ("sessionHours", 13, "sessionHours = 13", "13 hours", "1 to 12"),
        ("monthlyBudget", 0, "monthlyBudget = 0", "always be exceeded", "from 1"),
        ("alarmEmails", ["nobody"], "alarmEmails = ['nobody']", "not an address", "security@example.com"),
        (
            "organization",
            {"configRecorder": "x", "configServiceRole": True},
            "organization.configServiceRole",
            "",
            "leave",
        ),
    ],
)
def test_what_components_refuse_is_said_of_the_file_before_anything_is_declared(
    at: str, value: Any, where: str, reason: str, fix: str
) -> None:
    first, *rest = at.split(".")
    error = refused(changed((f"platform:{first}", *rest), value))
    assert str(error).startswith(f"Pulumi.dev.yaml: platform:{where}")
    (problem,) = error.problems
    assert reason in problem.reason
    assert fix in problem.fix


def test_the_organisations_topic_takes_the_alarms_and_addresses_the_budget() -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:alarms"
    made = load(changed(("platform:organization",), {"alarmTopic": topic}))
    assert (made.organization.alarm_topic, made.monthly_budget) == (topic, DEV["platform:monthlyBudget"])


def test_all_bad_settings_are_said_at_once() -> None:
    error = refused({"aws:region": "nowhere", "platform:profile": "x", "platform:cidr": "y", "platform:zone": "z"})
    assert [p.argument for p in error.problems] == [
        "aws:region",
        "platform:profile",
        "platform:owner",
        "platform:costCenter",
        "platform:cidr",
        "platform:zone",
    ]


def test_a_secret_never_shows_in_an_error() -> None:
    error = refused({**GOOD, "platform:owner": "hunter2;"}, ["platform:owner"])
    assert "hunter2" not in str(error)
    assert "[secret]" in str(error)


KEYS = [
    *GOOD,
    *(
        f"platform:{k}"
        for k in (
            *("zones", "profile", "podsCidr", "buckets", "archiveDays", "egress", "lockDays", "fileSystems", "lustre"),
            *("secrets", "repositories", "allowedDomains", "nonsense"),
        )
    ),
]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


VALUES = st.text() | st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
).map(json.dumps)


@given(st.sampled_from([*places(DEV)]), VALUES.map(_parsed))
@settings(max_examples=60, deadline=None)
def test_any_value_in_any_place_is_taken_or_refused_with_one_clear_error(path: Place, value: Any) -> None:
    assert clearly_said(changed(path, value))


def clearly_said(config: Mapping[str, str]) -> bool:
    """Whether settings are taken, or refused as a user can act on it."""
    try:
        load(config)
    except ml.ArgumentError as error:
        text = str(error)
        return text.startswith("Pulumi.dev.yaml: ") and "\n  fix: " in text and "pydantic" not in text
    return True


@given(st.dictionaries(st.sampled_from(KEYS), VALUES), st.sampled_from([{}, GOOD]))
@settings(max_examples=300, deadline=None)
def test_any_configuration_is_taken_or_refused_with_one_clear_error(
    drawn: dict[str, str], base: dict[str, str]
) -> None:
    assert clearly_said({**base, **drawn})
