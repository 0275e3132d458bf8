"""EC2 instances, EKS, SageMaker, Lambda, auto scaling, Batch."""

from __future__ import annotations

import json
from typing import Any

from tests.sandbox.refusals.catalogue import mistake
from tests.sandbox.refusals.cloud import ACCOUNT, Cloud, name

NOBODY = f"arn:aws:iam::{ACCOUNT}:role/nobody"
NO_SUBNET = "subnet-0123456789abcdef0"
NO_GROUP = "sg-0123456789abcdef0"
NO_KEY = "2c9d0c2e-3a9c-4b57-8f52-1f6b8e0f4f11"
INVALID = "InvalidParameterException"


def cluster(aws: Cloud, **rest: Any) -> None:
    network = {"subnetIds": rest.pop("subnets", None) or aws.home.subnets, **rest.pop("network", {})}
    aws.eks.create_cluster(
        **{"name": name("cluster"), "roleArn": aws.role("eks.amazonaws.com"), "resourcesVpcConfig": network, **rest}
    )


@mistake("eks.CreateCluster", INVALID, "role|Role")
def cluster_role_missing(aws: Cloud) -> None:
    cluster(aws, roleArn=NOBODY)


@mistake("eks.CreateCluster", INVALID, "assumed")
def cluster_role_for_another_service(aws: Cloud) -> None:
    cluster(aws, roleArn=aws.role("ec2.amazonaws.com"))


@mistake("eks.CreateCluster", INVALID, "two different AZs")
def cluster_in_one_zone(aws: Cloud) -> None:
    vpc = aws.vpc()
    cluster(aws, subnets=[aws.subnet(vpc, 1), aws.subnet(vpc, 2)])


@mistake("eks.CreateCluster", INVALID, "subnet")
def cluster_subnet_missing(aws: Cloud) -> None:
    cluster(aws, subnets=[NO_SUBNET, "subnet-0123456789abcdef1"])


@mistake("eks.CreateCluster", INVALID, "VPC|vpc")
def cluster_subnets_of_two_vpcs(aws: Cloud) -> None:
    cluster(aws, subnets=[aws.subnet(aws.vpc()), aws.subnet(aws.vpc(), 1, "b")])


@mistake("eks.CreateCluster", INVALID, "group")
def cluster_security_group_missing(aws: Cloud) -> None:
    cluster(aws, network={"securityGroupIds": [NO_GROUP]})


@mistake("eks.CreateCluster", INVALID, "version")
def cluster_version_out_of_support(aws: Cloud) -> None:
    cluster(aws, version="1.19")


@mistake("eks.CreateCluster", INVALID, "version")
def cluster_version_with_patch(aws: Cloud) -> None:
    cluster(aws, version="1.33.1")


@mistake("eks.CreateCluster", INVALID, "cannot both be false")
def cluster_without_any_endpoint(aws: Cloud) -> None:
    cluster(aws, network={"endpointPublicAccess": False, "endpointPrivateAccess": False})


@mistake("eks.CreateCluster", INVALID, "api-server")
def cluster_log_type_invented(aws: Cloud) -> None:
    cluster(aws, logging={"clusterLogging": [{"types": ["api-server"], "enabled": True}]})


@mistake("eks.CreateCluster", INVALID, "key|Key")
def cluster_encryption_key_missing(aws: Cloud) -> None:
    provider = {"keyArn": aws.arn("kms", f"key/{NO_KEY}")}
    cluster(aws, encryptionConfig=[{"resources": ["secrets"], "provider": provider}])


@mistake("eks.CreateCluster", INVALID, "secrets")
def cluster_encrypts_something_else(aws: Cloud) -> None:
    cluster(aws, encryptionConfig=[{"resources": ["volumes"], "provider": {"keyArn": aws.key()}}])


@mistake("eks.CreateCluster", INVALID, "name")
def cluster_name_with_a_dot(aws: Cloud) -> None:
    cluster(aws, name="training.prod")


@mistake("eks.CreateCluster", INVALID, "10.0.0.0/16")
def cluster_services_overlap_the_vpc(aws: Cloud) -> None:
    cluster(aws, kubernetesNetworkConfig={"serviceIpv4Cidr": "10.0.0.0/16"})


