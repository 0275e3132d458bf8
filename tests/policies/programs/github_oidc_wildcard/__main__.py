"""Deployments from GitHub Actions, for every repository there is."""

import json

import pulumi_aws as aws

provider = aws.iam.OpenIdConnectProvider(
    "github", url="https://token.actions.githubusercontent.com", client_id_lists=["sts.amazonaws.com"]
)
role = aws.iam.Role(
    "deploy",
    assume_role_policy=provider.arn.apply(
        lambda arn: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Federated": arn},
                        "Action": "sts:AssumeRoleWithWebIdentity",
                        "Condition": {
                            "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
                            "StringLike": {"token.actions.githubusercontent.com:sub": "repo:*"},
                        },
                    }
                ],
            }
        )
    ),
)
aws.iam.RolePolicyAttachment("deploy", role=role.name, policy_arn="arn:aws:iam::aws:policy/AdministratorAccess")
