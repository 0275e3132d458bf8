"""A stack that declared the parts of a platform by themselves moves to layers: nothing is replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Shell

pytestmark = pytest.mark.e2e
UP = ("up", "--stack", "dev", "--yes", "--skip-preview")
BEFORE = """
import mlinfra as ml, pulumi
account = ml.Account(id="123456789012", region="eu-central-1")
zones = ["eu-central-1a", "eu-central-1b"]
keys = ml.KeyRing("main", ml.KeyRingArgs(account=account))
data, logs = keys.arn(ml.KeyPurpose.DATA), keys.arn(ml.KeyPurpose.LOGS)
network = ml.Network("main", ml.NetworkArgs(account=account, cidr="10.0.0.0/16", zones=zones, logs_key_arn=logs))
access_logs = ml.AccessLogBucket("main", ml.AccessLogBucketArgs(account=account)).bucket_name
boundary = ml.PermissionsBoundary("main", ml.PermissionsBoundaryArgs(account=account)).policy_arn
cluster_args = ml.ClusterArgs(
    account=account, boundary_arn=boundary, vpc_id=network.vpc_id, zones=zones, subnet_ids=network.workload_subnet_ids,
    control_subnet_ids=network.control_subnet_ids, key_arn=keys.arn(ml.KeyPurpose.CLUSTER), logs_key_arn=logs,
    administrators=["arn:aws:iam::123456789012:root"])
"""
PARTS = """
recorded = dict(account=account, logs_key_arn=logs, access_log_bucket=access_logs)
trail = ml.AuditTrail("main", ml.AuditTrailArgs(**recorded))
alarms = ml.AuditAlarms("main", ml.AuditAlarmsArgs(
    account=account, log_group_name=trail.log_group_name, logs_key_arn=logs, emails=["security@example.com"]))
ml.ConfigRecorder("main", ml.ConfigRecorderArgs(**recorded))
ml.ThreatDetection("main", ml.ThreatDetectionArgs(account=account, alarm_topic_arn=alarms.topic_arn))
ml.AccountBaseline("main", ml.AccountBaselineArgs(account=account, volume_key_arn=data))
ml.DataBucket("main-datasets", ml.DataBucketArgs(
    purpose=ml.BucketPurpose.DATASETS, classification=ml.Classification.INTERNAL, key_arn=data,
    access_log_bucket=access_logs))
cluster = ml.Cluster("main", cluster_args)
inside = pulumi.ResourceOptions(provider=cluster.kubernetes)
karpenter = ml.Karpenter("main-karpenter", ml.KarpenterArgs(
    cluster=cluster.reference, boundary_arn=boundary, queue_key_arn=logs), inside)
gpus = ml.GpuNodePool("main-gpus", ml.GpuNodePoolArgs(
    cluster=cluster.reference, instance_types=["g6.2xlarge"], max_nodes=2),
    pulumi.ResourceOptions(provider=cluster.kubernetes, depends_on=[karpenter])).reference
ml.DeviceLayer("main-devices", ml.DeviceLayerArgs(cluster=cluster.reference, pools=[gpus]), inside)
ml.TeamSpace("main-vision", ml.TeamSpaceArgs(
    cluster=cluster.reference, namespace="vision", pools=[gpus], members={"ml-engineer": ["vision"]},
    quota=ml.TeamQuota(cpu=8, memory_gib=32, gpus=1)), inside)
"""
LAYERS = """
ml.SecurityBaseline("main", ml.SecurityBaselineArgs(
    account=account, logs_key_arn=logs, volume_key_arn=data, access_log_bucket=access_logs,
    emails=["security@example.com"]))
ml.Storage("main", ml.StorageArgs(
    account=account, zones=zones, key_arns={purpose: keys.arn(purpose) for purpose in ml.KeyPurpose},
    access_log_bucket=access_logs, vpc_id=network.vpc_id, subnet_ids=network.data_subnet_ids,
    buckets={"datasets": ml.Classification.INTERNAL}))
ml.Compute("main", ml.ComputeArgs(
    cluster=cluster_args, pools={"gpus": ml.ClusterPool(instance_types=["g6.2xlarge"], max_nodes=2)},
    teams={"vision": ml.ClusterTeam(
        members={"ml-engineer": ["vision"]}, quota=ml.TeamQuota(cpu=8, memory_gib=32, gpus=1))}))
"""


def test_parts_become_layers_where_they_stand(shell: Shell, tmp_path: Path) -> None:
    shell.cwd = tmp_path
    (tmp_path / "Pulumi.yaml").write_text("name: moving\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-central-1\n")
    program = tmp_path / "__main__.py"
    program.write_text(BEFORE + PARTS)
    created = shell.changes(*UP)
    assert set(created) == {"create"}
    program.write_text(BEFORE + LAYERS)
    assert shell.changes(*UP) == {"create": 3, "same": created["create"]}
    assert set(shell.changes(*UP, "--expect-no-changes")) == {"same"}
