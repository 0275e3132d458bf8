"""Models and images for a second account, shared generously."""

import json

import pulumi
import pulumi_aws as aws

models = aws.sagemaker.ModelPackageGroup("credit", model_package_group_name="credit")
aws.sagemaker.ModelPackageGroupPolicy(
    "credit",
    model_package_group_name=models.model_package_group_name,
    resource_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam::999988887777:root"},
                    "Action": ["sagemaker:*"],
                    "Resource": "*",
                }
            ],
        }
    ),
)
fraud = aws.sagemaker.ModelPackageGroup("fraud", model_package_group_name="fraud")
aws.sagemaker.ModelPackageGroupPolicy(
    "fraud",
    model_package_group_name=fraud.model_package_group_name,
    resource_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": "*", "Action": "sagemaker:DescribeModelPackage", "Resource": "*"}
            ],
        }
    ),
)
images = aws.ecr.Repository("serving", image_tag_mutability="MUTABLE")
aws.ecr.RepositoryPolicy(
    "serving",
    repository=images.name,
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:PutImage"],
                }
            ],
        }
    ),
)
pulumi.export("repository", images.repository_url)