def nodes(aws: Cloud, **rest: Any) -> None:
    given = {
        "clusterName": rest.get("clusterName") or aws.cluster(),
        "nodegroupName": name("nodes"),
        "subnets": aws.home.subnets[:1],
        "nodeRole": aws.role("ec2.amazonaws.com"),
        "scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 1},
    }
    aws.eks.create_nodegroup(**{**given, **rest})


@mistake("eks.CreateNodegroup", "ResourceNotFoundException")
def nodes_of_a_missing_cluster(aws: Cloud) -> None:
    nodes(aws, clusterName=name("nowhere"))


@mistake("eks.CreateNodegroup", INVALID, "role|Role")
def node_role_missing(aws: Cloud) -> None:
    nodes(aws, nodeRole=NOBODY)


@mistake("eks.CreateNodegroup", INVALID, "ec2.amazonaws.com|trust")
def node_role_for_another_service(aws: Cloud) -> None:
    nodes(aws, nodeRole=aws.role("eks.amazonaws.com"))


@mistake("eks.CreateNodegroup", INVALID, "subnet")
def node_subnet_missing(aws: Cloud) -> None:
    nodes(aws, subnets=[NO_SUBNET])


@mistake("eks.CreateNodegroup", INVALID, "size")
def nodes_wanted_below_the_minimum(aws: Cloud) -> None:
    nodes(aws, scalingConfig={"minSize": 2, "maxSize": 4, "desiredSize": 1})


@mistake("eks.CreateNodegroup", INVALID, "AL2023_x86_64_GPU|amiType")
def node_image_invented(aws: Cloud) -> None:
    nodes(aws, amiType="AL2023_x86_64_GPU")


@mistake("eks.CreateNodegroup", INVALID, "g5.3xlarge")
def node_instance_type_invented(aws: Cloud) -> None:
    nodes(aws, instanceTypes=["g5.3xlarge"])


@mistake("eks.CreateNodegroup", INVALID, "isk size")
def node_disk_beside_launch_template(aws: Cloud) -> None:
    template = aws.ec2.create_launch_template(LaunchTemplateName=name("lt"), LaunchTemplateData={})
    nodes(aws, diskSize=100, launchTemplate={"id": template["LaunchTemplate"]["LaunchTemplateId"]})


@mistake("eks.CreateNodegroup", INVALID, "aunch template")
def node_launch_template_missing(aws: Cloud) -> None:
    nodes(aws, launchTemplate={"id": "lt-0123456789abcdef0"})


@mistake("eks.CreateNodegroup", INVALID, "taint|NoScheduled|effect")
def node_taint_effect_invented(aws: Cloud) -> None:
    nodes(aws, taints=[{"key": "gpu", "value": "true", "effect": "NoSchedule"}])


@mistake("eks.CreateNodegroup", INVALID, "m7g.large")
def node_image_of_another_architecture(aws: Cloud) -> None:
    nodes(aws, instanceTypes=["m7g.large"], amiType="AL2023_x86_64_STANDARD")


@mistake("eks.CreateNodegroup", INVALID, "trn1.32xlarge")
def node_image_with_another_driver(aws: Cloud) -> None:
    nodes(aws, instanceTypes=["trn1.32xlarge"], amiType="AL2023_x86_64_NVIDIA")


def template(aws: Cloud, **data: Any) -> dict[str, str]:
    made = aws.ec2.create_launch_template(LaunchTemplateName=name("lt"), LaunchTemplateData=data)
    return {"id": made["LaunchTemplate"]["LaunchTemplateId"]}


@mistake("eks.CreateNodegroup", INVALID, "capacity-block")
def nodes_on_a_block_without_launch_template(aws: Cloud) -> None:
    nodes(aws, capacityType="CAPACITY_BLOCK")


