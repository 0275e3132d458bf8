"""A small model behind a function URL."""

import json

import pulumi
import pulumi_aws as aws

role = aws.iam.Role(
    "inference",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    ),
)
aws.iam.RolePolicy(
    "inference",
    role=role.id,
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}],
        }
    ),
)
function = aws.lambda_.Function(
    "inference",
    package_type="Image",
    image_uri="123456789012.dkr.ecr.us-east-1.amazonaws.com/inference:1.4",
    role=role.arn,
    memory_size=4096,
    timeout=60,
    environment={"variables": {"MODEL_URI": "s3://models/sentiment/1", "DB_PASSWORD": "hunter2hunter2"}},
)
url = aws.lambda_.FunctionUrl(
    "inference",
    function_name=function.name,
    authorization_type="NONE",
    cors={"allow_origins": ["*"], "allow_methods": ["*"]},
)
aws.lambda_.Permission(
    "inference-url",
    function=function.name,
    action="lambda:InvokeFunctionUrl",
    principal="*",
    function_url_auth_type="NONE",
)
pulumi.export("url", url.function_url)
