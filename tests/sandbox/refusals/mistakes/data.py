"""Queues, topics, streams, tables, file systems, backups, balancers and databases."""

from __future__ import annotations

import json
from typing import Any

from tests.sandbox.refusals.catalogue import mistake
from tests.sandbox.refusals.cloud import ACCOUNT, ROOT, Cloud, allow, name, policy

NO_KEY = "key/2c9d0c2e-3a9c-4b57-8f52-1f6b8e0f4f11"
NOBODY = f"arn:aws:iam::{ACCOUNT}:role/nobody"


@mistake("sqs.CreateQueue", "InvalidAttributeValue", "VisibilityTimeout")
def queue_visibility_too_long(aws: Cloud) -> None:
    aws.queue(VisibilityTimeout="50000")


@mistake("sqs.CreateQueue", "InvalidAttributeValue", "MessageRetentionPeriod")
def queue_keeps_messages_too_long(aws: Cloud) -> None:
    aws.queue(MessageRetentionPeriod="2592000")


@mistake("sqs.CreateQueue", "InvalidParameterValue")
def fifo_queue_without_suffix(aws: Cloud) -> None:
    aws.sqs.create_queue(QueueName=name("queue"), Attributes={"FifoQueue": "true"})


@mistake("sqs.CreateQueue", "InvalidAttributeName", "ContentBasedDeduplication")
def deduplication_on_a_standard_queue(aws: Cloud) -> None:
    aws.queue(ContentBasedDeduplication="true")


@mistake("sqs.CreateQueue", "InvalidAttributeName|InvalidAttributeValue", "")
def queue_attribute_misspelt(aws: Cloud) -> None:
    aws.queue(KmsKeyId="alias/aws/sqs")


@mistake("sqs.CreateQueue", "InvalidParameterValue|InvalidAttributeValue", "RedrivePolicy|deadLetter|dead letter")
def dead_letter_queue_missing(aws: Cloud) -> None:
    target = {"deadLetterTargetArn": aws.arn("sqs", name("nowhere")), "maxReceiveCount": 3}
    aws.queue(RedrivePolicy=json.dumps(target))


@mistake("sqs.CreateQueue", "InvalidParameterValue|InvalidAttributeValue", "maxReceiveCount")
def dead_letter_count_too_high(aws: Cloud) -> None:
    aws.queue(RedrivePolicy=json.dumps({"deadLetterTargetArn": aws.queue_arn(), "maxReceiveCount": 5000}))


@mistake("sqs.CreateQueue", "InvalidParameterValue|InvalidAttributeValue", "same type|FIFO")
def dead_letter_queue_of_another_kind(aws: Cloud) -> None:
    target = {"deadLetterTargetArn": aws.queue_arn(), "maxReceiveCount": 3}
    aws.queue(FifoQueue="true", RedrivePolicy=json.dumps(target))


@mistake("sqs.CreateQueue", "InvalidAttributeValue", "encryption|SSE")
def queue_with_two_encryptions(aws: Cloud) -> None:
    aws.queue(KmsMasterKeyId="alias/aws/sqs", SqsManagedSseEnabled="true")


@mistake("sqs.CreateQueue", "KMS.NotFoundException|KmsNotFound|InvalidParameterValue", "key")
def queue_key_missing(aws: Cloud) -> None:
    aws.queue(KmsMasterKeyId=aws.arn("kms", NO_KEY))


@mistake("sqs.CreateQueue", "InvalidAttributeValue", "Policy")
def queue_policy_is_malformed(aws: Cloud) -> None:
    aws.queue(Policy="{not json")


@mistake("sqs.SetQueueAttributes", "InvalidAttributeValue", "Policy")
def queue_policy_names_a_missing_role(aws: Cloud) -> None:
    document = policy(allow("sqs:SendMessage", Principal={"AWS": NOBODY}))
    aws.sqs.set_queue_attributes(QueueUrl=aws.queue(), Attributes={"Policy": document})


@mistake("sns.CreateTopic", "InvalidParameter", "Name")
def topic_name_with_a_dot(aws: Cloud) -> None:
    aws.sns.create_topic(Name="alerts.prod")


@mistake("sns.CreateTopic", "InvalidParameter", "olicy")
def topic_policy_is_malformed(aws: Cloud) -> None:
    aws.topic(Policy=policy(allow("sns:Publish")))


