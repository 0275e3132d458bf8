"""What moto alone would refuse, or answer wrongly."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::123456789012:role/any"


@pytest.mark.parametrize("instance_type", ["ml.g5.xlarge", "ml.p5.48xlarge", "ml.g6e.2xlarge"])
def test_endpoints_on_any_instance_type_of_the_api(sandbox, instance_type: str) -> None:
    sagemaker = sandbox.client("sagemaker")
    name = f"for-{instance_type.replace('.', '-')}"
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "image"})
    variant = {"VariantName": "all", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": instance_type}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    wrong = variant | {"InstanceType": "ml.z9.huge"}
    with pytest.raises(ClientError, match=r"ml\.z9\.huge"):
        sagemaker.create_endpoint_config(EndpointConfigName=f"{name}-wrong", ProductionVariants=[wrong])


def test_notebooks_on_current_instance_types(sandbox) -> None:
    sagemaker = sandbox.client("sagemaker")
    sagemaker.create_notebook_instance(NotebookInstanceName="g5", InstanceType="ml.g5.xlarge", RoleArn=ROLE)
    with pytest.raises(ClientError, match=r"ml\.z9\.huge"):
        sagemaker.create_notebook_instance(NotebookInstanceName="z9", InstanceType="ml.z9.huge", RoleArn=ROLE)


def test_hyperpod_clusters_without_threads_per_core(sandbox) -> None:
    group = {
        "InstanceGroupName": "workers",
        "InstanceType": "ml.p5.48xlarge",
        "InstanceCount": 2,
        "ExecutionRole": ROLE,
        "LifeCycleConfig": {"SourceS3Uri": "s3://sagemaker-x/", "OnCreate": "on_create.sh"},
    }
    assert sandbox.client("sagemaker").create_cluster(ClusterName="pod", InstanceGroups=[group])["ClusterArn"]


def test_policies_without_a_version(sandbox) -> None:
    iam = sandbox.client("iam")
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    assert iam.create_policy(PolicyName="plain", PolicyDocument=json.dumps({"Statement": [statement]}))
    first = json.dumps({"Version": "2008-10-17", "Statement": [statement]})
    assert iam.create_policy(PolicyName="first", PolicyDocument=first)
    with pytest.raises(ClientError):
        iam.create_policy(
            PolicyName="none", PolicyDocument=json.dumps({"Version": "2011-01-01", "Statement": [statement]})
        )
    for version in ("2011-01-01", "2008-10-17"):
        document = json.dumps({"Version": version, "Statement": [statement | {"Effect": "Perhaps"}]})
        with pytest.raises(ClientError):
            iam.create_policy(PolicyName="wrong", PolicyDocument=document)


def test_aws_managed_policies_are_there(sandbox) -> None:
    iam = sandbox.client("iam")
    arn = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
    assert iam.get_policy(PolicyArn=arn)["Policy"]["Arn"] == arn


def test_access_logs_into_a_bucket_that_denies_plaintext_to_everybody(sandbox) -> None:
    s3 = sandbox.client("s3")
    for bucket in ("access-logs-source", "access-logs-target"):
        s3.create_bucket(Bucket=bucket)
    everything = ["arn:aws:s3:::access-logs-target", "arn:aws:s3:::access-logs-target/*"]
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": everything}
    deny["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    allow = {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject"}
    allow["Resource"] = everything[1]
    target = {"LoggingEnabled": {"TargetBucket": "access-logs-target", "TargetPrefix": "source/"}}
    for statements, admitted in (([deny], False), ([deny, allow], True)):
        s3.put_bucket_policy(Bucket="access-logs-target", Policy=json.dumps({"Statement": statements}))
        if admitted:
            s3.put_bucket_logging(Bucket="access-logs-source", BucketLoggingStatus=target)
        else:
            with pytest.raises(ClientError, match="InvalidTargetBucketForLogging"):
                s3.put_bucket_logging(Bucket="access-logs-source", BucketLoggingStatus=target)
    assert s3.get_bucket_logging(Bucket="access-logs-source")["LoggingEnabled"]["TargetPrefix"] == "source/"


def test_flow_logs_into_a_folder(sandbox) -> None:
    ec2 = sandbox.client("ec2")
    sandbox.client("s3").create_bucket(Bucket="flow-logs-folder")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    settings = {"ResourceIds": [vpc], "ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "s3"}
    there, nowhere = "arn:aws:s3:::flow-logs-folder/vpc/", "arn:aws:s3:::flow-logs-nowhere/vpc/"
    made = ec2.create_flow_logs(LogDestination=there, **settings)
    assert not made["Unsuccessful"]
    shown = ec2.describe_flow_logs(FlowLogIds=made["FlowLogIds"])["FlowLogs"][0]
    assert shown["LogDestination"] == there
    assert ec2.create_flow_logs(LogDestination=nowhere, **settings)["Unsuccessful"]


def test_flow_logs_into_a_log_group_by_arn(sandbox) -> None:
    ec2 = sandbox.client("ec2")
    sandbox.client("logs").create_log_group(logGroupName="/vpc/flow")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="cloud-watch-logs",
        LogDestination="arn:aws:logs:us-east-1:123456789012:log-group:/vpc/flow",
        DeliverLogsPermissionArn=ROLE,
    )
    shown = ec2.describe_flow_logs(FlowLogIds=made["FlowLogIds"])["FlowLogs"][0]
    assert shown["DeliverLogsStatus"] == "SUCCESS"


def test_clusters_get_a_current_version(sandbox) -> None:
    ec2, eks = sandbox.client("ec2"), sandbox.client("eks")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]][:2]
    made = eks.create_cluster(name="current", roleArn=ROLE, resourcesVpcConfig={"subnetIds": subnets})["cluster"]
    major, minor = (int(part) for part in made["version"].split("."))
    assert (major, minor) >= (1, 34)


def test_nodes_of_a_typed_template_have_no_types_of_their_own(sandbox) -> None:
    ec2, eks = sandbox.client("ec2"), sandbox.client("eks")
    subnets = [ec2.describe_subnets()["Subnets"][0]["SubnetId"]]
    eks.create_cluster(name="typed", roleArn=ROLE, resourcesVpcConfig={"subnetIds": subnets})
    types = {}
    for name, data in (("typed", {"InstanceType": "p5.48xlarge"}), ("plain", {"EbsOptimized": True})):
        ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
        asked = {"clusterName": "typed", "nodegroupName": name, "subnets": subnets, "nodeRole": ROLE}
        made = eks.create_nodegroup(**asked, launchTemplate={"name": name})["nodegroup"]
        types[name] = made.get("instanceTypes")
    assert types == {"typed": None, "plain": ["t3.medium"]}


def test_images_are_found_by_the_names_of_today(sandbox) -> None:
    ec2 = sandbox.client("ec2", "ap-southeast-3")  # where no other test takes snapshots
    names = [
        "al2023-ami-2023.*-x86_64",
        "amazon-eks-node-al2023-x86_64-nvidia-*",
        "Deep Learning Base OSS Nvidia*2023*",
    ]
    for name in names:
        images = ec2.describe_images(Owners=["amazon"], Filters=[{"Name": "name", "Values": [name]}])["Images"]
        assert [image["State"] for image in images] == ["available"], name
    assert ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def test_a_nat_gateway_takes_its_interface_along_and_gives_its_address_back(sandbox) -> None:
    ec2 = sandbox.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.0.0/24")["Subnet"]["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    for _ in range(2):
        gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
        ec2.delete_nat_gateway(NatGatewayId=gateway)
    filters = [{"Name": "subnet-id", "Values": [subnet]}]
    assert ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"] == []
    ec2.release_address(AllocationId=address)


def test_keys_by_their_arns(sandbox) -> None:
    kms = sandbox.client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]

    def state() -> str:
        return kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"]

    kms.disable_key(KeyId=arn)
    assert state() == "Disabled"
    kms.enable_key(KeyId=arn)
    assert state() == "Enabled"
    kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
    assert state() == "PendingDeletion"
    kms.cancel_key_deletion(KeyId=arn)
    assert state() == "Disabled"
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.disable_key(KeyId=arn[:-4] + "ffff")


def test_only_asymmetric_keys_have_public_ones(sandbox) -> None:
    kms = sandbox.client("kms")
    pair = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    assert kms.get_public_key(KeyId=pair)["PublicKey"]
    symmetric = kms.create_key()["KeyMetadata"]["KeyId"]
    with pytest.raises(kms.exceptions.UnsupportedOperationException):
        kms.get_public_key(KeyId=symmetric)
    sealed = kms.encrypt(KeyId=symmetric, Plaintext=b"secret")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"secret"


@pytest.mark.parametrize("side", ["ingress", "egress"])
@pytest.mark.parametrize(("asked", "said"), [("", "web"), ("web", ""), ("web", "other")])
def test_rules_are_revoked_whatever_their_descriptions(sandbox, side: str, asked: str, said: str) -> None:
    ec2 = sandbox.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    group, other = (
        ec2.create_security_group(GroupName=name, Description="any", VpcId=vpc)["GroupId"] for name in ("one", "two")
    )

    def rules(text: str, port: int = 443) -> list[dict[str, object]]:
        described = {"Description": text} if text else {}
        sources = {
            "UserIdGroupPairs": [{"GroupId": other, **described}],
            "IpRanges": [{"CidrIp": "10.0.0.0/8", **described}],
            "Ipv6Ranges": [{"CidrIpv6": "fd00::/8", **described}],
        }
        return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, kind: items} for kind, items in sources.items()]

    getattr(ec2, f"authorize_security_group_{side}")(GroupId=group, IpPermissions=rules(asked))
    with pytest.raises(ClientError, match=r"InvalidPermission\.NotFound"):
        getattr(ec2, f"revoke_security_group_{side}")(GroupId=group, IpPermissions=rules(asked, port=80))
    getattr(ec2, f"revoke_security_group_{side}")(GroupId=group, IpPermissions=rules(said))
    left = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    assert [rule for rule in left if rule["IpProtocol"] == "tcp"] == []


def test_volumes_of_new_instances_are_as_fast_as_asked(sandbox) -> None:
    ec2 = sandbox.client("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    fast = {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 20, "VolumeType": "io2", "Iops": 2000}}
    template = ec2.create_launch_template(
        LaunchTemplateName="fast", LaunchTemplateData={"ImageId": image, "BlockDeviceMappings": [fast]}
    )["LaunchTemplate"]["LaunchTemplateId"]
    for how in ({"ImageId": image, "BlockDeviceMappings": [fast]}, {"LaunchTemplate": {"LaunchTemplateId": template}}):
        made = ec2.run_instances(MinCount=1, MaxCount=1, **how)["Instances"][0]["InstanceId"]
        attached = [{"Name": "attachment.instance-id", "Values": [made]}]
        volumes = ec2.describe_volumes(Filters=attached)["Volumes"]
        assert [(one["Iops"], one["VolumeType"]) for one in volumes if one["VolumeType"] == "io2"] == [(2000, "io2")]
        ec2.terminate_instances(InstanceIds=[made])


def test_batch_has_a_role_of_its_own(sandbox) -> None:
    batch, ec2 = sandbox.client("batch"), sandbox.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.8.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="batch", Description="any", VpcId=vpc)["GroupId"]
    on = {"type": "FARGATE", "maxvCpus": 4, "subnets": [subnet], "securityGroupIds": [group]}
    batch.create_compute_environment(computeEnvironmentName="own", type="MANAGED", computeResources=on)
    found = batch.describe_compute_environments(computeEnvironments=["own"])["computeEnvironments"][0]
    assert found["serviceRole"].endswith(":role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch")
    with pytest.raises(ClientError, match="no-such-role"):
        batch.create_compute_environment(
            computeEnvironmentName="none", type="MANAGED", computeResources=on, serviceRole=f"{ROLE}/no-such-role"
        )


def test_a_buckets_conditional_denials_deny_nobody_whom_they_do_not_mean(sandbox) -> None:
    """moto takes every denial in a bucket's policy for one of everybody, whatever its conditions say."""
    s3, bucket = sandbox.client("s3"), "denying-plaintext"
    s3.create_bucket(Bucket=bucket)
    plaintext = {"Bool": {"aws:SecureTransport": "false"}}
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": plaintext}
    everything = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    policy = {"Version": "2012-10-17", "Statement": [statement | {"Resource": everything}]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    s3.put_object(Bucket=bucket, Key="one", Body=b"1")
    assert s3.get_object(Bucket=bucket, Key="one")["Body"].read() == b"1"
    assert "Errors" not in s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "one"}]})


def test_features_of_a_detector_stay_when_another_one_is_changed(sandbox) -> None:
    guardduty = sandbox.client("guardduty")
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    for name, status in (("S3_DATA_EVENTS", "ENABLED"), ("EKS_AUDIT_LOGS", "ENABLED"), ("S3_DATA_EVENTS", "DISABLED")):
        guardduty.update_detector(DetectorId=detector, Features=[{"Name": name, "Status": status}])
    features = {one["Name"]: one["Status"] for one in guardduty.get_detector(DetectorId=detector)["Features"]}
    assert features == {"S3_DATA_EVENTS": "DISABLED", "EKS_AUDIT_LOGS": "ENABLED"}
