"""An MLflow server on one instance."""

import pulumi
import pulumi_aws as aws

group = aws.ec2.SecurityGroup(
    "mlflow",
    description="mlflow",
    vpc_id="vpc-0a1b2c3d4e5f60718",
    ingress=[
        {"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]},
        {"protocol": "tcp", "from_port": 5000, "to_port": 5000, "cidr_blocks": ["0.0.0.0/0"]},
    ],
    egress=[{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}],
)
server = aws.ec2.Instance(
    "mlflow",
    ami="ami-0123456789abcdef0",
    instance_type="t3.large",
    subnet_id="subnet-0a1b2c3d4e5f60718",
    associate_public_ip_address=True,
    vpc_security_group_ids=[group.id],
    key_name="ml-team",
    user_data="""#!/bin/bash
export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
pip install mlflow boto3
mlflow server --host 0.0.0.0 --port 5000 --default-artifact-root s3://mlflow-artifacts
""",
)
pulumi.export("url", server.public_dns)