@mistake("sns.SetTopicAttributes", "InvalidParameter", "out of service scope")
def topic_policy_for_another_service(aws: Cloud) -> None:
    document = policy(allow("sqs:SendMessage", Principal={"AWS": ROOT}))
    aws.sns.set_topic_attributes(TopicArn=aws.topic(), AttributeName="Policy", AttributeValue=document)


@mistake("sns.SetTopicAttributes", "InvalidParameter", "out of service scope")
def topic_policy_lets_topics_be_made(aws: Cloud) -> None:
    document = policy(allow(["sns:Publish", "sns:CreateTopic"], Principal={"AWS": ROOT}))
    aws.sns.set_topic_attributes(TopicArn=aws.topic(), AttributeName="Policy", AttributeValue=document)


@mistake("sns.CreateTopic", "KMSNotFound|KMS.NotFoundException|InvalidParameter", "key")
def topic_key_missing(aws: Cloud) -> None:
    aws.topic(KmsMasterKeyId=aws.arn("kms", NO_KEY))


@mistake("sns.CreateTopic", "InvalidParameter", "KmsKeyId")
def topic_attribute_misspelt(aws: Cloud) -> None:
    aws.topic(KmsKeyId="alias/aws/sns")


@mistake("sns.Subscribe", "InvalidParameter", "rotocol")
def subscription_protocol_invented(aws: Cloud) -> None:
    aws.sns.subscribe(TopicArn=aws.topic(), Protocol="mail", Endpoint="ml@example.com")


@mistake("sns.Subscribe", "InvalidParameter", "ndpoint")
def subscription_endpoint_of_another_kind(aws: Cloud) -> None:
    aws.sns.subscribe(TopicArn=aws.topic(), Protocol="sqs", Endpoint="ml@example.com")


@mistake("sns.Subscribe", "InvalidParameter", "ndpoint|email")
def subscription_address_is_not_one(aws: Cloud) -> None:
    aws.sns.subscribe(TopicArn=aws.topic(), Protocol="email", Endpoint="ml-team")


@mistake("sns.Subscribe", "NotFound")
def subscription_of_a_missing_topic(aws: Cloud) -> None:
    aws.sns.subscribe(TopicArn=aws.arn("sns", name("nothing")), Protocol="sqs", Endpoint=aws.queue_arn())


@mistake("kinesis.CreateStream", "ValidationException|InvalidArgumentException", "hard")
def stream_on_demand_with_shards(aws: Cloud) -> None:
    mode = {"StreamMode": "ON_DEMAND"}
    aws.kinesis.create_stream(StreamName=name("stream"), ShardCount=4, StreamModeDetails=mode)


@mistake("kinesis.StartStreamEncryption", "KMSNotFoundException|ResourceNotFoundException", "key|Key")
def stream_key_missing(aws: Cloud) -> None:
    stream = name("stream")
    aws.kinesis.create_stream(StreamName=stream, ShardCount=1)
    aws.kinesis.start_stream_encryption(StreamName=stream, EncryptionType="KMS", KeyId=aws.arn("kms", NO_KEY))


def delivery(aws: Cloud, **rest: Any) -> None:
    destination = {"RoleARN": aws.role("firehose.amazonaws.com"), "BucketARN": f"arn:aws:s3:::{aws.bucket()}", **rest}
    aws.firehose.create_delivery_stream(
        DeliveryStreamName=name("delivery"), ExtendedS3DestinationConfiguration=destination
    )


@mistake("firehose.CreateDeliveryStream", "InvalidArgumentException|ValidationException", "assume")
def delivery_role_for_another_service(aws: Cloud) -> None:
    delivery(aws, RoleARN=aws.role("lambda.amazonaws.com"))


@mistake("firehose.CreateDeliveryStream", "InvalidArgumentException|ValidationException", "ucket")
def delivery_bucket_missing(aws: Cloud) -> None:
    delivery(aws, BucketARN=f"arn:aws:s3:::{name('nowhere')}")


@mistake("firehose.CreateDeliveryStream", "ValidationException|InvalidArgumentException", "128")
def delivery_buffer_too_large(aws: Cloud) -> None:
    delivery(aws, BufferingHints={"SizeInMBs": 256, "IntervalInSeconds": 300})


def table(aws: Cloud, **rest: Any) -> None:
    given = {
        "TableName": name("table"),
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    aws.dynamodb.create_table(**{**given, **rest})


@mistake("dynamodb.CreateTable", "ValidationException", "")
def table_attribute_unused(aws: Cloud) -> None:
    attributes = [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "model", "AttributeType": "S"}]
    table(aws, AttributeDefinitions=attributes)