@mistake("eks.CreateNodegroup", INVALID, "CAPACITY_BLOCK")
def nodes_on_demand_with_the_launch_template_of_a_block(aws: Cloud) -> None:
    block = template(aws, InstanceType="p5.48xlarge", InstanceMarketOptions={"MarketType": "capacity-block"})
    nodes(aws, launchTemplate=block, amiType="AL2023_x86_64_NVIDIA")


@mistake("eks.CreateNodegroup", INVALID, "names a capacity reservation")
def nodes_on_a_block_that_is_not_named(aws: Cloud) -> None:
    block = template(aws, InstanceType="p5.48xlarge", InstanceMarketOptions={"MarketType": "capacity-block"})
    nodes(aws, launchTemplate=block, amiType="AL2023_x86_64_NVIDIA", capacityType="CAPACITY_BLOCK")


@mistake("eks.DeleteCluster", "ResourceInUseException")
def delete_cluster_with_nodes(aws: Cloud) -> None:
    cluster = aws.cluster()
    nodes(aws, clusterName=cluster)
    aws.eks.delete_cluster(name=cluster)


@mistake("eks.CreateFargateProfile", INVALID, "role|Role|eks-fargate-pods")
def fargate_role_for_another_service(aws: Cloud) -> None:
    aws.eks.create_fargate_profile(
        clusterName=aws.cluster(),
        fargateProfileName=name("profile"),
        podExecutionRoleArn=aws.role("eks.amazonaws.com"),
        subnets=aws.home.subnets[:1],
        selectors=[{"namespace": "serving"}],
    )


def domain(aws: Cloud, **rest: Any) -> None:
    given = {
        "DomainName": name("studio"),
        "AuthMode": "IAM",
        "DefaultUserSettings": {"ExecutionRole": aws.role("sagemaker.amazonaws.com")},
        "VpcId": aws.home.vpc,
        "SubnetIds": aws.home.subnets,
    }
    aws.sagemaker.create_domain(**{**given, **rest})


@mistake("sagemaker.CreateDomain", "ValidationException", "subnet")
def studio_subnet_missing(aws: Cloud) -> None:
    domain(aws, SubnetIds=[NO_SUBNET])


@mistake("sagemaker.CreateDomain", "ValidationException", "vpc")
def studio_vpc_missing(aws: Cloud) -> None:
    domain(aws, VpcId="vpc-0123456789abcdef0")


@mistake("sagemaker.CreateDomain", "ValidationException", "vpc|VPC")
def studio_subnet_of_another_vpc(aws: Cloud) -> None:
    domain(aws, SubnetIds=[aws.subnet(aws.vpc())])


@mistake("sagemaker.CreateDomain", "ValidationException", "role")
def studio_role_missing(aws: Cloud) -> None:
    domain(aws, DefaultUserSettings={"ExecutionRole": NOBODY})


@mistake("sagemaker.CreateDomain", "ValidationException", "sagemaker.amazonaws.com")
def studio_role_for_another_service(aws: Cloud) -> None:
    domain(aws, DefaultUserSettings={"ExecutionRole": aws.role("lambda.amazonaws.com")})


@mistake("sagemaker.CreateModel", "ValidationException", "role|Role")
def model_role_missing(aws: Cloud) -> None:
    image = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/serving:1"
    aws.sagemaker.create_model(ModelName=name("model"), ExecutionRoleArn=NOBODY, PrimaryContainer={"Image": image})


@mistake("sagemaker.CreateModel", "ValidationException", "modelName")
def model_name_with_underscore(aws: Cloud) -> None:
    image = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/serving:1"
    role = aws.role("sagemaker.amazonaws.com")
    aws.sagemaker.create_model(ModelName="fraud_model", ExecutionRoleArn=role, PrimaryContainer={"Image": image})


