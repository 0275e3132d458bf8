"""Alarms, configuration records, detection and the account's defaults: what they declare."""

from __future__ import annotations

import json
from typing import Any

import pytest

import mlinfra as ml
from mlinfra.catalog.cis_alarms import cis_alarms
from mlinfra.catalog.config_rules import config_rules
from mlinfra.catalog.detection import detection

ACCOUNT = ml.Account(id="123456789012", region="eu-central-1")
KEY = "arn:aws:kms:eu-central-1:123456789012:key/logs"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
RULE, FILTER = "aws:cfg/rule:Rule", "aws:cloudwatch/logMetricFilter:LogMetricFilter"
ALARM, TRAIL_GROUP = "aws:cloudwatch/metricAlarm:MetricAlarm", "trail"


def alarms(declare, **arguments: Any):
    args = {
        "account": ACCOUNT,
        "log_group_name": TRAIL_GROUP,
        "logs_key_arn": KEY,
        **(arguments or {"emails": ["a@b.example"]}),
    }
    return declare(lambda: ml.AuditAlarms("audit", ml.AuditAlarmsArgs(**args)))


def recorder(declare, **arguments: Any):
    args = {"account": ACCOUNT, "logs_key_arn": KEY, "access_log_bucket": "access-logs", **arguments}
    return declare(lambda: ml.ConfigRecorder("config", ml.ConfigRecorderArgs(**args)))


def threats(declare, **arguments: Any):
    args = {"account": ACCOUNT, "alarm_topic_arn": TOPIC, **arguments}
    return declare(lambda: ml.ThreatDetection("threats", ml.ThreatDetectionArgs(**args)))


def baseline(declare, **arguments: Any):
    return declare(lambda: ml.AccountBaseline("base", ml.AccountBaselineArgs(account=ACCOUNT, **arguments)))


# Alarms


def test_every_recommendation_of_cis_has_a_filter_and_an_alarm_that_counts_it(declare) -> None:
    declared = alarms(declare)
    counted = {node.name: node for node in declared.of(FILTER)}
    raised = {node.name: node for node in declared.of(ALARM)}
    assert set(counted) == set(raised) == {f"audit-{name}" for name in cis_alarms()}
    (topic,) = declared.of("aws:sns/topic:Topic")
    for name, alarm in raised.items():
        transformation = counted[name].inputs["metricTransformation"]
        assert (alarm.inputs["metricName"], alarm.inputs["namespace"]) == (transformation["name"], "Audit")
        assert counted[name].inputs["logGroupName"] == TRAIL_GROUP
        assert alarm.inputs["alarmActions"] == [topic.outputs["arn"]]
        assert alarm.inputs["treatMissingData"] == "notBreaching"


