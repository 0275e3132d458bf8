"""Settings: read from Pulumi's configuration, refused as a whole with the key of the file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest
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
        ({"platform:buckets": "datasets"}, "platform:buckets = 'datasets'", "must be a valid", "buckets"),
        ({"platform:logRetentionDays": "30"}, "platform:logRetentionDays = 30", "below", "365"),
        ({"platform:archiveDays": "forever"}, "platform:archiveDays = 'forever'", "valid integer", "archive"),
        ({"platform:lockDays": "1"}, "platform:lockDays = 1", "below", "30"),
        ({"platform:deletionProtection": "maybe"}, "platform:deletionProtection = 'maybe'", "boolean", "refuses"),
        ({"platform:keyAdministrators": '["*"]'}, "platform:keyAdministrators", "not the ARN", "role/admin"),
        ({"platform:allowedDomains": '["*"]'}, "platform:allowedDomains", "almost every name", "pypi.org"),
        ({"platform:fileSystems": "[]"}, "platform:fileSystems = []", "must be a valid", "Amazon EFS"),
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
VALUES = st.text() | st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
).map(json.dumps)


@given(st.dictionaries(st.sampled_from(KEYS), VALUES), st.sampled_from([{}, GOOD]))
@settings(max_examples=300, deadline=None)
def test_any_configuration_is_taken_or_refused_with_one_clear_error(
    drawn: dict[str, str], base: dict[str, str]
) -> None:
    config = {**base, **drawn}
    try:
        load(config)
    except ml.ArgumentError as error:
        text = str(error)
    else:
        return
    assert text.startswith("Pulumi.dev.yaml: ")
    assert "\n  fix: " in text
    assert "pydantic" not in text
