"""SageMaker, Bedrock, Batch and pipelines as they should be: nothing in it may be found fault with."""

import json

import pulumi
import pulumi_aws as aws

ACCOUNT = "123456789012"
TAGS = {"owner": "ml-platform", "cost-center": "4711", "environment": "dev", "data-classification": "confidential"}
SUBNETS = ["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"]
REGISTRY = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
DIGEST = f"sha256:{'0' * 64}"


def tagged(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """Whose a resource is, what pays for it and how sensitive it is, wherever it can be said."""
    if not args.type_.startswith("aws:") or "tags" not in args.props:
        return None
    return pulumi.ResourceTransformationResult({**args.props, "tags": TAGS}, args.opts)


pulumi.runtime.register_stack_transformation(tagged)

key = aws.kms.Key("data", enable_key_rotation=True, deletion_window_in_days=30)
group = aws.ec2.SecurityGroup("jobs", description="Jobs and notebooks", vpc_id="vpc-0a1b2c3d4e5f60718")
vpc = {"subnets": SUBNETS, "security_group_ids": [group.id]}


def role(name: str, service: str) -> aws.iam.Role:
    return aws.iam.Role(
        name,
        permissions_boundary=f"arn:aws:iam::{ACCOUNT}:policy/boundary",
        assume_role_policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": service},
                        "Action": "sts:AssumeRole",
                        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
                    }
                ],
            }
        ),
    )