@mistake("dynamodb.CreateTable", "ValidationException", "")
def table_on_demand_with_capacity(aws: Cloud) -> None:
    table(aws, ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})


@mistake("dynamodb.CreateTable", "ValidationException", "KMS|key|Key")
def table_key_missing(aws: Cloud) -> None:
    table(aws, SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": aws.arn("kms", NO_KEY)})


@mistake("dynamodb.CreateTable", "ValidationException", "sseType|SSEType|AES")
def table_encryption_invented(aws: Cloud) -> None:
    table(aws, SSESpecification={"Enabled": True, "SSEType": "aws:kms"})


@mistake("dynamodb.DeleteTable", "ValidationException|ResourceInUseException", "eletion")
def delete_protected_table(aws: Cloud) -> None:
    protected = name("table")
    table(aws, TableName=protected, DeletionProtectionEnabled=True)
    aws.dynamodb.delete_table(TableName=protected)


@mistake("efs.CreateFileSystem", "BadRequest|ValidationException", "hroughput")
def file_system_throughput_without_value(aws: Cloud) -> None:
    aws.efs.create_file_system(CreationToken=name(), ThroughputMode="provisioned")


@mistake("efs.CreateFileSystem", "BadRequest", "maxIO|lastic")
def file_system_max_io_with_elastic_throughput(aws: Cloud) -> None:
    aws.efs.create_file_system(CreationToken=name(), ThroughputMode="elastic", PerformanceMode="maxIO")


@mistake("efs.CreateFileSystem", "BadRequest|ValidationException|KmsKeyNotFound", "[Kk]ey")
def file_system_key_missing(aws: Cloud) -> None:
    aws.efs.create_file_system(CreationToken=name(), Encrypted=True, KmsKeyId=aws.arn("kms", NO_KEY))


@mistake("efs.CreateFileSystem", "BadRequest", "ncrypt")
def file_system_key_without_encryption(aws: Cloud) -> None:
    aws.efs.create_file_system(CreationToken=name(), Encrypted=False, KmsKeyId=aws.key())


def file_system(aws: Cloud) -> str:
    return aws.efs.create_file_system(CreationToken=name(), Encrypted=True)["FileSystemId"]


@mistake("efs.CreateMountTarget", "MountTargetConflict")
def second_mount_target_in_a_zone(aws: Cloud) -> None:
    system = file_system(aws)
    aws.efs.create_mount_target(FileSystemId=system, SubnetId=aws.home.subnets[0])
    aws.efs.create_mount_target(FileSystemId=system, SubnetId=aws.subnet(aws.home.vpc, 5))


@mistake("efs.CreateMountTarget", "SecurityGroupNotFound|BadRequest", "")
def mount_target_group_of_another_vpc(aws: Cloud) -> None:
    groups = [aws.group(aws.vpc())]
    aws.efs.create_mount_target(FileSystemId=file_system(aws), SubnetId=aws.home.subnets[0], SecurityGroups=groups)


@mistake("efs.CreateMountTarget", "SubnetNotFound")
def mount_target_subnet_missing(aws: Cloud) -> None:
    aws.efs.create_mount_target(FileSystemId=file_system(aws), SubnetId="subnet-0123456789abcdef0")


@mistake("efs.DeleteFileSystem", "FileSystemInUse")
def delete_file_system_with_mount_targets(aws: Cloud) -> None:
    system = file_system(aws)
    aws.efs.create_mount_target(FileSystemId=system, SubnetId=aws.home.subnets[0])
    aws.efs.delete_file_system(FileSystemId=system)


@mistake("efs.PutFileSystemPolicy", "InvalidPolicyException")
def file_system_policy_is_malformed(aws: Cloud) -> None:
    document = policy(allow("elasticfilesystem:ClientMount"))
    aws.efs.put_file_system_policy(FileSystemId=file_system(aws), Policy=document)


def lustre(aws: Cloud, size: int, subnets: list[str] | None = None, **configuration: Any) -> None:
    aws.fsx.create_file_system(
        FileSystemType="LUSTRE",
        StorageCapacity=size,
        SubnetIds=subnets or aws.home.subnets[:1],
        LustreConfiguration={"DeploymentType": "PERSISTENT_2", "PerUnitStorageThroughput": 125, **configuration},
    )


@mistake("fsx.CreateFileSystem", "BadRequest", "1200")
def lustre_size_invented(aws: Cloud) -> None:
    lustre(aws, 2000)


@mistake("fsx.CreateFileSystem", "BadRequest", "hroughput")
def lustre_throughput_invented(aws: Cloud) -> None:
    lustre(aws, 1200, PerUnitStorageThroughput=200)


@mistake("fsx.CreateFileSystem", "BadRequest", "hroughput")
def lustre_scratch_with_throughput(aws: Cloud) -> None:
    lustre(aws, 1200, DeploymentType="SCRATCH_2")


@mistake("fsx.CreateFileSystem", "BadRequest", "ubnet")
def lustre_in_two_subnets(aws: Cloud) -> None:
    lustre(aws, 1200, aws.home.subnets)


@mistake("fsx.CreateFileSystem", "InvalidNetworkSettings|BadRequest", "ubnet")
def lustre_subnet_missing(aws: Cloud) -> None:
    lustre(aws, 1200, ["subnet-0123456789abcdef0"])


def plan(aws: Cloud, **rule: Any) -> None:
    vault = name("vault")
    aws.backup.create_backup_vault(BackupVaultName=vault)
    rules = [{"RuleName": "daily", "TargetBackupVaultName": vault, **rule}]
    aws.backup.create_backup_plan(BackupPlan={"BackupPlanName": name("plan"), "Rules": rules})


@mistake("backup.CreateBackupPlan", "InvalidParameterValueException|ResourceNotFoundException", "vault")
def backup_vault_missing(aws: Cloud) -> None:
    plan(aws, TargetBackupVaultName=name("nowhere"))


@mistake("backup.CreateBackupPlan", "InvalidParameterValueException", "90")
def backup_deleted_too_soon_after_cold_storage(aws: Cloud) -> None:
    plan(aws, Lifecycle={"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 60})


@mistake("backup.CreateBackupPlan", "InvalidParameterValueException", "cron|chedule")
def backup_schedule_misspelt(aws: Cloud) -> None:
    plan(aws, ScheduleExpression="every day")


@mistake("backup.CreateBackupVault", "InvalidParameterValueException", "ame")
def backup_vault_name_with_a_dot(aws: Cloud) -> None:
    aws.backup.create_backup_vault(BackupVaultName="models.prod")


@mistake("backup.CreateBackupVault", "InvalidParameterValueException", "key|Key")
def backup_vault_key_missing(aws: Cloud) -> None:
    aws.backup.create_backup_vault(BackupVaultName=name("vault"), EncryptionKeyArn=aws.arn("kms", NO_KEY))


def balancer(aws: Cloud, **rest: Any) -> str:
    given = {"Name": name("lb"), "Subnets": aws.home.subnets, "Scheme": "internal"}
    made = aws.elbv2.create_load_balancer(**{**given, **rest})
    return made["LoadBalancers"][0]["LoadBalancerArn"]


@mistake("elbv2.CreateLoadBalancer", "ValidationError", "two subnets in two different")
def balancer_in_one_subnet(aws: Cloud) -> None:
    balancer(aws, Subnets=aws.home.subnets[:1])


@mistake("elbv2.CreateLoadBalancer", "InvalidConfigurationRequest", "same Availability Zone")
def balancer_twice_in_a_zone(aws: Cloud) -> None:
    vpc = aws.vpc()
    balancer(aws, Subnets=[aws.subnet(vpc, 1), aws.subnet(vpc, 2)])


@mistake("elbv2.CreateLoadBalancer", "InvalidSubnet", "no internet gateway")
def public_balancer_without_internet_gateway(aws: Cloud) -> None:
    balancer(aws, Scheme="internet-facing")


@mistake("elbv2.CreateLoadBalancer", "InvalidConfigurationRequest|InvalidSecurityGroup", "ecurity group")
def balancer_group_of_another_vpc(aws: Cloud) -> None:
    balancer(aws, SecurityGroups=[aws.group(aws.vpc())])


@mistake("elbv2.CreateLoadBalancer", "ValidationError", "32")
def balancer_name_too_long(aws: Cloud) -> None:
    balancer(aws, Name="a" * 33)


@mistake("elbv2.CreateLoadBalancer", "ValidationError", "internal-")
def balancer_name_reserved(aws: Cloud) -> None:
    balancer(aws, Name="internal-serving")


def target(aws: Cloud, vpc: str, **rest: Any) -> str:
    given = {"Name": name("tg"), "Protocol": "HTTP", "Port": 80, "VpcId": vpc}
    return aws.elbv2.create_target_group(**{**given, **rest})["TargetGroups"][0]["TargetGroupArn"]


def listener(aws: Cloud, **rest: Any) -> None:
    actions = [{"Type": "forward", "TargetGroupArn": target(aws, aws.home.vpc)}]
    given = {"LoadBalancerArn": balancer(aws), "Protocol": "HTTPS", "Port": 443}
    aws.elbv2.create_listener(**{**given, "DefaultActions": actions, **rest})


@mistake("elbv2.CreateListener", "ValidationError|CertificateNotFound", "ertificate")
def listener_without_certificate(aws: Cloud) -> None:
    listener(aws)


@mistake("elbv2.CreateListener", "CertificateNotFound")
def listener_certificate_missing(aws: Cloud) -> None:
    listener(aws, Certificates=[{"CertificateArn": aws.arn("acm", "certificate/2c9d0c2e-3a9c-4b57-8f52-1f6b8e0f4f11")}])


@mistake("elbv2.CreateListener", "SSLPolicyNotFound")
def listener_security_policy_invented(aws: Cloud) -> None:
    arn = aws.acm.request_certificate(DomainName="models.example.com", ValidationMethod="DNS")["CertificateArn"]
    listener(aws, Certificates=[{"CertificateArn": arn}], SslPolicy="ELBSecurityPolicy-TLS13")


@mistake("elbv2.CreateTargetGroup", "ValidationError", "VPC|vpc|Vpc")
def target_group_without_vpc(aws: Cloud) -> None:
    aws.elbv2.create_target_group(Name=name("tg"), Protocol="HTTP", Port=80)


@mistake("elbv2.CreateTargetGroup", "InvalidConfigurationRequest|ValidationError", "vpc|VPC")
def target_group_vpc_missing(aws: Cloud) -> None:
    target(aws, "vpc-0123456789abcdef0")


@mistake("elbv2.CreateTargetGroup", "ValidationError", "imeout")
def health_check_timeout_above_interval(aws: Cloud) -> None:
    target(aws, aws.home.vpc, HealthCheckIntervalSeconds=10, HealthCheckTimeoutSeconds=30)


@mistake("elbv2.DeleteTargetGroup", "ResourceInUse")
def delete_target_group_in_use(aws: Cloud) -> None:
    group = target(aws, aws.home.vpc)
    aws.elbv2.create_listener(
        LoadBalancerArn=balancer(aws),
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    aws.elbv2.delete_target_group(TargetGroupArn=group)


@mistake("rds.CreateDBSubnetGroup", "DBSubnetGroupDoesNotCoverEnoughAZs")
def database_subnets_in_one_zone(aws: Cloud) -> None:
    vpc = aws.vpc()
    aws.rds.create_db_subnet_group(
        DBSubnetGroupName=name("group"),
        DBSubnetGroupDescription="d",
        SubnetIds=[aws.subnet(vpc, 1), aws.subnet(vpc, 2)],
    )


def database(aws: Cloud, **rest: Any) -> None:
    given = {
        "DBInstanceIdentifier": name("db"),
        "DBInstanceClass": "db.t3.micro",
        "Engine": "postgres",
        "AllocatedStorage": 20,
        "MasterUsername": "platform",
        "MasterUserPassword": "long-enough-secret",
    }
    aws.rds.create_db_instance(**{**given, **rest})


@mistake("rds.CreateDBInstance", "InvalidParameterValue", "password|Password")
def database_password_too_short(aws: Cloud) -> None:
    database(aws, MasterUserPassword="short")


@mistake("rds.CreateDBInstance", "InvalidParameterValue", "admin|reserved")
def database_user_name_reserved(aws: Cloud) -> None:
    database(aws, MasterUsername="admin", Engine="postgres")


@mistake("rds.CreateDBInstance", "InvalidParameterValue", "engine|Engine")
def database_engine_invented(aws: Cloud) -> None:
    database(aws, Engine="postgresql")


@mistake("rds.CreateDBInstance", "KMSKeyNotAccessibleFault|KMSKeyNotAccessible", "key|Key")
def database_key_missing(aws: Cloud) -> None:
    database(aws, StorageEncrypted=True, KmsKeyId=aws.arn("kms", NO_KEY))


@mistake("rds.CreateDBInstance", "InvalidParameterCombination|InvalidParameterValue", "ncrypt")
def database_key_without_encryption(aws: Cloud) -> None:
    database(aws, StorageEncrypted=False, KmsKeyId=aws.key())


@mistake("rds.CreateDBInstance", "InvalidParameterValue|DBInstanceIdentifier|ValidationError", "dentifier")
def database_name_with_underscore(aws: Cloud) -> None:
    database(aws, DBInstanceIdentifier="feature_store")


@mistake("glue.CreateJob", "InvalidInputException", "assume")
def glue_job_role_for_another_service(aws: Cloud) -> None:
    command = {"Name": "glueetl", "ScriptLocation": "s3://scripts/job.py"}
    aws.glue.create_job(Name=name("job"), Role=aws.role("lambda.amazonaws.com"), Command=command)


@mistake("glue.CreateCrawler", "InvalidInputException|EntityNotFoundException", "assume|role|Role")
def crawler_role_missing(aws: Cloud) -> None:
    targets = {"S3Targets": [{"Path": "s3://data/"}]}
    aws.glue.create_crawler(Name=name("crawler"), Role=NOBODY, DatabaseName="default", Targets=targets)


@mistake("glue.CreateTable", "EntityNotFoundException")
def catalogue_table_of_a_missing_database(aws: Cloud) -> None:
    aws.glue.create_table(DatabaseName=name("nowhere"), TableInput={"Name": "features"})


@mistake("kafka.CreateCluster", "BadRequestException", "multiple|subnets|zones")
def brokers_not_a_multiple_of_zones(aws: Cloud) -> None:
    home = aws.home
    brokers = {"ClientSubnets": home.subnets, "InstanceType": "kafka.m5.large", "SecurityGroups": [home.group]}
    aws.kafka.create_cluster(
        ClusterName=name("events"), KafkaVersion="3.6.0", NumberOfBrokerNodes=3, BrokerNodeGroupInfo=brokers
    )


@mistake("opensearch.CreateDomain", "ValidationException", "domainName|name")
def search_domain_name_in_upper_case(aws: Cloud) -> None:
    aws.opensearch.create_domain(DomainName="Features")


@mistake("route53.ChangeResourceRecordSets", "NoSuchHostedZone")
def record_in_a_missing_zone(aws: Cloud) -> None:
    record = {"Name": "a.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "10.0.0.1"}]}
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    aws.route53.change_resource_record_sets(HostedZoneId="Z0123456789", ChangeBatch=batch)


def record(aws: Cloud, **given: Any) -> None:
    zone = aws.route53.create_hosted_zone(Name="example.com", CallerReference=name())["HostedZone"]["Id"]
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": {"TTL": 60, **given}}]}
    aws.route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


@mistake("route53.ChangeResourceRecordSets", "InvalidChangeBatch", "")
def record_of_another_domain(aws: Cloud) -> None:
    record(aws, Name="models.example.org", Type="A", ResourceRecords=[{"Value": "10.0.0.1"}])


@mistake("route53.ChangeResourceRecordSets", "InvalidChangeBatch", "apex")
def cname_at_the_top(aws: Cloud) -> None:
    record(aws, Name="example.com", Type="CNAME", ResourceRecords=[{"Value": "other.example.net"}])


@mistake("route53.ChangeResourceRecordSets", "InvalidChangeBatch", "")
def address_record_with_a_name(aws: Cloud) -> None:
    record(aws, Name="models.example.com", Type="A", ResourceRecords=[{"Value": "balancer.example.net"}])


@mistake("codebuild.CreateProject", "InvalidInputException", "AssumeRole|assume|Role")
def build_role_for_another_service(aws: Cloud) -> None:
    environment = {
        "type": "LINUX_CONTAINER",
        "image": "aws/codebuild/standard:7.0",
        "computeType": "BUILD_GENERAL1_SMALL",
    }
    aws.codebuild.create_project(
        name=name("build"),
        source={"type": "NO_SOURCE", "buildspec": "version: 0.2"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment=environment,
        serviceRole=aws.role("lambda.amazonaws.com"),
    )


@mistake("budgets.CreateBudget", "InvalidParameterException|ValidationException", "ail|ddress|subscri")
def budget_notifies_twelve_people(aws: Cloud) -> None:
    notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
    people = [{"SubscriptionType": "EMAIL", "Address": f"person{number}@example.com"} for number in range(12)]
    aws.budgets.create_budget(
        AccountId=ACCOUNT,
        Budget={
            "BudgetName": name("budget"),
            "BudgetLimit": {"Amount": "100", "Unit": "USD"},
            "TimeUnit": "MONTHLY",
            "BudgetType": "COST",
        },
        NotificationsWithSubscribers=[{"Notification": notification, "Subscribers": people}],
    )
