"""Training on AWS Batch, with everything that made the first run work left in."""

import json

import pulumi_aws as aws

instances = aws.iam.Role(
    "batch-instances",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    ),
)
aws.iam.RolePolicyAttachment(
    "batch-ecs",
    role=instances.name,
    policy_arn="arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role",
)
profile = aws.iam.InstanceProfile("batch-instances", role=instances.name)
group = aws.ec2.SecurityGroup(
    "batch",
    vpc_id="vpc-0a1b2c3d4e5f60718",
    ingress=[{"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]}],
    egress=[{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}],
)
environment = aws.batch.ComputeEnvironment(
    "gpu",
    type="MANAGED",
    compute_resources={
        "type": "EC2",
        "instance_types": ["p4d.24xlarge"],
        "instance_role": profile.arn,
        "min_vcpus": 96,
        "max_vcpus": 960,
        "ec2_key_pair": "ml-team",
        "security_group_ids": [group.id],
        "subnets": ["subnet-0a1b2c3d4e5f60718"],
    },
)
queue = aws.batch.JobQueue(
    "train",
    state="ENABLED",
    priority=1,
    compute_environment_orders=[{"order": 1, "compute_environment": environment.arn}],
)
aws.batch.JobDefinition(
    "train",
    type="container",
    container_properties=json.dumps(
        {
            "image": "pytorch/pytorch:latest",
            "command": ["python", "train.py"],
            "privileged": True,
            "resourceRequirements": [
                {"type": "VCPU", "value": "96"},
                {"type": "MEMORY", "value": "1000000"},
                {"type": "GPU", "value": "8"},
            ],
            "environment": [
                {"name": "EPOCHS", "value": "3"},
                {"name": "WANDB_API_KEY", "value": "9f2d81c04be77a3665d1e0c4b7a98d21f0e3c5aa"},
            ],
            "volumes": [{"name": "docker", "host": {"sourcePath": "/var/run/docker.sock"}}],
            "mountPoints": [{"sourceVolume": "docker", "containerPath": "/var/run/docker.sock"}],
        }
    ),
)
