"""A notebook for a data scientist, as the console's wizard would make it."""

import json

import pulumi
import pulumi_aws as aws

role = aws.iam.Role(
    "notebook",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    ),
)
aws.iam.RolePolicyAttachment(
    "notebook-sagemaker", role=role.name, policy_arn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
)
script = aws.sagemaker.NotebookInstanceLifecycleConfiguration(
    "tools",
    on_start="#!/bin/bash\npip install transformers\nexport HF_TOKEN=hf_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789\n",
)
notebook = aws.sagemaker.NotebookInstance(
    "research",
    instance_type="ml.g5.xlarge",
    role_arn=role.arn,
    lifecycle_config_name=script.name,
    volume_size=200,
)
domain = aws.sagemaker.Domain(
    "studio",
    domain_name="research",
    auth_mode="IAM",
    vpc_id="vpc-0a1b2c3d4e5f60718",
    subnet_ids=["subnet-0a1b2c3d4e5f60718"],
    default_user_settings={"execution_role": role.arn},
)
pulumi.export("url", notebook.url)
