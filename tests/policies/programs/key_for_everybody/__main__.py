"""A key that has to work from anywhere, and does."""

import json

import pulumi_aws as aws

key = aws.kms.Key(
    "models",
    description="model artefacts",
    deletion_window_in_days=7,
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Sid": "all", "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}],
        }
    ),
)
secret = aws.secretsmanager.Secret("registry-token", kms_key_id=key.arn)
aws.secretsmanager.SecretPolicy(
    "registry-token",
    secret_arn=secret.arn,
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": "secretsmanager:GetSecretValue",
                    "Resource": "*",
                }
            ],
        }
    ),
)