def test_the_topic_is_encrypted_and_takes_alarms_and_events_of_this_account_alone(declare, statements) -> None:
    declared = alarms(declare)
    assert declared.one("aws:sns/topic:Topic").inputs["kmsMasterKeyId"] == KEY
    admitted, events, plaintext = statements(declared.one("aws:sns/topicPolicy:TopicPolicy"))
    assert admitted["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert events["Principal"] == {"Service": "events.amazonaws.com"}
    assert ":123456789012:alarm:*" in admitted["Condition"]["ArnLike"]["aws:SourceArn"]
    assert ":123456789012:rule/*" in events["Condition"]["ArnLike"]["aws:SourceArn"]
    assert plaintext["Effect"] == "Deny"


def test_alarms_wait_until_the_topic_takes_them(declare) -> None:
    declared = alarms(declare)
    assert "audit-alarms" in {
        node.name
        for node in declared.graph.dependencies(declared.one(ALARM, "audit-root-use"))
        if node.type == "aws:sns/topicPolicy:TopicPolicy"
    }


def test_an_organisations_topic_is_used_as_it_is(declare) -> None:
    declared = alarms(declare, existing_topic_arn=TOPIC)
    assert not declared.of("aws:sns/topic:Topic")
    assert declared.one(ALARM, "audit-root-use").inputs["alarmActions"] == [TOPIC]


def test_the_filters_are_section_four_of_the_benchmark() -> None:
    assert [alarm.control for alarm in cis_alarms().values()] == [f"4.{number}" for number in range(1, 16)]
    hub = [alarm.security_hub for alarm in cis_alarms().values() if alarm.security_hub]
    assert sorted(hub) == sorted(f"CloudWatch.{number}" for number in range(1, 15))
    for alarm in cis_alarms().values():
        assert alarm.says.endswith(".")
        assert alarm.pattern.startswith("{ ")
        assert alarm.pattern.endswith(" }")
        assert alarm.pattern.count("(") == alarm.pattern.count(")")
        assert len(alarm.pattern) <= 1024  # what CloudWatch Logs takes


def test_a_filter_of_events_asks_for_the_service_and_any_of_them() -> None:
    assert cis_alarms()["key-removal"].pattern == (
        "{ ($.eventSource = kms.amazonaws.com) && (($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion)) }"
    )
    assert cis_alarms()["cloudtrail-changes"].pattern.startswith("{ ($.eventName = CreateTrail) || ")


# Configuration records


def test_everything_is_recorded_and_the_recorder_is_on(declare) -> None:
    declared = recorder(declare)
    group = declared.one("aws:cfg/recorder:Recorder").inputs["recordingGroup"]
    assert group == {"allSupported": True, "includeGlobalResourceTypes": True}
    status = declared.one("aws:cfg/recorderStatus:RecorderStatus")
    assert status.inputs["isEnabled"] is True
    assert "config-channel" in declared.needs(status)
    assert (
        declared.one("aws:iam/serviceLinkedRole:ServiceLinkedRole").inputs["awsServiceName"] == "config.amazonaws.com"
    )


def test_the_history_is_encrypted_and_delivered_by_config_for_this_account_alone(declare, statements) -> None:
    declared = recorder(declare)
    channel = declared.one("aws:cfg/deliveryChannel:DeliveryChannel")
    assert channel.inputs["s3KmsKeyArn"] == KEY
    assert "config-history-policy" in declared.needs(channel)
    allowing = [s for s in statements(declared.one("aws:s3/bucketPolicy:BucketPolicy")) if s["Effect"] == "Allow"]
    assert {s["Sid"] for s in allowing} == {"ConfigCheck", "ConfigWrite"}
    assert all(s["Condition"]["StringEquals"]["aws:SourceAccount"] == "123456789012" for s in allowing)
    # AWS Config does not deliver to buckets with default retention.
    assert not declared.of("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")


@pytest.mark.parametrize("profile", list(ml.Profile))
def test_the_profile_brings_the_rules(declare, profile: ml.Profile) -> None:
    everywhere = {rule.identifier for rule in config_rules().values() if rule.everywhere}
    made = {rule.inputs["source"]["sourceIdentifier"] for rule in recorder(declare, profile=profile).of(RULE)}
    baseline_only = profile is ml.Profile.BASELINE
    assert made == (everywhere if baseline_only else {rule.identifier for rule in config_rules().values()})


def test_rules_wait_for_the_recorder_and_can_be_left_out(declare) -> None:
    declared = recorder(declare, omit_rules=["access-keys-rotated"])
    assert "config-access-keys-rotated" not in declared.names(RULE)
    assert "config-recording" in declared.needs(declared.of(RULE)[0])


def test_parameters_are_json(declare) -> None:
    rule = recorder(declare).one(RULE, "config-iam-user-unused-credentials-check")
    assert json.loads(rule.inputs["inputParameters"]) == {"maxCredentialUsageAge": "45"}


def test_an_existing_recorder_gets_the_rules_alone(declare) -> None:
    declared = recorder(declare, existing_recorder_name="organisation")
    assert {node.type for node in declared.graph.resources()} == {RULE}
    assert declared.one("mlinfra:config_recorder:ConfigRecorder").outputs["recorderName"] == "organisation"


def test_an_existing_service_role_is_used(declare) -> None:
    declared = recorder(declare, existing_service_role=True)
    assert not declared.of("aws:iam/serviceLinkedRole:ServiceLinkedRole")
    role = declared.one("aws:cfg/recorder:Recorder").inputs["roleArn"]
    assert role.endswith(":role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig")


def test_aws_knows_every_rule_and_its_parameters() -> None:
    from moto.config.models import MANAGED_RULES

    known = MANAGED_RULES.get("ManagedRules", MANAGED_RULES)
    for rule in config_rules().values():
        parameters = {parameter["Name"] for parameter in known[rule.identifier]["Parameters"]}
        required = {p["Name"] for p in known[rule.identifier]["Parameters"] if not p.get("Optional")}
        assert required <= set(rule.parameters) <= parameters, rule.identifier


# Detection


def test_guardduty_has_every_feature(declare) -> None:
    declared = threats(declare)
    features = {node.inputs["name"]: node for node in declared.of("aws:guardduty/detectorFeature:DetectorFeature")}
    assert set(features) == set(detection().features)
    assert {"S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "RUNTIME_MONITORING", "LAMBDA_NETWORK_LOGS"} <= set(features)
    assert all(node.inputs["status"] == "ENABLED" for node in features.values())
    more = features["RUNTIME_MONITORING"].inputs["additionalConfigurations"]
    assert {one["name"] for one in more} == set(detection().features["RUNTIME_MONITORING"])


def test_security_hub_measures_against_the_standards_of_the_catalog_alone(declare) -> None:
    declared = threats(declare)
    hub = declared.one("aws:securityhub/account:Account")
    assert hub.inputs["enableDefaultStandards"] is False
    made = declared.of("aws:securityhub/standardsSubscription:StandardsSubscription")
    assert all("threats-hub" in declared.needs(standard) for standard in made)
    arns = {standard.inputs["standardsArn"] for standard in made}
    assert "arn:aws:securityhub:eu-central-1::standards/cis-aws-foundations-benchmark/v/3.0.0" in arns
    assert len(arns) == len(detection().standards)


def test_severe_findings_are_told(declare) -> None:
    declared = threats(declare)
    patterns = {n.name: json.loads(n.inputs["eventPattern"]) for n in declared.of("aws:cloudwatch/eventRule:EventRule")}
    assert patterns["threats-guardduty"]["detail"]["severity"] == [{"numeric": [">=", 7]}]
    assert patterns["threats-hub"]["detail"]["findings"]["Severity"] == {"Label": ["CRITICAL", "HIGH"]}
    assert {t.inputs["arn"] for t in declared.of("aws:cloudwatch/eventTarget:EventTarget")} == {TOPIC}


def test_what_scans_by_the_piece_waits_for_the_regulated_profile(declare) -> None:
    paid = {"aws:inspector2/enabler:Enabler", "aws:macie2/account:Account"}
    assert paid <= {node.type for node in threats(declare).graph.resources()}
    assert not paid & {node.type for node in threats(declare, profile="baseline").graph.resources()}


def test_what_the_organisation_owns_is_left_alone(declare) -> None:
    detector = "0123456789abcdef0123456789abcdef"
    central = {"detector_id": detector, "security_hub": True, "access_analyzer": True, "inspector": True, "macie": True}
    declared = threats(declare, central=central)
    assert {node.type.partition(":")[2].partition("/")[0] for node in declared.graph.resources()} == {"cloudwatch"}
    outputs = declared.one("mlinfra:detection:ThreatDetection").outputs
    assert outputs["detectorId"] == detector
    assert not outputs["standards"]


def test_findings_are_kept_where_guardduty_and_macie_alone_deliver(declare, statements) -> None:
    declared = threats(declare, archive={"logs_key_arn": KEY, "access_log_bucket": "access-logs"})
    destination = declared.one("aws:guardduty/publishingDestination:PublishingDestination")
    assert destination.inputs["kmsKeyArn"] == KEY
    assert {"threats-findings-policy", "threats-guardduty"} <= declared.needs(destination)
    export = declared.one("aws:macie2/classificationExportConfiguration:ClassificationExportConfiguration")
    assert export.inputs["s3Destination"]["kmsKeyArn"] == KEY
    assert "threats-macie" in declared.needs(export)
    allowing = [s for s in statements(declared.one("aws:s3/bucketPolicy:BucketPolicy")) if s["Effect"] == "Allow"]
    assert {s["Principal"]["Service"] for s in allowing} == {"guardduty.amazonaws.com", "macie.amazonaws.com"}
    assert all(s["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"} for s in allowing)
    (rule,) = declared.one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration").inputs["rules"]
    assert rule["expiration"] == {"days": 365}


# The account's defaults


def test_every_default_is_the_safe_one(declare) -> None:
    declared = baseline(declare, volume_key_arn=KEY)
    assert declared.one("aws:ebs/encryptionByDefault:EncryptionByDefault").inputs["enabled"] is True
    assert declared.one("aws:ebs/defaultKmsKey:DefaultKmsKey").inputs["keyArn"] == KEY
    snapshots = declared.one("aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess")
    assert snapshots.inputs["state"] == "block-all-sharing"
    private = declared.one("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock").inputs
    flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert all(private[flag] is True for flag in flags)
    metadata = declared.one("aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults").inputs
    assert (metadata["httpTokens"], metadata["httpPutResponseHopLimit"]) == ("required", 1)
    assert declared.one("aws:ec2/imageBlockPublicAccess:ImageBlockPublicAccess").inputs["state"] == "block-new-sharing"
    assert declared.one("aws:ec2/serialConsoleAccess:SerialConsoleAccess").inputs["enabled"] is False
    passwords = declared.one("aws:iam/accountPasswordPolicy:AccountPasswordPolicy").inputs
    assert (passwords["minimumPasswordLength"], passwords["passwordReusePrevention"]) == (14, 24)


def test_the_password_policy_is_what_the_rule_asks_for(declare) -> None:
    made = baseline(declare).one("aws:iam/accountPasswordPolicy:AccountPasswordPolicy").inputs
    asked = config_rules()["iam-password-policy"].parameters
    assert made["maxPasswordAge"] <= int(asked["MaxPasswordAge"])
    assert made["minimumPasswordLength"] >= int(asked["MinimumPasswordLength"])
    assert made["passwordReusePrevention"] >= int(asked["PasswordReusePrevention"])


@pytest.mark.parametrize("setting", list(ml.AccountSetting))
def test_what_is_set_centrally_is_left_alone(declare, setting: ml.AccountSetting) -> None:
    def types(declared) -> set[str]:
        return {node.type for node in declared.graph.resources()}

    left = baseline(declare, set_centrally=[setting], volume_key_arn=KEY)
    assert types(left) < types(baseline(declare, volume_key_arn=KEY))
    made = left.one("mlinfra:account_baseline:AccountBaseline").outputs["settings"]
    assert setting.value not in made
    assert len(made) == len(ml.AccountSetting) - 1
