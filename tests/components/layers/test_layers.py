"""Layers: what they are made of, what they leave to the organisation, and what they refuse before they declare anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import mlinfra as ml

ACCOUNT = {"id": "123456789012", "region": "eu-central-1"}
KEY = "arn:aws:kms:eu-central-1:123456789012:key/one"
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
TRAIL = {
    "trail_arn": "arn:aws:cloudtrail:eu-central-1:123456789012:trail/organisation",
    "archive_bucket_name": "organisation-archive",
    "log_group_name": "organisation-trail",
}
SUBNETS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
ZONES = ["eu-central-1a", "eu-central-1b"]
VPC = "vpc-0123456789abcdef0"
SECURITY: dict[str, Any] = {
    "account": ACCOUNT,
    "logs_key_arn": KEY,
    "volume_key_arn": KEY,
    "access_log_bucket": "logs",
    "emails": ["security@example.com"],
}
STORAGE: dict[str, Any] = {
    "account": ACCOUNT,
    "zones": ZONES,
    "subnet_ids": SUBNETS,
    "vpc_id": VPC,
    "key_arns": dict.fromkeys(["data", "artifacts", "secrets", "logs"], KEY),
    "access_log_bucket": "logs",
    "buckets": {"datasets": "confidential"},
}
CLUSTER: dict[str, Any] = {
    "account": ACCOUNT,
    "boundary_arn": BOUNDARY,
    "vpc_id": VPC,
    "zones": ZONES,
    "subnet_ids": SUBNETS,
    "control_subnet_ids": SUBNETS,
    "key_arn": KEY,
    "logs_key_arn": KEY,
    "administrators": ["arn:aws:iam::123456789012:role/deployer"],
}
TEAM = {"members": {"ml-engineer": ["vision"]}, "quota": {"cpu": 64, "memory_gib": 256, "gpus": 4}}
COMPUTE: dict[str, Any] = {
    "cluster": CLUSTER,
    "pools": {
        "general": {"instance_types": ["m7i.2xlarge"], "nodes": 2},
        "gpu": {"instance_types": ["g6.12xlarge"], "max_nodes": 2},
    },
    "teams": {"vision": TEAM},
    "training": {"teams": {"vision": {"shares": {"gpu": {"nodes": 1}}, "datasets": ["datasets"]}}},
    "stores": {
        "datasets": {"classification": "internal", "key_arn": KEY, "bucket": {"bucket_arn": "arn:aws:s3:::datasets"}}
    },
}
WANTED: Mapping[Any, dict[str, Any]] = {ml.SecurityBaseline: SECURITY, ml.Storage: STORAGE, ml.Compute: COMPUTE}


def parts(declare, layer: Any, **changes: Any):
    return declare(lambda: layer("main", {**WANTED[layer], **changes}))


def components(declared: Any) -> set[tuple[str, str]]:
    nodes = [node for node in declared.graph if node.package == "mlinfra"]
    return {(node.type.rpartition(":")[2], node.name) for node in nodes[1:]}


def test_parts_are_called_as_they_would_be_by_themselves(declare) -> None:
    assert components(parts(declare, ml.SecurityBaseline)) == {
        (kind, "main") for kind in ("AuditTrail", "AuditAlarms", "ConfigRecorder", "ThreatDetection", "AccountBaseline")
    }
    stored = {"lustre": {"scratch": {}}, "repositories": ["training"], "secrets": {"token": "A token"}}
    assert components(parts(declare, ml.Storage, **stored)) == {
        *(("DataBucket", "main-datasets"), ("LustreFileSystem", "main-scratch"), ("Secret", "main-token")),
        ("ImageRepository", "main"),
    }
    assert components(parts(declare, ml.Compute)) == {
        *(("Cluster", "main"), ("Karpenter", "main-karpenter"), ("NodePool", "main-general")),
        *(("GpuNodePool", "main-gpu"), ("DeviceLayer", "main-devices"), ("TeamSpace", "main-vision")),
        ("TrainingCluster", "main"),
    }


def test_a_cluster_alone_has_no_more_than_it_needs(declare) -> None:
    fixed = {"general": COMPUTE["pools"]["general"]}
    alone = parts(declare, ml.Compute, pools=fixed, teams={}, training=None)
    assert components(alone) == {("Cluster", "main"), ("NodePool", "main-general")}


def test_pools_come_after_what_makes_their_nodes(declare) -> None:
    declared = parts(declare, ml.Compute)
    pool = declared.one("mlinfra:gpu_node_pool:GpuNodePool")
    assert {"main-karpenter-crd", "main-karpenter-controller"} <= declared.needs(pool)


def test_what_the_organisation_owns_is_not_made_again(declare) -> None:
    central = {
        "trail": TRAIL,
        "alarm_topic": TOPIC,
        "config_recorder": "organisation",
        "detection": {"detector_id": "0" * 32, "security_hub": True, "access_analyzer": True},
        "account_settings": ["passwords"],
    }
    data = ["arn:aws:s3:::datasets"]
    own = parts(declare, ml.SecurityBaseline, data_bucket_arns=data, log_retention_days=731, archive_days=800)
    shared = parts(
        *(declare, ml.SecurityBaseline),
        central=central,
        data_bucket_arns=data,
        log_retention_days=731,
        archive_days=800,
    )
    for once in (
        *("cloudtrail/trail:Trail", "sns/topic:Topic", "cfg/recorder:Recorder", "guardduty/detector:Detector"),
        *("securityhub/account:Account", "accessanalyzer/analyzer:Analyzer"),
        "iam/accountPasswordPolicy:AccountPasswordPolicy",
    ):
        assert len(own.of(f"aws:{once}")) == 1
        assert not shared.of(f"aws:{once}")
    assert {alarm.inputs["alarmActions"][0] for alarm in shared.of("aws:cloudwatch/metricAlarm:MetricAlarm")} == {TOPIC}


def test_what_is_restricted_is_reached_through_the_endpoint_and_nothing_else_is(declare) -> None:
    endpoint = "vpce-0123456789abcdef0"
    buckets = {"datasets": "restricted", "models": "internal"}
    declared = parts(declare, ml.Storage, buckets=buckets, endpoint_id=endpoint)
    policies = {node.name: node.inputs["policy"] for node in declared.of("aws:s3/bucketPolicy:BucketPolicy")}
    assert endpoint in policies["main-datasets-bucket-policy"]
    assert endpoint not in policies["main-models-bucket-policy"]


@pytest.mark.parametrize(
    ("layer", "change", "argument", "reason"),
    [
        (ml.SecurityBaseline, {"emails": []}, "emails", "nobody would hear"),
        (ml.SecurityBaseline, {"emails": ["me"]}, "emails", "not an address"),
        (ml.SecurityBaseline, {"archive_days": 30}, "archive_days", "below the regulated profile's 365"),
        (ml.SecurityBaseline, {"log_retention_days": 366}, "log_retention_days", "CloudWatch Logs keeps nothing"),
        (
            ml.SecurityBaseline,
            {"central": {"config_recorder": "a", "config_service_role": True}},
            "central.config_service_role",
            "its role already",
        ),
        (ml.Storage, {"key_arns": {"data": KEY}}, "key_arns", "no key for artifacts, secrets, logs"),
        (ml.Storage, {"buckets": {"public": "internal"}}, "buckets", "'public' is not a bucket's purpose"),
        (ml.Storage, {"buckets": {"datasets": "restricted"}}, "endpoint_id", "restricted data needs"),
        (ml.Storage, {"lock_days": 1}, "lock_days", "below the regulated profile's 30"),
        (ml.Storage, {"lustre": {"a": {"size_gib": 100}}}, "lustre.a.size_gib", "FSx makes none of 100 GiB"),
        (ml.Storage, {"lustre": {"a": {"bucket": "models"}}}, "lustre.a.bucket", "not there"),
        (ml.Storage, {"lustre": {"a": {"zone": "eu-central-1c"}}}, "lustre.a.zone", "no network"),
        (ml.Storage, {"secrets": {"a-name-that-is-far-too-long": "x"}}, "secrets", "cannot be a name"),
        (ml.Storage, {"secrets": {"a": ""}}, "secrets.a", "says nothing"),
        (ml.Storage, {"repositories": ["A"]}, "repositories", "'A' cannot name"),
        (
            ml.Compute,
            {"pools": {**COMPUTE["pools"], "a-name-that-is-far-too-long": COMPUTE["pools"]["general"]}},
            "pools",
            "cannot be a name",
        ),
        (ml.Compute, {"pools": {"gpu": {"instance_types": ["g6.12xlarge"]}}}, "pools.gpu.max_nodes", "no limit"),
        (
            ml.Compute,
            {"teams": {"vision": {**TEAM, "service_accounts": ["default"]}}},
            "teams.vision.service_accounts",
            "",
        ),
        (ml.Compute, {"teams": {"Vision": TEAM}, "training": None}, "teams.Vision.namespace", ""),
        (ml.Compute, {"teams": {}}, "training.teams", "there is no team vision"),
        (ml.Compute, {"stores": {}}, "training.teams", "no store"),
        (ml.Compute, {"cluster": {**CLUSTER, "zones": ZONES[:1]}}, "cluster.zones", "too few"),
    ],
)
def test_what_parts_refuse_is_refused_before_anything_is_declared(
    declare, layer: Any, change: dict[str, Any], argument: str, reason: str
) -> None:
    def program() -> None:
        with pytest.raises(ml.ArgumentError) as error:
            layer("main", {**WANTED[layer], **change})
        problem = error.value.problems[0]
        assert error.value.subject == f'{layer.__name__} "main"'
        assert (problem.argument, reason in problem.reason) == (argument, True), problem
        assert problem.fix

    assert not declare(program).graph.resources()
