"""Features in a database and in SageMaker, encrypted in neither."""

import json

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
aws.rds.Instance(
    "features",
    engine="postgres",
    engine_version="16.4",
    instance_class="db.r6g.large",
    allocated_storage=200,
    username="features",
    password="features-2026-secret",
    publicly_accessible=True,
    storage_encrypted=False,
    skip_final_snapshot=True,
)
role = aws.iam.Role(
    "features",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    ),
)
aws.sagemaker.FeatureGroup(
    "customers",
    feature_group_name="customers",
    record_identifier_feature_name="customer_id",
    event_time_feature_name="event_time",
    role_arn=role.arn,
    feature_definitions=[
        {"feature_name": "customer_id", "feature_type": "String"},
        {"feature_name": "event_time", "feature_type": "String"},
        {"feature_name": "income", "feature_type": "Fractional"},
    ],
    online_store_config={"enable_online_store": True},
    offline_store_config={"s3_storage_config": {"s3_uri": "s3://features/offline"}},
)
