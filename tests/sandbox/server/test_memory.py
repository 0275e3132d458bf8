"""Every setting that the tables say moto forgets is shown again, until it is taken back or its thing is gone."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from mlinfra.sandbox.server import tables
from mlinfra.sandbox.server.values import MISSING, get, structures


def _sibling(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


parents = _sibling("parents")
ROLE, unique = parents.ROLE, parents.unique
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"


@dataclass
class Case:
    """How a thing is made (which may be a write of its own), what is then said of it, and what shows."""

    table: str
    memory: str
    make: Callable[[Any], dict[str, Any]]
    create: str = ""
    created: dict[str, Any] = field(default_factory=dict)  # path in the answers: value, after the making
    says: list[tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=list)  # operation, request, shown

    def __str__(self) -> str:
        return f"{self.table}-{self.memory}"


def eks_cluster(clients) -> dict[str, Any]:
    name = unique("cluster")
    clients("eks").create_cluster(
        name=name,
        roleArn=ROLE,
        resourcesVpcConfig={"subnetIds": [parents.subnet(clients)]},
        accessConfig={"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
        upgradePolicy={"supportType": "STANDARD"},
        zonalShiftConfig={"enabled": True},
        deletionProtection=True,
    )
    return {"name": name}


def node_group(clients) -> dict[str, Any]:
    cluster = parents.cluster(clients)["name"]
    subnet = clients("eks").describe_cluster(name=cluster)["cluster"]["resourcesVpcConfig"]["subnetIds"][0]
    clients("eks").create_nodegroup(
        clusterName=cluster, nodegroupName="nodes", subnets=[subnet], nodeRole=ROLE, updateConfig={"maxUnavailable": 2}
    )
    return {"clusterName": cluster, "nodegroupName": "nodes"}


def made(service: str, operation: str, **params: Any) -> Callable[[Any], dict[str, Any]]:
    """Make a thing by one operation; the values `*` are made unique."""

    def make(clients) -> dict[str, Any]:
        request = {name: unique("thing") if value == "*" else value for name, value in params.items()}
        answer = getattr(clients(service), operation)(**request)
        return request | {name: value for name, value in answer.items() if isinstance(value, str)}

    return make


def secret(clients) -> dict[str, Any]:
    function = lambda_function(clients)["FunctionArn"]
    return made("secretsmanager", "create_secret", Name="*", SecretString="x")(clients) | {"Function": function}


def lambda_function(clients) -> dict[str, Any]:
    role = clients("iam").create_role(RoleName=unique("role"), AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    return made(
        "lambda",
        "create_function",
        FunctionName="*",
        Role=role,
        Runtime="python3.12",
        Handler="handler.handler",
        Code={"ZipFile": parents.code()},
        DeadLetterConfig={"TargetArn": "arn:aws:sqs:us-east-1:123456789012:dead"},
        LoggingConfig={"LogFormat": "JSON", "LogGroup": "/aws/lambda/any"},
        KMSKeyArn=KEY,
        SnapStart={"ApplyOn": "PublishedVersions"},
    )(clients)


def replicated_bucket(clients) -> dict[str, Any]:
    name = parents.bucket(clients)["Bucket"]
    clients("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return {"Bucket": name}


def efs(clients) -> dict[str, Any]:
    return {"FileSystemId": parents.elastic_file_system(clients)["FileSystemId"]}


def kms_key(clients) -> dict[str, Any]:
    return {"KeyId": clients("kms").create_key()["KeyMetadata"]["KeyId"]}


def msk(clients) -> dict[str, Any]:
    brokers = {"InstanceType": "kafka.m5.large", "ClientSubnets": ["subnet-1"]}
    answer = clients("kafka").create_cluster(
        ClusterName=unique("cluster"),
        KafkaVersion="3.6.0",
        NumberOfBrokerNodes=3,
        BrokerNodeGroupInfo=brokers,
        EnhancedMonitoring="PER_BROKER",
    )
    return {"ClusterArn": answer["ClusterArn"], "CurrentVersion": "1"}


def stage(clients) -> dict[str, Any]:
    gateway = clients("apigatewayv2")
    api = gateway.create_api(Name=unique("api"), ProtocolType="HTTP")["ApiId"]
    gateway.create_stage(ApiId=api, StageName="live", Description="one")
    return {"ApiId": api, "StageName": "live"}


def backup_plan(clients) -> dict[str, Any]:
    return parents.plan(clients)


def notebook(clients) -> dict[str, Any]:
    return made(
        "sagemaker",
        "create_notebook_instance",
        NotebookInstanceName="*",
        InstanceType="ml.t3.medium",
        RoleArn=ROLE,
        InstanceMetadataServiceConfiguration={"MinimumInstanceMetadataServiceVersion": "2"},
    )(clients)


def feature_group(clients) -> dict[str, Any]:
    return made(
        "sagemaker",
        "create_feature_group",
        FeatureGroupName="*",
        RecordIdentifierFeatureName="id",
        EventTimeFeatureName="time",
        FeatureDefinitions=[{"FeatureName": "id", "FeatureType": "String"}],
        OfflineStoreConfig={"S3StorageConfig": {"S3Uri": "s3://bucket/path"}},
        OnlineStoreConfig={"EnableOnlineStore": True, "SecurityConfig": {"KmsKeyId": KEY}},
        RoleArn=ROLE,
    )(clients)


def secret_model(clients) -> dict[str, Any]:
    return made(
        "sagemaker",
        "create_model",
        ModelName="*",
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": "image"},
        EnableNetworkIsolation=True,
    )(clients)


def endpoint_config(clients) -> dict[str, Any]:
    variant = {"VariantName": "all", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1, **parents.model(clients)}
    return made(
        "sagemaker",
        "create_endpoint_config",
        EndpointConfigName="*",
        ProductionVariants=[variant | {"InitialVariantWeight": 1}],
        ExecutionRoleArn=ROLE,
        EnableNetworkIsolation=True,
    )(clients)


def hyperpod(clients) -> dict[str, Any]:
    group = {
        "InstanceGroupName": "workers",
        "InstanceType": "ml.c5.large",
        "InstanceCount": 1,
        "ExecutionRole": ROLE,
        "ThreadsPerCore": 1,
        "LifeCycleConfig": {"SourceS3Uri": "s3://sagemaker-x/", "OnCreate": "on_create.sh"},
    }
    return made("sagemaker", "create_cluster", ClusterName="*", InstanceGroups=[group], NodeRecovery="Automatic")(
        clients
    )


def replicate(clients) -> dict[str, Any]:
    return replicated_bucket(clients)


ALLOW, DENY = '{"redrivePermission":"allowAll"}', '{"redrivePermission":"denyAll"}'
REPLICATION = {
    "Role": ROLE,
    "Rules": [
        {
            "ID": "all",
            "Status": "Enabled",
            "Priority": 1,
            "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
            "Destination": {"Bucket": "arn:aws:s3:::copy", "EncryptionConfiguration": {"ReplicaKmsKeyID": KEY}},
        }
    ],
}


def spark(clients) -> dict[str, Any]:
    """moto starts an application with its creation, and updates only stopped ones."""
    make = made("emr-serverless", "create_application", name="*", releaseLabel="emr-7.5.0", type="SPARK",
                imageConfiguration={"imageUri": IMAGE})  # fmt: skip
    members = make(clients)
    clients("emr-serverless").stop_application(applicationId=members["applicationId"])
    return members


IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/train:1"
NODES = {"numNodes": 2, "mainNode": 0, "nodeRangeProperties": [
    {"targetNodes": "0:1", "container": {"image": IMAGE, "vcpus": 1, "memory": 128}}]}  # fmt: skip
CASES = [
    Case("acm", "Certificate", made("acm", "request_certificate", DomainName="a.example.com", KeyAlgorithm="EC_prime256v1"),
         "RequestCertificate", {"KeyAlgorithm": "EC_prime256v1"},
         [("UpdateCertificateOptions", {"Options": {"CertificateTransparencyLoggingPreference": "DISABLED"}},
           {"Options.CertificateTransparencyLoggingPreference": "DISABLED"})]),
    Case("apigateway", "Stage", stage, "CreateStage", {"Description": "one"},
         [("UpdateStage", {"Description": "two", "AutoDeploy": True}, {"Description": "two", "AutoDeploy": True})]),
    Case("aps", "Workspace", made("amp", "create_workspace", alias="*", kmsKeyArn=KEY), "CreateWorkspace", {"kmsKeyArn": KEY}),
    Case("athena", "WorkGroup",
         made("athena", "create_work_group", Name="*", Configuration={"RequesterPaysEnabled": True, "ExecutionRole": ROLE}),
         "CreateWorkGroup", {"Configuration.ExecutionRole": ROLE},
         [("UpdateWorkGroup",
           {"State": "DISABLED", "Description": "two", "ConfigurationUpdates": {
               "EnforceWorkGroupConfiguration": False, "PublishCloudWatchMetricsEnabled": False,
               "BytesScannedCutoffPerQuery": 10000000, "RequesterPaysEnabled": False, "ExecutionRole": f"{ROLE}2",
               "EngineVersion": {"SelectedEngineVersion": "Athena engine version 3"},
               "EnableMinimumEncryptionConfiguration": True,
               "CustomerContentEncryptionConfiguration": {"KmsKey": KEY},
               "ResultConfigurationUpdates": {
                   "OutputLocation": "s3://out/", "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": KEY}}}},
           {"State": "DISABLED", "Description": "two", "Configuration.EnforceWorkGroupConfiguration": False,
            "Configuration.PublishCloudWatchMetricsEnabled": False, "Configuration.BytesScannedCutoffPerQuery": 10000000,
            "Configuration.RequesterPaysEnabled": False, "Configuration.ExecutionRole": f"{ROLE}2",
            "Configuration.EngineVersion.SelectedEngineVersion": "Athena engine version 3",
            "Configuration.EnableMinimumEncryptionConfiguration": True,
            "Configuration.CustomerContentEncryptionConfiguration.KmsKey": KEY,
            "Configuration.ResultConfiguration.OutputLocation": "s3://out/",
            "Configuration.ResultConfiguration.EncryptionConfiguration.KmsKey": KEY})]),
    Case("backup", "Plan", backup_plan, says=[
        ("UpdateBackupPlan", {"BackupPlan": {"BackupPlanName": "two", "Rules": [
            {"RuleName": "weekly", "TargetBackupVaultName": "vault"}]}},
         {"BackupPlan.BackupPlanName": "two", "BackupPlan.Rules.0.RuleName": "weekly"})]),
    Case("batch", "JobDefinition",
         made("batch", "register_job_definition", jobDefinitionName="*", type="multinode", nodeProperties=NODES),
         "RegisterJobDefinition", {"nodeProperties.numNodes": 2, "nodeProperties.mainNode": 0}),
    Case("batch", "ComputeEnvironment",
         lambda clients: made("batch", "create_compute_environment", computeEnvironmentName="*", type="UNMANAGED",
              serviceRole=clients("iam").create_role(RoleName=unique("role"), AssumeRolePolicyDocument="{}")["Role"]["Arn"])(
                  clients),
         "CreateComputeEnvironment", {}, [
        ("UpdateComputeEnvironment", {"computeResources": {"maxvCpus": 128}, "updatePolicy": {"terminateJobsOnUpdate": True}},
         {"computeResources.maxvCpus": 128, "updatePolicy.terminateJobsOnUpdate": True})]),
    Case("athena", "DataCatalog",
         made("athena", "create_data_catalog", Name="*", Type="GLUE", Description="one", Parameters={}),
         says=[("UpdateDataCatalog", {"Type": "GLUE", "Description": "two"}, {"Description": "two"})]),
    Case("monitoring", "InsightRule",
         made("cloudwatch", "put_insight_rule", RuleName="*", RuleDefinition="{}", RuleState="ENABLED"),
         "PutInsightRule"),
    Case("budgets", "Budget", parents.budget, "CreateBudget", {}, [
        ("UpdateBudget", {"NewBudget": {"BudgetName": "{BudgetName}", "BudgetLimit": {"Amount": "20", "Unit": "USD"},
                                        "TimeUnit": "QUARTERLY", "BudgetType": "COST"}},
         {"BudgetLimit.Amount": "20", "TimeUnit": "QUARTERLY"})]),
    Case("emr-serverless", "Application",
         spark,
         "CreateApplication", {"imageConfiguration.imageUri": IMAGE},
         [("UpdateApplication", {"imageConfiguration": {"imageUri": f"{IMAGE}2"}},
           {"imageConfiguration.imageUri": f"{IMAGE}2"})]),
    Case("sagemaker", "TrainingJob",
         made("sagemaker", "create_training_job", TrainingJobName="*", RoleArn=ROLE, EnableNetworkIsolation=True,
              AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
              OutputDataConfig={"S3OutputPath": "s3://out/"}, StoppingCondition={"MaxRuntimeInSeconds": 60},
              ResourceConfig={"InstanceType": "ml.p5.48xlarge", "InstanceCount": 2, "VolumeSizeInGB": 30}),
         "CreateTrainingJob", {"EnableNetworkIsolation": True, "AlgorithmSpecification.TrainingImage": IMAGE}),
    Case("codebuild", "Project",
         made("codebuild", "create_project", name="*", serviceRole=ROLE, encryptionKey=KEY, concurrentBuildLimit=3,
              source={"type": "GITHUB", "location": "https://example.com/code.git"}, artifacts={"type": "NO_ARTIFACTS"},
              environment={"type": "LINUX_CONTAINER", "image": "image", "computeType": "BUILD_GENERAL1_SMALL"}),
         "CreateProject", {"encryptionKey": KEY, "concurrentBuildLimit": 3},
         [("UpdateProject", {"description": "two", "encryptionKey": f"{KEY}2"},
           {"description": "two", "encryptionKey": f"{KEY}2"})]),
    Case("codecommit", "Repository", made("codecommit", "create_repository", repositoryName="*", kmsKeyId=KEY),
         "CreateRepository", {"kmsKeyId": KEY},
         [("UpdateRepositoryDescription", {"repositoryDescription": "two"}, {"repositoryDescription": "two"}),
          ("UpdateRepositoryEncryptionKey", {"kmsKeyId": f"{KEY}2"}, {"kmsKeyId": f"{KEY}2"})]),
    Case("dynamodb", "Table",
         made("dynamodb", "create_table", TableName="*", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
              AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST",
              TableClass="STANDARD_INFREQUENT_ACCESS", OnDemandThroughput={"MaxReadRequestUnits": 9}),
         "CreateTable",
         {"TableClassSummary.TableClass": "STANDARD_INFREQUENT_ACCESS", "OnDemandThroughput.MaxReadRequestUnits": 9},
         [("UpdateTable", {"TableClass": "STANDARD", "OnDemandThroughput": {"MaxReadRequestUnits": 5}},
           {"TableClassSummary.TableClass": "STANDARD", "OnDemandThroughput.MaxReadRequestUnits": 5})]),
    Case("ec2", "Subnet", parents.subnet_members, says=[
        ("ModifySubnetAttribute", {"PrivateDnsHostnameTypeOnLaunch": "resource-name"},
         {"PrivateDnsNameOptionsOnLaunch.HostnameType": "resource-name"}),
        ("ModifySubnetAttribute", {"EnableResourceNameDnsARecordOnLaunch": {"Value": True}},
         {"PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord": True}),
        ("ModifySubnetAttribute", {"EnableResourceNameDnsAAAARecordOnLaunch": {"Value": True}},
         {"PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsAAAARecord": True}),
        ("ModifySubnetAttribute", {"EnableDns64": {"Value": True}}, {"EnableDns64": True})]),
    Case("eks", "Cluster", eks_cluster, "CreateCluster",
         {"accessConfig.authenticationMode": "API", "upgradePolicy.supportType": "STANDARD",
          "zonalShiftConfig.enabled": True, "deletionProtection": True},
         [("UpdateClusterVersion", {"version": "1.99"}, {"version": "1.99"}),
          ("UpdateClusterConfig", {"accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"}},
           {"accessConfig.authenticationMode": "API_AND_CONFIG_MAP", "version": "1.99"}),
          ("AssociateEncryptionConfig", {
              "clusterName": "{name}", "encryptionConfig": [{"resources": ["secrets"], "provider": {"keyArn": KEY}}]},
           {"encryptionConfig.0.provider.keyArn": KEY})]),
    Case("eks", "NodeGroup", node_group, "CreateNodegroup", {"updateConfig.maxUnavailable": 2},
         [("UpdateNodegroupConfig", {"updateConfig": {"maxUnavailablePercentage": 10}},
           {"updateConfig.maxUnavailablePercentage": 10}),
          ("UpdateNodegroupVersion", {"version": "1.99", "releaseVersion": "1.99.1"},
           {"version": "1.99", "releaseVersion": "1.99.1"})]),
    Case("elasticfilesystem", "FileSystem", efs, says=[
        ("UpdateFileSystem", {"ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": 9.0},
         {"ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": 9.0}),
        ("UpdateFileSystemProtection", {"ReplicationOverwriteProtection": "DISABLED"},
         {"FileSystemProtection.ReplicationOverwriteProtection": "DISABLED"})]),
    Case("events", "EventBus", made("events", "create_event_bus", Name="*", KmsKeyIdentifier=KEY, Description="one"),
         "CreateEventBus", {"KmsKeyIdentifier": KEY, "Description": "one"},
         [("UpdateEventBus", {"Description": "two"}, {"Description": "two", "KmsKeyIdentifier": KEY})]),
    Case("fsx", "FileSystem", parents.lustre, "CreateFileSystem", {},
         [("UpdateFileSystem", {"StorageCapacity": 2400, "LustreConfiguration": {"DataCompressionType": "LZ4"}},
           {"StorageCapacity": 2400, "LustreConfiguration.DataCompressionType": "LZ4"})]),
    Case("glue", "Connection", lambda clients: (made(
            "glue", "create_connection", ConnectionInput={
                "Name": (name := unique("connection")), "ConnectionType": "NETWORK", "ConnectionProperties": {}})(clients)
            and {"Name": name}),
         "CreateConnection", {"ConnectionType": "NETWORK"},
         [("UpdateConnection", {"ConnectionInput": {"Name": "{Name}", "ConnectionType": "JDBC", "ConnectionProperties": {}}},
           {"ConnectionType": "JDBC"})]),
    Case("glue", "Crawler",
         made("glue", "create_crawler", Name="*", Role=ROLE, Targets={"S3Targets": [{"Path": "s3://one/"}]}),
         "CreateCrawler", {}, [
        ("UpdateCrawler", {"Targets": {"S3Targets": [{"Path": "s3://two/"}]}, "Schedule": "cron(0 12 * * ? *)"},
         {"Targets.S3Targets.0.Path": "s3://two/", "Schedule.ScheduleExpression": "cron(0 12 * * ? *)"})]),
    Case("glue", "Job",
         made("glue", "create_job", Name="*", Role=ROLE, Command={"Name": "glueetl", "ScriptLocation": "s3://one"},
              ExecutionClass="FLEX", MaintenanceWindow="Sun:10"),
         "CreateJob", {"MaintenanceWindow": "Sun:10"}, [
        ("UpdateJob", {"JobName": "{Name}", "JobUpdate": {"Description": "two", "MaxRetries": 3}},
         {"Description": "two", "MaxRetries": 3})]),
    Case("guardduty", "Detector",
         made("guardduty", "create_detector", Enable=True,
              DataSources={"MalwareProtection": {"ScanEc2InstanceWithFindings": {"EbsVolumes": True}}}),
         "CreateDetector", {}),
    Case("iam", "User", made("iam", "create_user", UserName="*"), says=[
        ("PutUserPermissionsBoundary", {"PermissionsBoundary": ROLE}, {"PermissionsBoundary.PermissionsBoundaryArn": ROLE}),
        ("DeleteUserPermissionsBoundary", {}, {"PermissionsBoundary": MISSING})]),
    Case("kafka", "Cluster", msk, "CreateCluster", {}, [
        ("UpdateBrokerCount", {"TargetNumberOfBrokerNodes": 6}, {"NumberOfBrokerNodes": 6}),
        ("UpdateBrokerType", {"TargetInstanceType": "kafka.m5.xlarge"},
         {"BrokerNodeGroupInfo.InstanceType": "kafka.m5.xlarge", "BrokerNodeGroupInfo.ClientSubnets.0": "subnet-1"}),
        ("UpdateMonitoring", {"EnhancedMonitoring": "PER_TOPIC_PER_BROKER"}, {"EnhancedMonitoring": "PER_TOPIC_PER_BROKER"}),
        ("UpdateSecurity", {"ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}}},
         {"ClientAuthentication.Sasl.Iam.Enabled": True})]),
    Case("kms", "Rotation", kms_key, says=[
        ("EnableKeyRotation", {"RotationPeriodInDays": 180}, {"RotationPeriodInDays": 180, "KeyRotationEnabled": True})]),
    Case("secretsmanager", "Secret", secret, says=[
        ("RotateSecret", {"RotationLambdaARN": "{Function}",
                          "RotationRules": {"AutomaticallyAfterDays": 30, "Duration": "2h"}},
         {"RotationRules.Duration": "2h"})]),
    Case("lambda", "Function", lambda_function, "CreateFunction",
         {"DeadLetterConfig.TargetArn": "arn:aws:sqs:us-east-1:123456789012:dead", "LoggingConfig.LogFormat": "JSON"},
         [("UpdateFunctionConfiguration", {"LoggingConfig": {"LogFormat": "Text"}},
           {"LoggingConfig.LogFormat": "Text", "DeadLetterConfig.TargetArn": "arn:aws:sqs:us-east-1:123456789012:dead"}),
          ("UpdateFunctionConfiguration", {"DeadLetterConfig": {"TargetArn": ""}}, {"DeadLetterConfig": MISSING})]),
    Case("logs", "LogGroup", made("logs", "create_log_group", logGroupName="*", kmsKeyId=KEY), "CreateLogGroup", {}, [
        ("AssociateKmsKey", {"kmsKeyId": f"{KEY}2"}, {"kmsKeyId": f"{KEY}2"}),
        ("DisassociateKmsKey", {}, {"kmsKeyId": MISSING}),
        ("PutLogGroupDeletionProtection", {"logGroupIdentifier": "{logGroupName}", "deletionProtectionEnabled": True},
         {"deletionProtectionEnabled": True})]),
    Case("macie2", "Session", parents.macie, says=[
        ("UpdateMacieSession", {"findingPublishingFrequency": "SIX_HOURS", "status": "PAUSED"},
         {"findingPublishingFrequency": "SIX_HOURS", "status": "PAUSED"})]),
    Case("rds", "DBInstance",
         made("rds", "create_db_instance", DBInstanceIdentifier="*", DBInstanceClass="db.m5.large", Engine="postgres",
              EnablePerformanceInsights=True, PerformanceInsightsKMSKeyId=KEY, AllocatedStorage=20,
              MasterUsername="admin", MasterUserPassword="password1", PerformanceInsightsRetentionPeriod=93),
         "CreateDBInstance", {"PerformanceInsightsEnabled": True, "PerformanceInsightsKMSKeyId": KEY},
         [("ModifyDBInstance", {"PerformanceInsightsRetentionPeriod": 31}, {"PerformanceInsightsRetentionPeriod": 31})]),
    Case("s3", "Replication", replicate, says=[
        ("PutBucketReplication", {"ReplicationConfiguration": REPLICATION},
         {"ReplicationConfiguration.Rules.0.SourceSelectionCriteria.SseKmsEncryptedObjects.Status": "Enabled"})]),
    Case("sagemaker", "Cluster", hyperpod, "CreateCluster", {"NodeRecovery": "Automatic"}),
    Case("sagemaker", "Domain", parents.domain, "CreateDomain", {}, [
        ("UpdateDomain", {"DefaultUserSettings": {"ExecutionRole": f"{ROLE}2"}, "AppNetworkAccessType": "VpcOnly",
                          "DomainSettingsForUpdate": {"SecurityGroupIds": ["sg-1"]}},
         {"DefaultUserSettings.ExecutionRole": f"{ROLE}2", "AppNetworkAccessType": "VpcOnly",
          "DomainSettings.SecurityGroupIds.0": "sg-1"})]),
    Case("sagemaker", "Endpoint", lambda clients: {"EndpointName": parents.endpoint(clients)["EndpointName"]},
         "CreateEndpoint", {}, [("UpdateEndpoint", {"EndpointConfigName": "two"}, {"EndpointConfigName": "two"})]),
    Case("sagemaker", "EndpointConfig", endpoint_config, "CreateEndpointConfig", {"EnableNetworkIsolation": True}),
    Case("sagemaker", "FeatureGroup", feature_group, "CreateFeatureGroup",
         {"OnlineStoreConfig.EnableOnlineStore": True, "OnlineStoreConfig.SecurityConfig.KmsKeyId": KEY},
         [("UpdateFeatureGroup", {"OnlineStoreConfig": {"TtlDuration": {"Unit": "Days", "Value": 3}}},
           {"OnlineStoreConfig.TtlDuration.Value": 3, "OnlineStoreConfig.SecurityConfig.KmsKeyId": KEY})]),
    Case("sagemaker", "Model", secret_model, "CreateModel", {"EnableNetworkIsolation": True}),
    Case("sagemaker", "NotebookInstance", notebook, "CreateNotebookInstance",
         {"InstanceMetadataServiceConfiguration.MinimumInstanceMetadataServiceVersion": "2"},
         [("UpdateNotebookInstance", {"InstanceType": "ml.t3.large", "RootAccess": "Disabled"},
           {"InstanceType": "ml.t3.large", "RootAccess": "Disabled"})]),
    Case("securityhub", "Hub", parents.hub, "EnableSecurityHub", {}, [
        ("UpdateSecurityHubConfiguration", {"AutoEnableControls": False, "ControlFindingGenerator": "STANDARD_CONTROL"},
         {"AutoEnableControls": False, "ControlFindingGenerator": "STANDARD_CONTROL"})]),
    Case("sqs", "Queue", made("sqs", "create_queue", QueueName="*", Attributes={"RedriveAllowPolicy": ALLOW}),
         "CreateQueue", {"Attributes.RedriveAllowPolicy": ALLOW},
         [("SetQueueAttributes", {"Attributes": {"RedriveAllowPolicy": DENY}}, {"Attributes.RedriveAllowPolicy": DENY})]),
    Case("sns", "Topic", made("sns", "create_topic", Name="*", Attributes={"TracingConfig": "Active"}),
         "CreateTopic", {"Attributes.TracingConfig": "Active"},
         [("SetTopicAttributes", {"AttributeName": "TracingConfig", "AttributeValue": "PassThrough"},
           {"Attributes.TracingConfig": "PassThrough"})]),
]  # fmt: skip


@pytest.fixture(scope="module")
def clients(sandbox):
    return cache(sandbox.client)


def of(case: Case) -> tuple[tables.Service, tables.Memory]:
    table = tables.load(case.table)
    return table, table.memories[case.memory]


def request(client: Any, operation: str, members: dict[str, Any]) -> dict[str, Any]:
    """What the operation takes of the members; lists of names where it only takes lists."""
    shape = client.meta.service_model.operation_model(operation).input_shape
    taken = {name: value for name, value in members.items() if name in shape.members}
    for name, member in shape.members.items():
        single = next((value for known, value in members.items() if name.lower() == f"{known.lower()}s"), None)
        if member.type_name == "list" and isinstance(single, str):
            taken[name] = [single]
    return taken


def filled(value: Any, members: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: filled(inner, members) for key, inner in value.items()}
    return members[value[1:-1]] if isinstance(value, str) and re.fullmatch(r"\{\w+\}", value) else value


def shown(client: Any, memory: tables.Memory, reader: str, members: dict[str, Any]) -> dict[str, Any]:
    known = members | {source: members[target] for source, target in memory.rename.items() if target in members}
    answer = getattr(client, xform_name(reader))(**request(client, reader, known))
    things = list(structures(answer, memory.read[reader]))
    return next(thing for thing in things if all(thing.get(n, members[n]) == members[n] for n in memory.identity))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_remembered(clients, case: Case) -> None:
    table, memory = of(case)
    client = clients(table.service)
    members = case.make(clients)
    readers = [reader for reader in memory.read if reader not in memory.write and reader not in memory.delete]
    for path, value in case.created.items():
        for reader in readers:
            assert get(shown(client, memory, reader, members), path) == value, (reader, path)
    for operation, said, expected in case.says:
        known = members | {source: members[target] for source, target in memory.rename.items() if target in members}
        asked = request(client, operation, known) | filled(said, members)
        getattr(client, xform_name(operation))(**asked)
        for reader in readers:
            thing = shown(client, memory, reader, members)
            for path, value in expected.items():
                assert get(thing, path) == value, (operation, reader, path)


@pytest.mark.parametrize("case", [case for case in CASES if of(case)[1].emulate], ids=str)
def test_updates_of_what_is_not_there_fail(clients, case: Case) -> None:
    table, memory = of(case)
    client = clients(table.service)
    for operation, said, _ in case.says:
        if operation not in memory.emulate or not memory.identity:
            continue
        members = {name: "arn:aws:kafka:us-east-1:123456789012:cluster/no/1" if "Arn" in name else "fs-12345678"
                   for name in memory.identity} | {"AccountId": "123456789012", "CurrentVersion": "1"}  # fmt: skip
        known = members | {source: members[target] for source, target in memory.rename.items() if target in members}
        with pytest.raises(ClientError) as raised:
            getattr(client, xform_name(operation))(**(request(client, operation, known) | filled(said, members)))
        assert raised.value.response["Error"]["Code"] != "NotImplemented"


def test_every_write_of_every_memory_is_tried() -> None:
    tried = {
        (case.table, case.memory, name) for case in CASES for name in [case.create, *[op for op, _, _ in case.says]]
    }
    written = {
        (signed, memory.name, operation)
        for signed in tables.signed_as()
        for memory in tables.load(signed).memories.values()
        for operation in memory.write
    }
    assert written <= tried


def test_what_was_remembered_goes_with_its_thing(clients) -> None:
    sns = clients("sns")
    name = unique("topic")
    arn = sns.create_topic(Name=name, Attributes={"TracingConfig": "Active"})["TopicArn"]
    sns.delete_topic(TopicArn=arn)
    assert sns.create_topic(Name=name)["TopicArn"] == arn
    assert "TracingConfig" not in sns.get_topic_attributes(TopicArn=arn)["Attributes"]