training = role("training", "sagemaker.amazonaws.com")
aws.sagemaker.NotebookInstance(
    "research",
    instance_type="ml.t3.medium",
    role_arn=training.arn,
    direct_internet_access="Disabled",
    root_access="Disabled",
    subnet_id=SUBNETS[0],
    security_groups=[group.id],
    kms_key_id=key.arn,
    platform_identifier="notebook-al2023-v1",
    instance_metadata_service_configuration={"minimum_instance_metadata_service_version": "2"},
)
aws.sagemaker.Domain(
    "studio",
    domain_name="studio",
    auth_mode="SSO",
    app_network_access_type="VpcOnly",
    vpc_id="vpc-0a1b2c3d4e5f60718",
    subnet_ids=SUBNETS,
    kms_key_id=key.arn,
    domain_settings={"execution_role_identity_config": "USER_PROFILE_NAME"},
    default_user_settings={
        "execution_role": training.arn,
        "jupyter_lab_app_settings": {
            "app_lifecycle_management": {
                "idle_settings": {"lifecycle_management": "ENABLED", "idle_timeout_in_minutes": 120}
            }
        },
    },
)
model = aws.sagemaker.Model(
    "credit",
    execution_role_arn=role("serving", "sagemaker.amazonaws.com").arn,
    enable_network_isolation=True,
    vpc_config=vpc,
    primary_container={
        "image": f"{REGISTRY}/serve@{DIGEST}",
        "model_data_url": "s3://models/credit/7/model.tar.gz",
        "environment": {"SAGEMAKER_PROGRAM": "serve.py", "TOKEN_SECRET": "arn:aws:secretsmanager:us-east-1:1:secret:a"},
    },
)
config = aws.sagemaker.EndpointConfiguration(
    "credit",
    kms_key_arn=key.arn,
    production_variants=[
        {
            "variant_name": "all",
            "model_name": model.name,
            "instance_type": "ml.g6.xlarge",
            "initial_instance_count": 2,
            "managed_instance_scaling": {"status": "ENABLED", "min_instance_count": 2, "max_instance_count": 6},
        }
    ],
    data_capture_config={
        "enable_capture": True,
        "kms_key_id": key.arn,
        "initial_sampling_percentage": 100,
        "destination_s3_uri": "s3://captured/credit",
        "capture_options": [{"capture_mode": "Input"}, {"capture_mode": "Output"}],
    },
)
aws.sagemaker.Endpoint(
    "credit",
    endpoint_config_name=config.name,
    deployment_config={
        "auto_rollback_configuration": {"alarms": [{"alarm_name": "credit-errors"}]},
        "blue_green_update_policy": {
            "traffic_routing_configuration": {
                "type": "CANARY",
                "wait_interval_in_seconds": 600,
                "canary_size": {"type": "CAPACITY_PERCENT", "value": 10},
            }
        },
    },
)
aws.sagemaker.FeatureGroup(
    "customers",
    feature_group_name="customers",
    record_identifier_feature_name="customer_id",
    event_time_feature_name="event_time",
    role_arn=training.arn,
    feature_definitions=[
        {"feature_name": "customer_id", "feature_type": "String"},
        {"feature_name": "event_time", "feature_type": "String"},
    ],
    online_store_config={"enable_online_store": True, "security_config": {"kms_key_id": key.arn}},
    offline_store_config={"s3_storage_config": {"s3_uri": "s3://features/offline", "kms_key_id": key.arn}},
)
registry = aws.sagemaker.ModelPackageGroup("credit", model_package_group_name="credit")
aws.sagemaker.ModelPackageGroupPolicy(
    "credit",
    model_package_group_name=registry.model_package_group_name,
    resource_policy=pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam::999988887777:root"},
                    "Action": ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"],
                    "Resource": registry.arn,
                }
            ],
        }
    ),
)
aws.batch.JobDefinition(
    "prepare",
    type="container",
    timeout={"attempt_duration_seconds": 3600},
    container_properties=json.dumps(
        {
            "image": f"{REGISTRY}/prepare@{DIGEST}",
            "user": "1000",
            "readonlyRootFilesystem": True,
            "jobRoleArn": f"arn:aws:iam::{ACCOUNT}:role/prepare",
            "resourceRequirements": [{"type": "VCPU", "value": "4"}, {"type": "MEMORY", "value": "16384"}],
            "secrets": [{"name": "HF_TOKEN", "valueFrom": "arn:aws:secretsmanager:us-east-1:123456789012:secret:hub"}],
            "environment": [{"name": "EPOCHS", "value": "3"}],
        }
    ),
)
logs = aws.cloudwatch.LogGroup("pipeline", retention_in_days=400, kms_key_id=key.arn)
aws.sfn.StateMachine(
    "pipeline",
    role_arn=role("pipeline", "states.amazonaws.com").arn,
    definition=json.dumps({"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1, "End": True}}}),
    encryption_configuration={"type": "CUSTOMER_MANAGED_KMS_KEY", "kms_key_id": key.arn},
    logging_configuration={
        "level": "ALL",
        "include_execution_data": False,
        "log_destination": pulumi.Output.concat(logs.arn, ":*"),
    },
)
guardrail = aws.bedrock.Guardrail(
    "support",
    name="support",
    blocked_input_messaging="I cannot answer that.",
    blocked_outputs_messaging="I cannot answer that.",
    kms_key_arn=key.arn,
    content_policy_config={
        "filters_configs": [{"type": "PROMPT_ATTACK", "input_strength": "HIGH", "output_strength": "NONE"}]
    },
    sensitive_information_policy_config={"pii_entities_configs": [{"type": "EMAIL", "action": "ANONYMIZE"}]},
)
aws.bedrock.AgentAgent(
    "support",
    agent_name="support",
    agent_resource_role_arn=role("agent", "bedrock.amazonaws.com").arn,
    customer_encryption_key_arn=key.arn,
    foundation_model="anthropic.claude-sonnet-4-5-20250929-v1:0",
    instruction="You answer customers' questions about their contracts; you change nothing.",
    guardrail_configurations=[{"guardrail_identifier": guardrail.guardrail_id, "guardrail_version": "1"}],
)
aws.bedrockmodel.InvocationLoggingConfiguration(
    "calls", logging_config={"s3_config": {"bucket_name": "model-calls"}, "text_data_delivery_enabled": True}
)
aws.budgets.Budget(
    "gpu",
    budget_type="COST",
    limit_amount="5000",
    limit_unit="USD",
    time_unit="MONTHLY",
    notifications=[
        {
            "comparison_operator": "GREATER_THAN",
            "threshold": 80,
            "threshold_type": "PERCENTAGE",
            "notification_type": "FORECASTED",
            "subscriber_email_addresses": ["ml-platform@example.com"],
        }
    ],
)
monitor = aws.costexplorer.AnomalyMonitor(
    "services", name="services", monitor_type="DIMENSIONAL", monitor_dimension="SERVICE"
)
aws.costexplorer.AnomalySubscription(
    "services",
    name="services",
    frequency="DAILY",
    monitor_arn_lists=[monitor.arn],
    subscribers=[{"type": "EMAIL", "address": "ml-platform@example.com"}],
)