@mistake("sagemaker.CreateEndpointConfig", "ValidationException", "model")
def endpoint_variant_of_a_missing_model(aws: Cloud) -> None:
    variant = {
        "VariantName": "a",
        "ModelName": name("nothing"),
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    aws.sagemaker.create_endpoint_config(EndpointConfigName=name("config"), ProductionVariants=[variant])


@mistake("sagemaker.CreateEndpointConfig", "ValidationException", "ml.g5.3xlarge")
def endpoint_instance_type_invented(aws: Cloud) -> None:
    variant = {"VariantName": "a", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.g5.3xlarge"}
    aws.sagemaker.create_endpoint_config(EndpointConfigName=name("config"), ProductionVariants=[variant])


@mistake("sagemaker.CreateEndpoint", "ValidationException")
def endpoint_with_a_missing_configuration(aws: Cloud) -> None:
    aws.sagemaker.create_endpoint(EndpointName=name("endpoint"), EndpointConfigName=name("nothing"))


def notebook(aws: Cloud, **rest: Any) -> None:
    role = aws.role("sagemaker.amazonaws.com")
    given = {"NotebookInstanceName": name("notebook"), "InstanceType": "ml.t3.medium", "RoleArn": role}
    aws.sagemaker.create_notebook_instance(**{**given, **rest})


@mistake("sagemaker.CreateNotebookInstance", "ValidationException", "subnet")
def notebook_subnet_missing(aws: Cloud) -> None:
    notebook(aws, SubnetId=NO_SUBNET, SecurityGroupIds=[aws.home.group])


@mistake("sagemaker.CreateNotebookInstance", "ValidationException", "ecurityGroup|security group")
def notebook_group_of_another_vpc(aws: Cloud) -> None:
    notebook(aws, SubnetId=aws.home.subnets[0], SecurityGroupIds=[aws.group(aws.vpc())])


@mistake("sagemaker.CreateNotebookInstance", "ValidationException", "SubnetId|direct internet|DirectInternetAccess")
def notebook_without_any_network(aws: Cloud) -> None:
    notebook(aws, DirectInternetAccess="Disabled")


@mistake("sagemaker.CreateNotebookInstance", "ValidationException", "16384")
def notebook_volume_too_large(aws: Cloud) -> None:
    notebook(aws, VolumeSizeInGB=20000)


@mistake("sagemaker.CreateFeatureGroup", "ValidationException", "customer")
def feature_group_identifier_undefined(aws: Cloud) -> None:
    aws.sagemaker.create_feature_group(
        FeatureGroupName=name("features"),
        RecordIdentifierFeatureName="customer",
        EventTimeFeatureName="time",
        FeatureDefinitions=[{"FeatureName": "time", "FeatureType": "Fractional"}],
        OfflineStoreConfig={"S3StorageConfig": {"S3Uri": "s3://features/"}},
        RoleArn=aws.role("sagemaker.amazonaws.com"),
    )


@mistake("sagemaker.CreatePipeline", "ValidationException", "")
def pipeline_definition_is_not_json(aws: Cloud) -> None:
    aws.sagemaker.create_pipeline(
        PipelineName=name("pipeline"),
        PipelineDefinition="Version: 2020-12-01",
        RoleArn=aws.role("sagemaker.amazonaws.com"),
        ClientRequestToken="a" * 36,
    )


def function(aws: Cloud, **rest: Any) -> None:
    aws.function(**rest)


PARAMETER = "InvalidParameterValueException"


@mistake("lambda.CreateFunction", PARAMETER, "assumed by Lambda")
def function_role_missing(aws: Cloud) -> None:
    function(aws, Role=NOBODY)


@mistake("lambda.CreateFunction", PARAMETER, "assumed by Lambda")
def function_role_for_another_service(aws: Cloud) -> None:
    function(aws, Role=aws.role("ec2.amazonaws.com"))


@mistake("lambda.CreateFunction", "ValidationException|" + PARAMETER, "900")
def function_timeout_too_long(aws: Cloud) -> None:
    function(aws, Timeout=1200)


@mistake("lambda.CreateFunction", "ValidationException|" + PARAMETER, "10240")
def function_memory_too_large(aws: Cloud) -> None:
    function(aws, MemorySize=16384)


@mistake("lambda.CreateFunction", "ValidationException|" + PARAMETER, "python12")
def function_runtime_misspelt(aws: Cloud) -> None:
    function(aws, Runtime="python12")


@mistake("lambda.CreateFunction", PARAMETER, "reserved keys")
def function_variable_reserved(aws: Cloud) -> None:
    function(aws, Environment={"Variables": {"AWS_REGION": "us-east-1"}})


@mistake("lambda.CreateFunction", PARAMETER, "4 ?KB|4096")
def function_variables_too_large(aws: Cloud) -> None:
    function(aws, Environment={"Variables": {"SETTINGS": "x" * 5000}})


@mistake("lambda.CreateFunction", PARAMETER, "subnet")
def function_subnet_missing(aws: Cloud) -> None:
    role = aws.role("lambda.amazonaws.com", actions=["ec2:*"])
    function(aws, Role=role, VpcConfig={"SubnetIds": [NO_SUBNET], "SecurityGroupIds": [aws.home.group]})


@mistake("lambda.CreateFunction", PARAMETER, "ecurity group|securityGroup")
def function_security_group_missing(aws: Cloud) -> None:
    role = aws.role("lambda.amazonaws.com", actions=["ec2:*"])
    function(aws, Role=role, VpcConfig={"SubnetIds": aws.home.subnets, "SecurityGroupIds": [NO_GROUP]})


@mistake("lambda.CreateFunction", PARAMETER, "CreateNetworkInterface")
def function_role_cannot_enter_the_vpc(aws: Cloud) -> None:
    role = aws.role("lambda.amazonaws.com", actions=["logs:PutLogEvents"])
    function(aws, Role=role, VpcConfig={"SubnetIds": aws.home.subnets, "SecurityGroupIds": [aws.home.group]})


@mistake("lambda.CreateFunction", PARAMETER, "NoSuchKey|key does not exist")
def function_code_missing(aws: Cloud) -> None:
    function(aws, Code={"S3Bucket": aws.bucket(), "S3Key": "nothing.zip"})


@mistake("lambda.CreateFunction", PARAMETER, "key")
def function_key_missing(aws: Cloud) -> None:
    function(aws, KMSKeyArn=aws.arn("kms", f"key/{NO_KEY}"))


@mistake("lambda.CreateFunction", PARAMETER + "|ResourceNotFoundException", "layer")
def function_layer_missing(aws: Cloud) -> None:
    function(aws, Layers=[aws.arn("lambda", "layer:nothing:1")])


@mistake("lambda.CreateFunction", PARAMETER, "5 layers|5 or fewer|length less than or equal to 5")
def function_with_six_layers(aws: Cloud) -> None:
    function(aws, Layers=[aws.arn("lambda", f"layer:layer-{number}:1") for number in range(6)])


@mistake("lambda.CreateFunction", PARAMETER, "SQS|queue|SendMessage")
def function_dead_letters_not_permitted(aws: Cloud) -> None:
    function(aws, DeadLetterConfig={"TargetArn": aws.queue_arn()})


@mistake("lambda.CreateFunction", "ResourceConflictException")
def function_exists(aws: Cloud) -> None:
    function_name = name("function")
    function(aws, FunctionName=function_name)
    function(aws, FunctionName=function_name)


@mistake("lambda.UpdateFunctionConfiguration", PARAMETER, "assumed by Lambda")
def function_moved_to_a_missing_role(aws: Cloud) -> None:
    aws.lambda_.update_function_configuration(FunctionName=aws.function(), Role=NOBODY)


@mistake("lambda.PutFunctionConcurrency", PARAMETER, "UnreservedConcurrentExecution")
def function_reserves_all_concurrency(aws: Cloud) -> None:
    aws.lambda_.put_function_concurrency(FunctionName=aws.function(), ReservedConcurrentExecutions=1000)


@mistake("lambda.CreateEventSourceMapping", PARAMETER, "visibility timeout")
def queue_visible_before_the_function_ends(aws: Cloud) -> None:
    role = aws.role("lambda.amazonaws.com", actions=["sqs:*"])
    arn = aws.function(Role=role, Timeout=120)
    aws.lambda_.create_event_source_mapping(FunctionName=arn, EventSourceArn=aws.queue_arn(VisibilityTimeout="30"))


@mistake("lambda.CreateEventSourceMapping", PARAMETER, "ReceiveMessage")
def function_role_cannot_read_its_queue(aws: Cloud) -> None:
    aws.lambda_.create_event_source_mapping(FunctionName=aws.function(), EventSourceArn=aws.queue_arn())


@mistake("lambda.CreateEventSourceMapping", PARAMETER + "|ResourceNotFoundException", "queue|source")
def mapping_of_a_missing_queue(aws: Cloud) -> None:
    role = aws.role("lambda.amazonaws.com", actions=["sqs:*"])
    source = aws.arn("sqs", name("nowhere"))
    aws.lambda_.create_event_source_mapping(FunctionName=aws.function(Role=role), EventSourceArn=source)


@mistake("lambda.AddPermission", "ResourceNotFoundException")
def permission_on_a_missing_function(aws: Cloud) -> None:
    aws.lambda_.add_permission(
        FunctionName=name("nothing"), StatementId="a", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )


@mistake("lambda.AddPermission", PARAMETER, "rincipal")
def permission_for_a_misspelt_service(aws: Cloud) -> None:
    aws.lambda_.add_permission(
        FunctionName=aws.function(), StatementId="a", Action="lambda:InvokeFunction", Principal="event.amazonaws.com"
    )


@mistake("lambda.AddPermission", "ResourceConflictException")
def permission_statement_exists(aws: Cloud) -> None:
    permission = {"StatementId": "a", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    function = aws.function()
    aws.lambda_.add_permission(FunctionName=function, **permission)
    aws.lambda_.add_permission(FunctionName=function, **permission)


def instance(aws: Cloud, **rest: Any) -> None:
    image = aws.ec2.register_image(
        Name=name("image"),
        RootDeviceName="/dev/xvda",
        Architecture="x86_64",
        VirtualizationType="hvm",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}}],
    )["ImageId"]
    aws.ec2.run_instances(**{"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, **rest})


@mistake("ec2.RunInstances", "InvalidAMIID.NotFound")
def instance_image_missing(aws: Cloud) -> None:
    instance(aws, ImageId="ami-0123456789abcdef0")


@mistake("ec2.RunInstances", "InvalidParameterValue|InvalidInstanceType", "g5.3xlarge")
def instance_type_invented(aws: Cloud) -> None:
    instance(aws, InstanceType="g5.3xlarge")


@mistake("ec2.RunInstances", "InvalidSubnetID.NotFound")
def instance_subnet_missing(aws: Cloud) -> None:
    instance(aws, SubnetId=NO_SUBNET)


@mistake("ec2.RunInstances", "InvalidGroup.NotFound|InvalidParameter", "")
def instance_group_of_another_vpc(aws: Cloud) -> None:
    instance(aws, SubnetId=aws.home.subnets[0], SecurityGroupIds=[aws.group(aws.vpc())])


@mistake("ec2.RunInstances", "InvalidParameterValue", "profile")
def instance_profile_missing(aws: Cloud) -> None:
    instance(aws, IamInstanceProfile={"Name": name("nobody")})


@mistake("ec2.RunInstances", "InvalidKeyPair.NotFound")
def instance_key_pair_missing(aws: Cloud) -> None:
    instance(aws, KeyName=name("nobody"))


@mistake("ec2.RunInstances", "InvalidParameterValue", "16384")
def instance_user_data_too_long(aws: Cloud) -> None:
    instance(aws, UserData="#!/bin/bash\n" + "echo x\n" * 3000)


@mistake("ec2.CreateVolume", "InvalidParameterDependency|MissingParameter", "iops")
def volume_of_type_io2_without_iops(aws: Cloud) -> None:
    aws.ec2.create_volume(AvailabilityZone="us-east-1a", Size=100, VolumeType="io2")


@mistake("ec2.CreateVolume", "InvalidKmsKey.NotFound|InvalidParameterValue", "key|Key")
def volume_key_missing(aws: Cloud) -> None:
    key = aws.arn("kms", f"key/{NO_KEY}")
    aws.ec2.create_volume(AvailabilityZone="us-east-1a", Size=100, VolumeType="gp3", Encrypted=True, KmsKeyId=key)


@mistake("ec2.CreateLaunchTemplate", "InvalidLaunchTemplateName.AlreadyExistsException")
def launch_template_exists(aws: Cloud) -> None:
    template = name("lt")
    aws.ec2.create_launch_template(LaunchTemplateName=template, LaunchTemplateData={"InstanceType": "t3.micro"})
    aws.ec2.create_launch_template(LaunchTemplateName=template, LaunchTemplateData={"InstanceType": "t3.micro"})


@mistake("ec2.CreateLaunchTemplate", "InvalidLaunchTemplateName.MalformedException", "")
def launch_template_name_with_a_space(aws: Cloud) -> None:
    aws.ec2.create_launch_template(LaunchTemplateName="gpu nodes", LaunchTemplateData={"InstanceType": "t3.micro"})


@mistake("ec2.CreateLaunchTemplate", "InvalidUserData.Malformed", "base64")
def launch_template_user_data_in_plain_text(aws: Cloud) -> None:
    data = {"UserData": "#!/bin/bash\necho hello"}
    aws.ec2.create_launch_template(LaunchTemplateName=name("lt"), LaunchTemplateData=data)


@mistake("autoscaling.CreateAutoScalingGroup", "ValidationError|InvalidLaunchTemplateId.NotFound", "launch template")
def scaling_group_template_missing(aws: Cloud) -> None:
    aws.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name("group"),
        MinSize=0,
        MaxSize=1,
        LaunchTemplate={"LaunchTemplateId": "lt-0123456789abcdef0"},
        AvailabilityZones=["us-east-1a"],
    )


def scaling_group(aws: Cloud, **rest: Any) -> None:
    image = aws.ec2.register_image(Name=name("image"), Architecture="x86_64", RootDeviceName="/dev/xvda")["ImageId"]
    data = {"InstanceType": "t3.micro", "ImageId": image}
    made = aws.ec2.create_launch_template(LaunchTemplateName=name("lt"), LaunchTemplateData=data)
    template = {"LaunchTemplateId": made["LaunchTemplate"]["LaunchTemplateId"]}
    given = {"AutoScalingGroupName": name("group"), "MinSize": 0, "MaxSize": 1, "LaunchTemplate": template}
    aws.autoscaling.create_auto_scaling_group(**{**given, **rest})


@mistake("autoscaling.CreateAutoScalingGroup", "ValidationError", "subnet")
def scaling_group_subnet_missing(aws: Cloud) -> None:
    scaling_group(aws, VPCZoneIdentifier=NO_SUBNET)


@mistake("autoscaling.CreateAutoScalingGroup", "ValidationError", "[Mm]in")
def scaling_group_minimum_above_maximum(aws: Cloud) -> None:
    scaling_group(aws, MinSize=3, MaxSize=1, VPCZoneIdentifier=aws.home.subnets[0])


@mistake("autoscaling.CreateAutoScalingGroup", "ValidationError", "esired")
def scaling_group_desired_above_maximum(aws: Cloud) -> None:
    scaling_group(aws, DesiredCapacity=3, VPCZoneIdentifier=aws.home.subnets[0])


@mistake("autoscaling.CreateAutoScalingGroup", "ValidationError", "zone|Zone|subnet")
def scaling_group_nowhere(aws: Cloud) -> None:
    scaling_group(aws)


def compute_environment(aws: Cloud, **resources: Any) -> None:
    profile = name("profile")
    aws.iam.create_instance_profile(InstanceProfileName=profile)
    given = {
        "type": "EC2",
        "minvCpus": 0,
        "maxvCpus": 8,
        "instanceTypes": ["optimal"],
        "instanceRole": f"arn:aws:iam::{ACCOUNT}:instance-profile/{profile}",
        "subnets": aws.home.subnets,
        "securityGroupIds": [aws.home.group],
    }
    aws.batch.create_compute_environment(
        computeEnvironmentName=name("environment"),
        type="MANAGED",
        serviceRole=aws.role("batch.amazonaws.com"),
        computeResources={**given, **resources},
    )


@mistake("batch.CreateComputeEnvironment", "ClientException|InvalidParameterValueException", "subnet")
def batch_subnet_missing(aws: Cloud) -> None:
    compute_environment(aws, subnets=[NO_SUBNET])


@mistake("batch.CreateComputeEnvironment", "ClientException|InvalidParameterValueException", "g5.3xlarge")
def batch_instance_type_invented(aws: Cloud) -> None:
    compute_environment(aws, instanceTypes=["g5.3xlarge"])


@mistake("batch.CreateComputeEnvironment", "ClientException", "instanceRole|nstance profile|profile")
def batch_instance_profile_missing(aws: Cloud) -> None:
    compute_environment(aws, instanceRole=f"arn:aws:iam::{ACCOUNT}:instance-profile/nobody")


@mistake("batch.CreateComputeEnvironment", "ClientException", "vCpus|vcpus")
def batch_minimum_above_maximum(aws: Cloud) -> None:
    compute_environment(aws, minvCpus=16, maxvCpus=8)


@mistake("batch.CreateJobQueue", "ClientException", "")
def job_queue_without_environment(aws: Cloud) -> None:
    order = [{"order": 1, "computeEnvironment": name("nowhere")}]
    aws.batch.create_job_queue(jobQueueName=name("queue"), state="ENABLED", priority=1, computeEnvironmentOrder=order)


def machine(aws: Cloud, states: dict[str, Any], start: str | None = "First", **rest: Any) -> None:
    definition = {"States": states} | ({"StartAt": start} if start else {})
    given = {"name": name("machine"), "definition": json.dumps(definition), "roleArn": rest.pop("roleArn", None)}
    given["roleArn"] = given["roleArn"] or aws.role("states.amazonaws.com")
    aws.stepfunctions.create_state_machine(**{**given, **rest})


@mistake("stepfunctions.CreateStateMachine", "InvalidDefinition", "")
def workflow_is_not_json(aws: Cloud) -> None:
    machine(aws, {"First": {"Type": "Succeed"}}, definition="{")


@mistake("stepfunctions.CreateStateMachine", "InvalidDefinition", "StartAt")
def workflow_without_start(aws: Cloud) -> None:
    machine(aws, {"First": {"Type": "Succeed"}}, start=None)


@mistake("stepfunctions.CreateStateMachine", "InvalidDefinition", "Second")
def workflow_goes_nowhere(aws: Cloud) -> None:
    machine(aws, {"First": {"Type": "Pass", "Next": "Second"}})


@mistake("stepfunctions.CreateStateMachine", "InvalidDefinition", "Tasks")
def workflow_state_type_invented(aws: Cloud) -> None:
    machine(aws, {"First": {"Type": "Tasks", "End": True}})


@mistake("stepfunctions.CreateStateMachine", "InvalidDefinition", "End|Next")
def workflow_state_without_end(aws: Cloud) -> None:
    machine(aws, {"First": {"Type": "Pass"}})


@mistake("stepfunctions.CreateStateMachine", "InvalidDefinition", "Resource")
def workflow_task_without_resource(aws: Cloud) -> None:
    machine(aws, {"First": {"Type": "Task", "End": True}})


@mistake("stepfunctions.CreateStateMachine", "InvalidDefinition", "Second")
def workflow_state_unreachable(aws: Cloud) -> None:
    machine(aws, {"First": {"Type": "Succeed"}, "Second": {"Type": "Succeed"}})


@mistake("stepfunctions.CreateStateMachine", "AccessDeniedException|InvalidArn", "assume")
def workflow_role_for_another_service(aws: Cloud) -> None:
    machine(aws, {"First": {"Type": "Succeed"}}, roleArn=aws.role("lambda.amazonaws.com"))


@mistake("stepfunctions.CreateStateMachine", "InvalidLoggingConfiguration", "")
def workflow_log_group_missing(aws: Cloud) -> None:
    group = {"cloudWatchLogsLogGroup": {"logGroupArn": aws.arn("logs", "log-group:/nothing:*")}}
    logging = {"level": "ALL", "destinations": [group]}
    machine(aws, {"First": {"Type": "Succeed"}}, loggingConfiguration=logging)
