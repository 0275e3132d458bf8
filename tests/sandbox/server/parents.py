"""What the resources of the tables belong to, made in moto: for each operation that looks a parent up, how to make it."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

Client = Any
Members = dict[str, Any]
ROLE = "arn:aws:iam::123456789012:role/any"


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def subnet(clients: Callable[[str], Client]) -> str:
    ec2 = clients("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]


def code() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("handler.py", "def handler(event, context): pass")
    return archive.getvalue()


def cluster(clients) -> Members:
    name = unique("cluster")
    clients("eks").create_cluster(name=name, roleArn=ROLE, resourcesVpcConfig={"subnetIds": [subnet(clients)]})
    return {"clusterName": name, "name": name}


def access_entry(clients) -> Members:
    members = cluster(clients)
    principal = f"arn:aws:iam::123456789012:role/{unique('role')}"
    clients("eks").create_access_entry(clusterName=members["clusterName"], principalArn=principal)
    return members | {"principalArn": principal}


def bucket(clients) -> Members:
    name = unique("bucket")
    clients("s3").create_bucket(Bucket=name)
    return {"Bucket": name}


def elastic_file_system(clients) -> Members:
    identity = clients("efs").create_file_system(CreationToken=unique("fs"))["FileSystemId"]
    return {"FileSystemId": identity, "SourceFileSystemId": identity}


def lustre(clients) -> Members:
    made = clients("fsx").create_file_system(FileSystemType="LUSTRE", StorageCapacity=1200, SubnetIds=[subnet(clients)])
    return {"FileSystemId": made["FileSystem"]["FileSystemId"]}


def log_group(clients) -> Members:
    name = unique("/aws/group")
    clients("logs").create_log_group(logGroupName=name)
    return {"logGroupIdentifier": name}


def detector(clients) -> Members:
    return {"DetectorId": clients("guardduty").create_detector(Enable=True)["DetectorId"]}


def hub(clients) -> Members:
    securityhub = clients("securityhub")
    try:
        securityhub.describe_hub()
    except securityhub.exceptions.ClientError:
        securityhub.enable_security_hub()
    return {}


def macie(clients) -> Members:
    client = clients("macie2")
    try:
        client.get_macie_session()
    except client.exceptions.ClientError:
        client.enable_macie()
    return {}


def config_rule(clients) -> Members:
    name = unique("rule")
    config = clients("config")
    source = {"Owner": "AWS", "SourceIdentifier": "S3_BUCKET_VERSIONING_ENABLED"}
    config.put_config_rule(ConfigRule={"ConfigRuleName": name, "Source": source})
    return {"ConfigRuleName": name}


def topic(clients) -> Members:
    return {"ResourceArn": clients("sns").create_topic(Name=unique("topic"))["TopicArn"]}


def analyzer(clients) -> Members:
    name = unique("analyzer")
    clients("accessanalyzer").create_analyzer(analyzerName=name, type="ACCOUNT")
    return {"analyzerName": name}


def domain(clients) -> Members:
    made = clients("sagemaker").create_domain(
        DomainName=unique("domain"),
        AuthMode="IAM",
        DefaultUserSettings={"ExecutionRole": ROLE},
        SubnetIds=[subnet(clients)],
        VpcId="vpc-1",
    )
    return {"DomainId": made["DomainArn"].rpartition("/")[2]}


def user_profile(clients) -> Members:
    members = domain(clients)
    name = unique("profile")
    clients("sagemaker").create_user_profile(DomainId=members["DomainId"], UserProfileName=name)
    return members | {"UserProfileName": name}


def space(clients) -> Members:
    members = user_profile(clients)
    name = unique("space")
    clients("sagemaker").create_space(DomainId=members["DomainId"], SpaceName=name)
    return members | {"SpaceName": name}


def model(clients) -> Members:
    name = unique("model")
    clients("sagemaker").create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "image"})
    return {"ModelName": name}


def endpoint(clients) -> Members:
    sagemaker = clients("sagemaker")
    variant = {
        "VariantName": "all",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1,
        **model(clients),
    }
    config, name = unique("config"), unique("endpoint")
    sagemaker.create_endpoint_config(EndpointConfigName=config, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    return {"EndpointName": name, "EndpointConfigName": config}


def model_package_group(clients) -> Members:
    name = unique("group")
    clients("sagemaker").create_model_package_group(ModelPackageGroupName=name, ModelPackageGroupDescription="any")
    return {"ModelPackageGroupName": name}


def function(clients) -> Members:
    role = clients("iam").create_role(RoleName=unique("role"), AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    name = unique("function")
    clients("lambda").create_function(
        FunctionName=name, Role=role, Runtime="python3.12", Handler="handler.handler", Code={"ZipFile": code()}
    )
    return {"FunctionName": name}


def budget(clients) -> Members:
    name = unique("budget")
    limit = {"Amount": "10", "Unit": "USD"}
    clients("budgets").create_budget(
        AccountId="123456789012",
        Budget={"BudgetName": name, "BudgetLimit": limit, "TimeUnit": "MONTHLY", "BudgetType": "COST"},
    )
    return {"AccountId": "123456789012", "BudgetName": name}


def table(clients) -> Members:
    name = unique("table")
    clients("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return {"TableName": name}


def plan(clients) -> Members:
    rule = {"RuleName": "daily", "TargetBackupVaultName": "vault"}
    made = clients("backup").create_backup_plan(BackupPlan={"BackupPlanName": unique("plan"), "Rules": [rule]})
    return {"BackupPlanId": made["BackupPlanId"]}


def vault(clients) -> Members:
    name = unique("vault")
    clients("backup").create_backup_vault(BackupVaultName=name)
    return {"BackupVaultName": name}


def application(clients) -> Members:
    return {"ApplicationId": clients("appconfig").create_application(Name=unique("app"))["Id"]}


def workspace(clients) -> Members:
    made = clients("grafana").create_workspace(
        accountAccessType="CURRENT_ACCOUNT", permissionType="SERVICE_MANAGED", authenticationProviders=["AWS_SSO"]
    )
    return {"workspaceId": made["workspace"]["id"]}


def service_account(clients) -> Members:
    members = workspace(clients)
    made = clients("grafana").create_workspace_service_account(name="ci", grafanaRole="VIEWER", **members)
    return {**members, "serviceAccountId": made["id"]}


def subnet_members(clients) -> Members:
    return {"SubnetId": subnet(clients)}


def vpc_members(clients) -> Members:
    return {"VpcId": clients("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]}


def prometheus(clients) -> Members:
    return {"workspaceId": clients("amp").create_workspace(alias=unique("prometheus"))["workspaceId"]}


def security_group(clients) -> Members:
    ec2 = clients("ec2")
    vpc = vpc_members(clients)["VpcId"]
    return {"GroupId": ec2.create_security_group(GroupName=unique("group"), Description="any", VpcId=vpc)["GroupId"]}


def firewall_rule_group(clients) -> Members:
    made = clients("route53resolver").create_firewall_rule_group(CreatorRequestId=unique("r"), Name=unique("group"))
    return {"FirewallRuleGroupId": made["FirewallRuleGroup"]["Id"]}


def firewall_domain_list(clients) -> Members:
    made = clients("route53resolver").create_firewall_domain_list(CreatorRequestId=unique("r"), Name=unique("list"))
    return {"FirewallDomainListId": made["FirewallDomainList"]["Id"]}


# By the service and the operation that looks the parent up.
PARENTS: dict[tuple[str, str], Callable[[Callable[[str], Client]], Members]] = {
    ("accessanalyzer", "GetAnalyzer"): analyzer,
    ("amp", "DescribeWorkspace"): prometheus,
    ("appconfig", "GetApplication"): application,
    ("backup", "DescribeBackupVault"): vault,
    ("backup", "GetBackupPlan"): plan,
    ("budgets", "DescribeBudget"): budget,
    ("config", "DescribeConfigRules"): config_rule,
    ("dynamodb", "DescribeTable"): table,
    ("ec2", "DescribeSecurityGroups"): security_group,
    ("ec2", "DescribeSubnets"): subnet_members,
    ("ec2", "DescribeVpcs"): vpc_members,
    ("efs", "DescribeFileSystems"): elastic_file_system,
    ("eks", "DescribeAccessEntry"): access_entry,
    ("eks", "DescribeCluster"): cluster,
    ("fsx", "DescribeFileSystems"): lustre,
    ("grafana", "DescribeWorkspace"): workspace,
    ("grafana", "ListWorkspaceServiceAccounts"): service_account,
    ("guardduty", "GetDetector"): detector,
    ("lambda", "GetFunctionConfiguration"): function,
    ("logs", "ListTagsLogGroup"): log_group,
    ("macie2", "GetMacieSession"): macie,
    ("route53resolver", "GetFirewallDomainList"): firewall_domain_list,
    ("route53resolver", "GetFirewallRuleGroup"): firewall_rule_group,
    ("s3", "GetBucketVersioning"): bucket,
    ("sagemaker", "DescribeDomain"): domain,
    ("sagemaker", "DescribeEndpoint"): endpoint,
    ("sagemaker", "DescribeModelPackageGroup"): model_package_group,
    ("sagemaker", "DescribeSpace"): space,
    ("sagemaker", "DescribeUserProfile"): user_profile,
    ("securityhub", "DescribeHub"): hub,
    ("sns", "GetTopicAttributes"): topic,
}
