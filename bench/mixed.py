"""A program as teams have them: a few resources of each of eighteen AWS services, and workloads on Kubernetes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """\
import json
import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

TEAMS = ["vision", "speech", "search", "fraud", "ranking", "ads"]

key = aws.kms.Key("data", enable_key_rotation=True)
vpc = aws.ec2.Vpc("main", cidr_block="10.0.0.0/16")
subnets = [aws.ec2.Subnet(f"private-{n}", vpc_id=vpc.id, cidr_block=f"10.0.{n}.0/24") for n in range(3)]
group = aws.ec2.SecurityGroup("nodes", vpc_id=vpc.id, description="nodes")
aws.vpc.SecurityGroupIngressRule("self", security_group_id=group.id, referenced_security_group_id=group.id, ip_protocol="-1")
log = aws.cloudwatch.LogGroup("platform", retention_in_days=400, kms_key_id=key.arn)
trail_bucket = aws.s3.Bucket("trail")
aws.cloudtrail.Trail("trail", s3_bucket_name=trail_bucket.id, is_multi_region_trail=True, kms_key_id=key.arn)
aws.guardduty.Detector("detector", enable=True)
alerts = aws.sns.Topic("alerts", kms_master_key_id=key.id)
trust = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
cluster_role = aws.iam.Role("cluster", assume_role_policy=trust)
cluster = aws.eks.Cluster("ml", role_arn=cluster_role.arn, vpc_config={"subnet_ids": [s.id for s in subnets]})
aws.eks.NodeGroup("gpu", cluster_name=cluster.name, node_role_arn=cluster_role.arn, subnet_ids=[s.id for s in subnets],
    scaling_config={"desired_size": 1, "max_size": 4, "min_size": 0}, instance_types=["g5.xlarge"])
files = aws.efs.FileSystem("shared", encrypted=True, kms_key_id=key.arn)
aws.fsx.LustreFileSystem("scratch", storage_capacity=1200, subnet_ids=subnets[0].id, deployment_type="SCRATCH_2")
aws.secretsmanager.Secret("tracking", kms_key_id=key.arn)
queue = aws.sqs.Queue("jobs", kms_master_key_id=key.id)
balancer = aws.lb.LoadBalancer("serving", internal=True, subnets=[s.id for s in subnets])
aws.dynamodb.Table("features", hash_key="id", attributes=[{"name": "id", "type": "S"}], billing_mode="PAY_PER_REQUEST")
provider = k8s.Provider("cluster", kubeconfig=cluster.arn)

for team in TEAMS:
    role = aws.iam.Role(team, assume_role_policy=trust)
    bucket = aws.s3.Bucket(team, tags={"team": team})
    aws.s3.BucketVersioning(team, bucket=bucket.id, versioning_configuration={"status": "Enabled"})
    aws.s3.BucketPublicAccessBlock(team, bucket=bucket.id, block_public_acls=True, block_public_policy=True)
    aws.iam.RolePolicy(team, role=role.id, policy=bucket.arn.apply(lambda arn: json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{arn}/*"}]})))
    aws.ecr.Repository(team, image_tag_mutability="IMMUTABLE")
    aws.sagemaker.NotebookInstance(team, role_arn=role.arn, instance_type="ml.t3.medium", subnet_id=subnets[0].id)
    aws.cloudwatch.LogGroup(team, retention_in_days=400)
    space = k8s.core.v1.Namespace(team, opts=pulumi.ResourceOptions(provider=provider))
    k8s.apps.v1.Deployment(team, opts=pulumi.ResourceOptions(provider=provider), metadata={"namespace": team}, spec={
        "selector": {"matchLabels": {"app": team}}, "template": {"metadata": {"labels": {"app": team}},
        "spec": {"containers": [{"name": "server", "image": "registry.example.com/server:1.0"}]}}})
"""
RESOURCES = 86


def write(folder: Path) -> Path:
    """A project of `RESOURCES` resources and more, with a stack `bench`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: bench-mixed\nruntime: python\n")
    (folder / "Pulumi.bench.yaml").write_text("config:\n  aws:region: us-east-1\n")
    (folder / "__main__.py").write_text(PROGRAM)
    return folder
