"""Good configurations of what runs on the ground: compute, data, messages, observation. AWS takes every call here."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.sandbox.refusals.cloud import ACCOUNT, ARCHIVE, ROOT, Cloud, allow, for_service, name, policy


def eks_cluster_with_nodes(aws: Cloud) -> None:
    cluster, key = name("train_1-a"), aws.key()
    aws.eks.create_cluster(
        name=cluster,
        version="1.35",
        roleArn=aws.role("eks.amazonaws.com"),
        resourcesVpcConfig={
            "subnetIds": aws.home.subnets,
            "securityGroupIds": [aws.home.group],
            "endpointPublicAccess": False,
            "endpointPrivateAccess": True,
        },
        kubernetesNetworkConfig={"serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4"},
        encryptionConfig=[{"resources": ["secrets"], "provider": {"keyArn": key}}],
        logging={"clusterLogging": [{"types": ["api", "audit", "authenticator"], "enabled": True}]},
        accessConfig={"authenticationMode": "API"},
        tags={"owner": "ML (platform), team 7"},
    )
    template = aws.ec2.create_launch_template(
        LaunchTemplateName=name("gpu-nodes_(v1)/a"),
        LaunchTemplateData={
            "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 200, "VolumeType": "gp3", "Encrypted": True}}],
            "UserData": base64.b64encode(b"#!/bin/bash\n").decode(),
        },
    )["LaunchTemplate"]["LaunchTemplateId"]  # fmt: skip
    for number, kind in enumerate((["p5.48xlarge"], ["g6e.xlarge", "g5.xlarge"], ["trn2.48xlarge"], ["m7i.large"])):
        aws.eks.create_nodegroup(
            clusterName=cluster,
            nodegroupName=f"nodes-{number}",
            subnets=aws.home.subnets,
            nodeRole=aws.role("ec2.amazonaws.com"),
            instanceTypes=kind,
            amiType="AL2023_x86_64_NVIDIA" if number < 2 else "AL2023_x86_64_STANDARD",
            capacityType="ON_DEMAND",
            scalingConfig={"minSize": 0, "maxSize": 4, "desiredSize": 0},
            taints=[{"key": "nvidia.com/gpu", "value": "true", "effect": "NO_SCHEDULE"}],
            labels={"tier": "gpu"},
            **({"launchTemplate": {"id": template, "version": "1"}} if number == 0 else {"diskSize": 100}),
        )
    aws.eks.create_fargate_profile(
        clusterName=cluster, fargateProfileName="serving", podExecutionRoleArn=aws.role("eks-fargate-pods.amazonaws.com"),
        subnets=aws.home.subnets, selectors=[{"namespace": "serving", "labels": {"a": "b"}}],
    )  # fmt: skip
    for number in range(4):
        aws.eks.delete_nodegroup(clusterName=cluster, nodegroupName=f"nodes-{number}")
    aws.eks.delete_fargate_profile(clusterName=cluster, fargateProfileName="serving")
    aws.eks.delete_cluster(name=cluster)


def sagemaker_from_studio_to_endpoint(aws: Cloud) -> None:
    role, maker, home = aws.role("sagemaker.amazonaws.com"), aws.sagemaker, aws.home
    both = aws.role("sagemaker.amazonaws.com", "lambda.amazonaws.com")
    maker.create_domain(
        DomainName=name("studio"), AuthMode="IAM", VpcId=home.vpc, SubnetIds=home.subnets, AppNetworkAccessType="VpcOnly",
        DefaultUserSettings={"ExecutionRole": both, "SecurityGroups": [home.group]}, KmsKeyId=aws.key(),
    )  # fmt: skip
    model, image = name("model"), f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/serving:1.0"
    maker.create_model(
        ModelName=model, ExecutionRoleArn=role, EnableNetworkIsolation=True,
        PrimaryContainer={"Image": image, "ModelDataUrl": "s3://models/a/model.tar.gz", "Environment": {"A": "b"}},
        VpcConfig={"Subnets": home.subnets, "SecurityGroupIds": [home.group]},
    )  # fmt: skip
    variant = {"VariantName": "main", "ModelName": model, "InitialInstanceCount": 1, "InitialVariantWeight": 1.0}
    for kind in ("ml.g5.xlarge", "ml.m5.large", "ml.p5.48xlarge", "ml.inf2.xlarge"):
        config = name("config")
        maker.create_endpoint_config(EndpointConfigName=config, ProductionVariants=[{**variant, "InstanceType": kind}])
    maker.create_endpoint(EndpointName=name("endpoint"), EndpointConfigName=config)
    notebook = {"InstanceType": "ml.t3.medium", "RoleArn": role, "VolumeSizeInGB": 100, "RootAccess": "Disabled"}
    maker.create_notebook_instance(
        NotebookInstanceName=name("notebook"), SubnetId=home.subnets[0], SecurityGroupIds=[home.group],
        DirectInternetAccess="Disabled", **notebook,
    )  # fmt: skip
    maker.create_notebook_instance(NotebookInstanceName=name("notebook"), **notebook)
    definition = json.dumps({"Version": "2020-12-01", "Steps": [], "Parameters": []})
    maker.create_pipeline(
        PipelineName=name("pipeline"), PipelineDefinition=definition, RoleArn=role, ClientRequestToken="a" * 36
    )
    maker.create_feature_group(
        FeatureGroupName=name("features"), RecordIdentifierFeatureName="customer", EventTimeFeatureName="time", RoleArn=role,
        FeatureDefinitions=[{"FeatureName": n, "FeatureType": "String"} for n in ("customer", "time", "amount")],
        OfflineStoreConfig={"S3StorageConfig": {"S3Uri": "s3://features/a"}},
    )  # fmt: skip
    maker.create_training_job(
        TrainingJobName=name("job"), RoleArn=role, OutputDataConfig={"S3OutputPath": "s3://models/out"},
        AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"},
        ResourceConfig={"InstanceType": "ml.g5.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 50},
        StoppingCondition={"MaxRuntimeInSeconds": 86400},
    )  # fmt: skip


def functions_of_many_kinds(aws: Cloud) -> None:
    inside = aws.role(
        "lambda.amazonaws.com", actions=["ec2:*NetworkInterface*", "sqs:SendMessage", "sqs:Re*", "logs:*"]
    )
    managed = name("role")
    document = policy(allow("sts:AssumeRole", None, Principal={"Service": "lambda.amazonaws.com"}))
    managed_arn = aws.iam.create_role(RoleName=managed, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    vpc_access = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
    aws.iam.attach_role_policy(RoleName=managed, PolicyArn=vpc_access)
    network = {"SubnetIds": aws.home.subnets, "SecurityGroupIds": [aws.home.group]}
    aws.function(Role=managed_arn, VpcConfig=network)
    layer = aws.lambda_.publish_layer_version(LayerName=name("layer"), Content={"ZipFile": ARCHIVE})["LayerVersionArn"]
    function = aws.function(
        Role=inside, VpcConfig=network, Timeout=900, MemorySize=10240, EphemeralStorage={"Size": 10240}, Layers=[layer],
        Environment={"Variables": {"LOG_LEVEL": "debug", "AWS_ENDPOINT_URL": "http://x", "BUCKET": "y" * 3000}},
        DeadLetterConfig={"TargetArn": aws.queue_arn()}, KMSKeyArn=aws.key(), TracingConfig={"Mode": "Active"},
        Runtime="python3.13", Architectures=["arm64"], Description="Scores requests (fast) \u2013 really",
    )  # fmt: skip
    bucket = aws.bucket()
    aws.s3.put_object(Bucket=bucket, Key="code.zip", Body=ARCHIVE)
    aws.function(Code={"S3Bucket": bucket, "S3Key": "code.zip"})
    queue = aws.queue_arn(VisibilityTimeout="5400")
    aws.lambda_.create_event_source_mapping(FunctionName=function, EventSourceArn=queue, BatchSize=10)
    for number, principal in enumerate(
        ("events.amazonaws.com", "s3.amazonaws.com", ACCOUNT, "elasticloadbalancing.amazonaws.com")
    ):
        aws.lambda_.add_permission(
            FunctionName=function,
            StatementId=f"statement-{number}",
            Action="lambda:InvokeFunction",
            Principal=principal,
        )
    aws.lambda_.update_function_configuration(FunctionName=function, Timeout=60)
    aws.lambda_.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=100)
    aws.lambda_.create_alias(FunctionName=function, Name="live", FunctionVersion="$LATEST")
    aws.lambda_.delete_function(FunctionName=function)


def instances_and_groups(aws: Cloud) -> None:
    image = aws.ec2.register_image(Name=name("image"), Architecture="x86_64", RootDeviceName="/dev/xvda")["ImageId"]
    profile, key_pair = name("profile"), name("pair")
    aws.iam.create_instance_profile(InstanceProfileName=profile)
    aws.ec2.create_key_pair(KeyName=key_pair)
    group = aws.group(aws.home.vpc)
    started = aws.ec2.run_instances(
        ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=aws.home.subnets[0],
        SecurityGroupIds=[group], IamInstanceProfile={"Name": profile}, KeyName=key_pair, UserData="#!/bin/bash\n" * 100,
        MetadataOptions={"HttpTokens": "required"},
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeType": "gp3", "VolumeSize": 100}}],
    )["Instances"][0]["InstanceId"]  # fmt: skip
    aws.ec2.terminate_instances(InstanceIds=[started])
    aws.ec2.delete_security_group(GroupId=group)
    aws.ec2.create_volume(AvailabilityZone="us-east-1a", Size=100, VolumeType="gp3", Encrypted=True, KmsKeyId=aws.key())
    aws.ec2.create_volume(AvailabilityZone="us-east-1a", Size=100, Encrypted=True, KmsKeyId="alias/aws/ebs")
    data = {"InstanceType": "g5.xlarge", "ImageId": image}
    template = aws.ec2.create_launch_template(LaunchTemplateName=name("lt"), LaunchTemplateData=data)["LaunchTemplate"]
    aws.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name("group"), MinSize=0, MaxSize=4, DesiredCapacity=0,
        LaunchTemplate={"LaunchTemplateId": template["LaunchTemplateId"], "Version": "$Latest"},
        VPCZoneIdentifier=",".join(aws.home.subnets),
        Tags=[{"Key": "Name", "Value": "nodes", "PropagateAtLaunch": True}],
    )  # fmt: skip
    environment = name("environment")
    aws.batch.create_compute_environment(
        computeEnvironmentName=environment, type="MANAGED", serviceRole=aws.role("batch.amazonaws.com"),
        computeResources={
            "type": "EC2", "minvCpus": 0, "maxvCpus": 256, "instanceTypes": ["optimal"],
            "instanceRole": f"arn:aws:iam::{ACCOUNT}:instance-profile/{profile}",
            "subnets": aws.home.subnets, "securityGroupIds": [aws.home.group],
        },
    )  # fmt: skip
    order = [{"order": 1, "computeEnvironment": environment}]
    aws.batch.create_job_queue(jobQueueName=name("jobs"), state="ENABLED", priority=1, computeEnvironmentOrder=order)


def queues_and_topics(aws: Cloud) -> None:
    alarms = for_service("cloudwatch.amazonaws.com", "SNS:Publish")
    secure = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    topic = aws.topic(
        KmsMasterKeyId="alias/aws/sns", DisplayName="Alerts", TracingConfig="Active", Policy=policy(alarms, secure)
    )
    aws.topic(KmsMasterKeyId=aws.key(), SignatureVersion="2")
    aws.topic(FifoTopic="true", ContentBasedDeduplication="true")
    owner = {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}
    everything = ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:Subscribe", "SNS:Receive", "SNS:Publish"]
    document = policy(allow(everything, topic, Principal={"AWS": "*"}, Condition=owner), Id="__default_policy_ID")
    aws.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document)
    dead = aws.queue_arn(MessageRetentionPeriod="1209600")
    redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 5})
    url = aws.queue(
        VisibilityTimeout="43200", RedrivePolicy=redrive, KmsMasterKeyId=aws.key(), KmsDataKeyReusePeriodSeconds="300",
        DelaySeconds="0", ReceiveMessageWaitTimeSeconds="20", MaximumMessageSize="262144",
    )  # fmt: skip
    dead_fifo = aws.queue_arn(FifoQueue="true", ContentBasedDeduplication="true")
    redrive = json.dumps({"deadLetterTargetArn": dead_fifo, "maxReceiveCount": "3"})
    aws.queue(
        FifoQueue="true",
        RedrivePolicy=redrive,
        DeduplicationScope="messageGroup",
        FifoThroughputLimit="perMessageGroupId",
    )
    aws.queue(SqsManagedSseEnabled="true")
    arn = aws.arn("sqs", url.rsplit("/", 1)[1])
    document = policy(
        for_service("sns.amazonaws.com", "sqs:SendMessage", arn, Condition={"ArnEquals": {"aws:SourceArn": topic}}),
        allow("SQS:*", arn, Principal={"AWS": ROOT}),
        {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": arn, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    )  # fmt: skip
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    aws.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ml-oncall@example.com")
    aws.sns.subscribe(TopicArn=topic, Protocol="https", Endpoint="https://hooks.example.com/a")
    aws.sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=aws.function())


def streams_and_tables(aws: Cloud) -> None:
    stream = name("stream")
    aws.kinesis.create_stream(StreamName=stream, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    aws.kinesis.create_stream(StreamName=name("stream"), ShardCount=2)
    aws.kinesis.start_stream_encryption(StreamName=stream, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    destination = {"RoleARN": aws.role("firehose.amazonaws.com"), "BucketARN": f"arn:aws:s3:::{aws.bucket()}"}
    hints = {"SizeInMBs": 128, "IntervalInSeconds": 60}
    aws.firehose.create_delivery_stream(
        DeliveryStreamName=name("delivery"), DeliveryStreamType="DirectPut",
        ExtendedS3DestinationConfiguration={**destination, "BufferingHints": hints, "CompressionFormat": "GZIP"},
    )  # fmt: skip
    table = name("table.locks_1")
    aws.dynamodb.create_table(
        TableName=table, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": aws.key()},
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}, DeletionProtectionEnabled=True,
    )  # fmt: skip
    aws.dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    aws.dynamodb.delete_table(TableName=table)
    database = name("catalogue").replace("-", "_")
    aws.glue.create_database(DatabaseInput={"Name": database})
    aws.glue.create_table(DatabaseName=database, TableInput={"Name": "features"})
    command = {"Name": "glueetl", "ScriptLocation": "s3://scripts/job.py", "PythonVersion": "3"}
    role = aws.role("glue.amazonaws.com")
    aws.glue.create_job(Name=name("job"), Role=role, Command=command, WorkerType="G.1X", NumberOfWorkers=2)
    aws.glue.create_job(Name=name("job"), Role=role.rsplit("/", 1)[1], Command=command)
    targets = {"S3Targets": [{"Path": "s3://data/"}]}
    aws.glue.create_crawler(Name=name("crawler"), Role=role, DatabaseName=database, Targets=targets)


def file_systems(aws: Cloud) -> None:
    efs, home = aws.efs, aws.home
    system = efs.create_file_system(
        CreationToken=name(), Encrypted=True, KmsKeyId=aws.key(), ThroughputMode="elastic", PerformanceMode="generalPurpose",
        Tags=[{"Key": "Name", "Value": "shared/models:v1 + more = @"}],
    )["FileSystemId"]  # fmt: skip
    efs.create_file_system(CreationToken=name(), ThroughputMode="provisioned", ProvisionedThroughputInMibps=64.0)
    targets = [
        efs.create_mount_target(FileSystemId=system, SubnetId=subnet, SecurityGroups=[home.group])["MountTargetId"]
        for subnet in home.subnets
    ]
    mount = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    tls = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    allowed = allow(
        mount, None, Principal={"AWS": "*"}, Condition={"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}
    )
    efs.put_file_system_policy(FileSystemId=system, Policy=policy(tls, allowed))
    efs.put_lifecycle_configuration(FileSystemId=system, LifecyclePolicies=[{"TransitionToIA": "AFTER_30_DAYS"}])
    root = {"Path": "/models", "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": "0750"}}
    efs.create_access_point(
        ClientToken=name(), FileSystemId=system, PosixUser={"Uid": 1000, "Gid": 1000}, RootDirectory=root
    )
    for target in targets:
        efs.delete_mount_target(MountTargetId=target)
    for size, settings in (
        (1200, {"DeploymentType": "PERSISTENT_2", "PerUnitStorageThroughput": 250}),
        (4800, {"DeploymentType": "PERSISTENT_1", "PerUnitStorageThroughput": 50}),
        (2400, {"DeploymentType": "SCRATCH_2"}),
        (1200, {"DeploymentType": "SCRATCH_2", "DataCompressionType": "LZ4"}),
    ):
        aws.fsx.create_file_system(
            FileSystemType="LUSTRE", StorageCapacity=size, SubnetIds=home.subnets[:1], SecurityGroupIds=[home.group],
            LustreConfiguration=settings, KmsKeyId=aws.key(),
        )  # fmt: skip


def backups(aws: Cloud) -> None:
    vault = name("models_vault")
    aws.backup.create_backup_vault(BackupVaultName=vault, EncryptionKeyArn=aws.key())
    rule = {"TargetBackupVaultName": vault, "ScheduleExpression": "cron(0 5 ? * * *)", "StartWindowMinutes": 60}
    rules = [
        {**rule, "RuleName": "cold", "Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 120}},
        {**rule, "RuleName": "warm", "Lifecycle": {"DeleteAfterDays": 35}},
        {**rule, "RuleName": "forever", "Lifecycle": {"MoveToColdStorageAfterDays": 30}},
    ]
    aws.backup.create_backup_plan(BackupPlan={"BackupPlanName": name("plan"), "Rules": rules})
    deny = {"Effect": "Deny", "Principal": "*", "Action": "backup:DeleteRecoveryPoint", "Resource": "*"}
    aws.backup.put_backup_vault_access_policy(BackupVaultName=vault, Policy=policy(deny))


def logs_alarms_and_events(aws: Cloud) -> None:
    logs, group = aws.logs, aws.log_group()
    grant = ["kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*"]
    logs.create_log_group(
        logGroupName=name("/aws/sagemaker/#jobs_1.a"),
        kmsKeyId=aws.key(for_service(f"logs.{aws.region}.amazonaws.com", grant)),
    )
    anyone = allow("kms:*", Principal={"AWS": "*"}, Condition={"StringEquals": {"kms:CallerAccount": ACCOUNT}})
    logs.create_log_group(logGroupName=name("/group"), kmsKeyId=aws.key(anyone))
    logs.put_retention_policy(logGroupName=group, retentionInDays=1096)
    transformation = {"metricName": "Errors", "metricNamespace": "ML", "metricValue": "1", "defaultValue": 0}
    logs.put_metric_filter(
        logGroupName=group,
        filterName="errors",
        filterPattern='{ $.level = "ERROR" }',
        metricTransformations=[transformation],
    )
    function = aws.function()
    aws.lambda_.add_permission(
        FunctionName=function,
        StatementId="logs",
        Action="lambda:InvokeFunction",
        Principal=f"logs.{aws.region}.amazonaws.com",
    )
    logs.put_subscription_filter(logGroupName=group, filterName="all", filterPattern="", destinationArn=function)
    document = policy(
        for_service(
            "delivery.logs.amazonaws.com", ["logs:CreateLogStream", "logs:PutLogEvents"], aws.arn("logs", "log-group:*")
        )
    )
    logs.put_resource_policy(policyName=name("policy"), policyDocument=document)
    metric = {
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocations",
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    for settings in (
        {
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 5,
            "DatapointsToAlarm": 3,
            "TreatMissingData": "notBreaching",
        },
        {"ExtendedStatistic": "p99.9", "Period": 300, "EvaluationPeriods": 1},
        {"Statistic": "Average", "Period": 3600, "EvaluationPeriods": 48, "Unit": "Count"},
        {"Statistic": "Maximum", "Period": 10, "EvaluationPeriods": 6},
    ):
        aws.cloudwatch.put_metric_alarm(AlarmName=name("alarm (prod) 1/2"), **metric, **settings)
    aws.cloudwatch.put_dashboard(DashboardName=name("board"), DashboardBody=json.dumps({"widgets": []}))
    rule, events = name("rule"), aws.events
    events.put_rule(
        Name=rule, EventPattern=json.dumps({"source": ["aws.sagemaker"], "detail": {"a": [{"prefix": "x"}]}})
    )
    for expression in ("rate(5 minutes)", "rate(1 day)", "cron(0 12 * * ? *)"):
        events.put_rule(Name=name("rule"), ScheduleExpression=expression)
    machine = state_machine(aws, {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    start = {"Id": "train", "Arn": machine, "RoleArn": aws.role("events.amazonaws.com")}
    events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": aws.queue_arn()}, {"Id": "f", "Arn": function}, start])
    events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": aws.queue_arn()}])
    events.remove_targets(Rule=rule, Ids=["q", "f", "train"])
    events.delete_rule(Name=rule)
    target = {"Arn": machine, "RoleArn": aws.role("scheduler.amazonaws.com")}
    aws.scheduler.create_schedule(
        Name=name("schedule"), ScheduleExpression="rate(1 hour)", FlexibleTimeWindow={"Mode": "OFF"}, Target=target
    )


def state_machine(aws: Cloud, definition: dict[str, Any], **rest: Any) -> str:
    made = aws.stepfunctions.create_state_machine(
        name=name("machine"), definition=json.dumps(definition), roleArn=aws.role("states.amazonaws.com"), **rest
    )
    return made["stateMachineArn"]


def workflows(aws: Cloud) -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]
    inner = {"StartAt": "One", "States": {"One": {"Type": "Pass", "End": True}}}
    definition = {"Comment": "train", "StartAt": "Prepare", "TimeoutSeconds": 3600, "States": {
        "Prepare": {"Type": "Pass", "Result": {"a": 1}, "Next": "Pause"},
        "Pause": {"Type": "Wait", "Seconds": 5, "Next": "Train"},
        "Train": {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync", "Parameters": {},
                  "Retry": retry, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Broken"}], "Next": "Good?"},
        "Good?": {"Type": "Choice", "Default": "Train", "Choices": [
            {"Variable": "$.x", "NumericGreaterThan": 1, "Next": "Both"},
            {"And": [{"Variable": "$.y", "IsPresent": True}, {"Variable": "$.y", "BooleanEquals": True}], "Next": "Each"}]},
        "Both": {"Type": "Parallel", "Branches": [inner, inner], "Next": "Done"},
        "Each": {"Type": "Map", "ItemProcessor": inner, "ItemsPath": "$.items", "Next": "Old"},
        "Old": {"Type": "Map", "Iterator": inner, "Next": "Done"},
        "Broken": {"Type": "Fail", "Error": "E", "Cause": "c"},
        "Done": {"Type": "Succeed"},
    }}  # fmt: skip
    state_machine(aws, definition)
    group = aws.arn("logs", f"log-group:{aws.log_group()}:*")
    logging = {"level": "ERROR", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}]}
    task = {"Type": "Task", "Resource": aws.function(), "End": True}
    state_machine(aws, {"StartAt": "A", "States": {"A": task}}, loggingConfiguration=logging, type="EXPRESS")


def balancers_and_records(aws: Cloud) -> None:
    lb, home = aws.elbv2, aws.home
    inside = lb.create_load_balancer(
        Name=name("lb"), Subnets=home.subnets, Scheme="internal", SecurityGroups=[home.group]
    )
    arn = inside["LoadBalancers"][0]["LoadBalancerArn"]
    vpc = aws.vpc()
    aws.gateway(vpc)
    lb.create_load_balancer(Name=name("lb"), Subnets=aws.subnets(vpc), Scheme="internet-facing")
    lb.create_load_balancer(Name=name("nlb"), Type="network", Scheme="internal", Subnets=home.subnets[:1])
    group = lb.create_target_group(
        Name=name("tg"), Protocol="HTTP", Port=8080, VpcId=home.vpc, TargetType="ip", HealthCheckPath="/healthz",
        HealthCheckIntervalSeconds=30, HealthCheckTimeoutSeconds=5,
    )["TargetGroups"][0]["TargetGroupArn"]  # fmt: skip
    certificate = aws.acm.request_certificate(DomainName="*.models.example.com", ValidationMethod="DNS")[
        "CertificateArn"
    ]
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    lb.create_listener(
        LoadBalancerArn=arn, Protocol="HTTPS", Port=443, DefaultActions=forward, SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates=[{"CertificateArn": certificate}],
    )  # fmt: skip
    redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
    lb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[redirect])
    zone = aws.route53.create_hosted_zone(Name="example.com", CallerReference=name())["HostedZone"]["Id"]
    changes = [
        {"Name": "models.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "10.0.0.1"}]},
        {"Name": "www.example.com", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "models.example.com"}]},
        {"Name": "v6.example.com", "Type": "AAAA", "TTL": 60, "ResourceRecords": [{"Value": "2001:db8::1"}]},
        {"Name": "example.com", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"v=spf1 -all"'}]},
    ]
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": change} for change in changes]}
    aws.route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


def secrets_parameters_and_images(aws: Cloud) -> None:
    manager = aws.secretsmanager
    secret = manager.create_secret(Name=name("ml/db_password+x=.@y"), SecretString="x", KmsKeyId=aws.key())["ARN"]
    document = policy(allow("secretsmanager:GetSecretValue", Principal={"AWS": aws.role()}))
    manager.put_resource_policy(SecretId=secret, ResourcePolicy=document, BlockPublicPolicy=True)
    manager.create_secret(Name=name("secret"), SecretString="x", KmsKeyId="alias/aws/secretsmanager")
    manager.delete_secret(SecretId=secret, RecoveryWindowInDays=7)
    aws.ssm.put_parameter(Name=name("/a/b/c/d"), Value="x" * 4096, Type="String", Description="fine")
    aws.ssm.put_parameter(Name=name("/big"), Value="x" * 8000, Type="String", Tier="Advanced")
    aws.ssm.put_parameter(
        Name=name("/secure"), Value="42", Type="SecureString", KeyId=aws.key(), AllowedPattern="^[0-9]+$"
    )
    repository = name("team/training.images_v1")
    encryption = {"encryptionType": "KMS", "kmsKey": aws.key()}
    aws.ecr.create_repository(
        repositoryName=repository, encryptionConfiguration=encryption, imageTagMutability="IMMUTABLE"
    )
    pull = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    document = policy(
        allow(pull, None, Principal={"AWS": ["999988887777", ROOT]}),
        allow(pull, None, Principal={"Service": "lambda.amazonaws.com"}),
    )
    aws.ecr.set_repository_policy(repositoryName=repository, policyText=document)
    selection = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14}
    rules = {"rules": [{"rulePriority": 1, "description": "d", "selection": selection, "action": {"type": "expire"}}]}
    aws.ecr.put_lifecycle_policy(repositoryName=repository, lifecyclePolicyText=json.dumps(rules))


def databases(aws: Cloud) -> None:
    group = name("group")
    aws.rds.create_db_subnet_group(DBSubnetGroupName=group, DBSubnetGroupDescription="d", SubnetIds=aws.home.subnets)
    settings = {"DBSubnetGroupName": group, "VpcSecurityGroupIds": [aws.home.group], "AllocatedStorage": 20}
    for engine, user in (("postgres", "platform"), ("mysql", "admin")):
        aws.rds.create_db_instance(
            DBInstanceIdentifier=name("mlflow"), DBInstanceClass="db.t4g.medium", Engine=engine, MasterUsername=user,
            MasterUserPassword="Long-enough_secret!", StorageEncrypted=True, KmsKeyId=aws.key(), **settings,
        )  # fmt: skip
    aws.kafka.create_cluster(
        ClusterName=name("events"), KafkaVersion="3.6.0", NumberOfBrokerNodes=4, BrokerNodeGroupInfo={
            "ClientSubnets": aws.home.subnets, "InstanceType": "kafka.m5.large", "SecurityGroups": [aws.home.group]},
    )  # fmt: skip
    aws.opensearch.create_domain(DomainName=name("search")[:28].lower())
    environment = {
        "type": "LINUX_CONTAINER",
        "image": "aws/codebuild/standard:7.0",
        "computeType": "BUILD_GENERAL1_SMALL",
    }
    aws.codebuild.create_project(
        name=name("build"), artifacts={"type": "NO_ARTIFACTS"}, environment=environment,
        source={"type": "S3", "location": "bucket/path/source.zip", "buildspec": "version: 0.2"},
        serviceRole=aws.role("codebuild.amazonaws.com"),
    )  # fmt: skip
    limit = {
        "BudgetName": name("budget"),
        "BudgetLimit": {"Amount": "100", "Unit": "USD"},
        "TimeUnit": "MONTHLY",
        "BudgetType": "COST",
    }
    aws.budgets.create_budget(AccountId=ACCOUNT, Budget=limit)
