"""Spark for data preparation, on a cluster that stays up."""

import json

import pulumi_aws as aws


def role(name: str, service: str, policy: str) -> aws.iam.Role:
    made = aws.iam.Role(
        name,
        assume_role_policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
            }
        ),
    )
    aws.iam.RolePolicyAttachment(name, role=made.name, policy_arn=policy)
    return made


service = role(
    "emr", "elasticmapreduce.amazonaws.com", "arn:aws:iam::aws:policy/service-role/AmazonElasticMapReduceRole"
)
nodes = role("emr-nodes", "ec2.amazonaws.com", "arn:aws:iam::aws:policy/service-role/AmazonElasticMapReduceforEC2Role")
profile = aws.iam.InstanceProfile("emr-nodes", role=nodes.name)
aws.emr.BlockPublicAccessConfiguration(
    "emr",
    block_public_security_group_rules=True,
    permitted_public_security_group_rule_ranges=[
        {"min_range": 22, "max_range": 22},
        {"min_range": 8088, "max_range": 8888},
    ],
)
aws.emr.Cluster(
    "prepare",
    release_label="emr-7.9.0",
    applications=["Spark", "JupyterEnterpriseGateway"],
    service_role=service.arn,
    ec2_attributes={
        "instance_profile": profile.arn,
        "subnet_id": "subnet-0a1b2c3d4e5f60718",
        "key_name": "ml-team",
    },
    master_instance_group={"instance_type": "m5.xlarge"},
    core_instance_group={"instance_type": "r5.4xlarge", "instance_count": 8},
)
aws.emr.SecurityConfiguration(
    "at-rest-only",
    configuration=json.dumps(
        {
            "EncryptionConfiguration": {
                "EnableInTransitEncryption": False,
                "EnableAtRestEncryption": True,
                "AtRestEncryptionConfiguration": {"S3EncryptionConfiguration": {"EncryptionMode": "SSE-S3"}},
            }
        }
    ),
)
