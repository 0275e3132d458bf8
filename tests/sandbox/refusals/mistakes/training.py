"""What training and serving need: Batch, SageMaker's jobs and endpoints, EMR Serverless, Lustre, entries and add-ons of EKS."""

from __future__ import annotations

from typing import Any

from tests.sandbox.refusals.catalogue import mistake
from tests.sandbox.refusals.cloud import ACCOUNT, Cloud, name
from tests.sandbox.refusals.mistakes.clusters import made as cluster
from tests.sandbox.refusals.mistakes.compute import nodes

CLIENT = "ClientException"
INVALID = "ValidationException"
EKS = "InvalidParameterException"
IMAGE = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/train:1"


def environment(aws: Cloud, type_: str = "MANAGED", **resources: Any) -> str:
    title = name("environment")
    given = {"maxvCpus": 16, "subnets": aws.home.subnets, "securityGroupIds": [aws.home.group], **resources}
    aws.batch.create_compute_environment(
        computeEnvironmentName=title,
        type=type_,
        serviceRole=aws.role("batch.amazonaws.com"),
        **({"computeResources": given} if resources else {}),
    )
    return title


def fargate(aws: Cloud) -> str:
    return environment(aws, type="FARGATE")


def queue(aws: Cloud, *environments: str) -> str:
    title = name("queue")
    order = [{"order": number, "computeEnvironment": one} for number, one in enumerate(environments)]
    aws.batch.create_job_queue(jobQueueName=title, priority=1, state="ENABLED", computeEnvironmentOrder=order)
    return title


def definition(aws: Cloud, *, gpus: str = "", platform: str = "EC2", **container: Any) -> None:
    needs = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}]
    needs += [{"type": "GPU", "value": gpus}] if gpus else []
    aws.batch.register_job_definition(
        jobDefinitionName=name("job"),
        type="container",
        platformCapabilities=[platform],
        containerProperties={"image": IMAGE, "resourceRequirements": needs, **container},
    )


@mistake("batch.CreateComputeEnvironment", CLIENT, "computeResources")
def managed_environment_of_nothing(aws: Cloud) -> None:
    environment(aws)


@mistake("batch.CreateComputeEnvironment", CLIENT, "instanceTypes")
def fargate_environment_with_instance_types(aws: Cloud) -> None:
    environment(aws, type="FARGATE", instanceTypes=["g6.xlarge"])


@mistake("batch.CreateComputeEnvironment", CLIENT, "instanceRole")
def environment_without_a_role_for_its_instances(aws: Cloud) -> None:
    environment(aws, type="EC2", minvCpus=0, instanceTypes=["g6.xlarge"])


@mistake("batch.CreateComputeEnvironment", CLIENT, "spotIamFleetRole")
def spot_environment_of_the_cheapest_without_a_fleet_role(aws: Cloud) -> None:
    environment(
        aws, type="SPOT", minvCpus=0, instanceTypes=["g6.xlarge"], instanceRole="ecs", allocationStrategy="BEST_FIT"
    )


@mistake("batch.DeleteComputeEnvironment", CLIENT, "JobQueue|job queue")
def environment_deleted_under_its_queue(aws: Cloud) -> None:
    title = fargate(aws)
    queue(aws, title)
    aws.batch.update_compute_environment(computeEnvironment=title, state="DISABLED")
    aws.batch.delete_compute_environment(computeEnvironment=title)


@mistake("batch.DeleteComputeEnvironment", CLIENT, "disabled")
def environment_deleted_while_it_is_enabled(aws: Cloud) -> None:
    aws.batch.delete_compute_environment(computeEnvironment=fargate(aws))


@mistake("batch.DeleteJobQueue", CLIENT, "disabled")
def queue_deleted_while_it_is_enabled(aws: Cloud) -> None:
    aws.batch.delete_job_queue(jobQueue=queue(aws, fargate(aws)))


@mistake("batch.RegisterJobDefinition", CLIENT, "nodeProperties")
def job_of_several_nodes_without_nodes(aws: Cloud) -> None:
    aws.batch.register_job_definition(jobDefinitionName=name("job"), type="multinode")


@mistake("batch.RegisterJobDefinition", CLIENT, "GPU")
def job_of_fargate_with_gpus(aws: Cloud) -> None:
    definition(aws, platform="FARGATE", gpus="1", executionRoleArn=aws.role("ecs-tasks.amazonaws.com"))


@mistake("batch.RegisterJobDefinition", CLIENT, "executionRoleArn")
def job_of_fargate_without_a_role_to_start(aws: Cloud) -> None:
    definition(aws, platform="FARGATE")


@mistake("batch.RegisterJobDefinition", CLIENT, "privileged")
def job_of_fargate_that_is_privileged(aws: Cloud) -> None:
    definition(aws, platform="FARGATE", privileged=True, executionRoleArn=aws.role("ecs-tasks.amazonaws.com"))


def train(aws: Cloud, **rest: Any) -> None:
    stop = {"MaxRuntimeInSeconds": 3600, **rest.pop("stop", {})}
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 50, **rest.pop("resources", {})}
    algorithm = {"TrainingImage": IMAGE, "TrainingInputMode": "File", **rest.pop("algorithm", {})}
    aws.sagemaker.create_training_job(
        TrainingJobName=name("job"),
        RoleArn=aws.role("sagemaker.amazonaws.com"),
        AlgorithmSpecification=algorithm,
        OutputDataConfig={"S3OutputPath": "s3://models/"},
        ResourceConfig=resources,
        StoppingCondition=stop,
        **rest,
    )


@mistake("sagemaker.CreateTrainingJob", INVALID, "MaxWaitTimeInSeconds")
def spot_training_that_waits_for_ever(aws: Cloud) -> None:
    train(aws, EnableManagedSpotTraining=True)


@mistake("sagemaker.CreateTrainingJob", INVALID, "MaxWaitTimeInSeconds")
def spot_training_that_waits_less_than_it_runs(aws: Cloud) -> None:
    train(aws, EnableManagedSpotTraining=True, stop={"MaxWaitTimeInSeconds": 60})


@mistake("sagemaker.CreateTrainingJob", INVALID, "AlgorithmName")
def training_by_image_and_algorithm(aws: Cloud) -> None:
    train(aws, algorithm={"AlgorithmName": "mine"})


@mistake("sagemaker.CreateTrainingJob", INVALID, "VolumeKmsKeyId")
def training_volume_key_where_disks_are_local(aws: Cloud) -> None:
    train(aws, resources={"InstanceType": "ml.g5.xlarge", "VolumeKmsKeyId": aws.key()})


@mistake("sagemaker.CreateTrainingJob", INVALID, "ml.p5.3xlarge")
def training_instance_type_invented(aws: Cloud) -> None:
    train(aws, resources={"InstanceType": "ml.p5.3xlarge"})


def endpoint(aws: Cloud, *variants: dict[str, Any]) -> None:
    model = name("model")
    role = aws.role("sagemaker.amazonaws.com")
    aws.sagemaker.create_model(ModelName=model, ExecutionRoleArn=role, PrimaryContainer={"Image": IMAGE})
    given = [{"VariantName": "a", "ModelName": model, **one} for one in variants]
    aws.sagemaker.create_endpoint_config(EndpointConfigName=name("config"), ProductionVariants=given)


MACHINE = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}


@mistake("sagemaker.CreateEndpointConfig", INVALID, "ServerlessConfig")
def serverless_variant_with_an_instance_type(aws: Cloud) -> None:
    endpoint(aws, {**MACHINE, "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}})


@mistake("sagemaker.CreateEndpointConfig", INVALID, "MemorySizeInMB")
def serverless_memory_between_the_sizes(aws: Cloud) -> None:
    endpoint(aws, {"ServerlessConfig": {"MemorySizeInMB": 1500, "MaxConcurrency": 5}})


@mistake("sagemaker.CreateEndpointConfig", INVALID, "unique")
def two_variants_of_one_name(aws: Cloud) -> None:
    endpoint(aws, MACHINE, MACHINE)


@mistake("sagemaker.CreateModel", INVALID, "PrimaryContainer")
def model_of_one_and_of_many_containers(aws: Cloud) -> None:
    role = aws.role("sagemaker.amazonaws.com")
    container = {"Image": IMAGE}
    aws.sagemaker.create_model(
        ModelName=name("model"), ExecutionRoleArn=role, PrimaryContainer=container, Containers=[container]
    )


def application(aws: Cloud, **rest: Any) -> str:
    made = aws.emr_serverless.create_application(
        **{"name": name("spark"), "releaseLabel": "emr-7.9.0", "type": "SPARK", **rest}
    )
    return str(made["applicationId"])


@mistake("emr-serverless.CreateApplication", INVALID, "elease")
def spark_release_without_its_prefix(aws: Cloud) -> None:
    application(aws, releaseLabel="7.9.0")


@mistake("emr-serverless.CreateApplication", INVALID, "subnet")
def spark_subnet_missing(aws: Cloud) -> None:
    application(aws, networkConfiguration={"subnetIds": ["subnet-0123456789abcdef0"]})


@mistake("emr-serverless.DeleteApplication", INVALID, "")
def spark_application_deleted_while_it_runs(aws: Cloud) -> None:
    made = application(aws)
    aws.emr_serverless.start_application(applicationId=made)
    aws.emr_serverless.delete_application(applicationId=made)


def lustre(aws: Cloud, kind: str, **rest: Any) -> str:
    settings = {"DeploymentType": kind, **rest.pop("settings", {})}
    made = aws.fsx.create_file_system(
        FileSystemType="LUSTRE",
        StorageCapacity=rest.pop("size", 1200),
        SubnetIds=aws.home.subnets[:1],
        LustreConfiguration=settings,
        **rest,
    )
    return str(made["FileSystem"]["FileSystemId"])


@mistake("fsx.CreateFileSystem", "BadRequest", "PerUnitStorageThroughput")
def persistent_lustre_without_throughput(aws: Cloud) -> None:
    lustre(aws, "PERSISTENT_2")


@mistake("fsx.CreateFileSystem", "BadRequest", "HDD")
def newest_lustre_on_spinning_disks(aws: Cloud) -> None:
    lustre(aws, "PERSISTENT_2", size=6000, StorageType="HDD", settings={"PerUnitStorageThroughput": 12})


@mistake("fsx.CreateFileSystem", "BadRequest", "ackup")
def scratch_lustre_with_backups(aws: Cloud) -> None:
    lustre(aws, "SCRATCH_2", settings={"AutomaticBackupRetentionDays": 7})


@mistake("fsx.CreateFileSystem", "BadRequest", "EFA|Efa")
def lustre_with_efa_and_no_metadata_of_its_own(aws: Cloud) -> None:
    lustre(aws, "PERSISTENT_2", settings={"PerUnitStorageThroughput": 250, "EfaEnabled": True})


@mistake("eks.CreateAccessEntry", EKS, "kubernetesGroups")
def entry_of_nodes_with_groups(aws: Cloud) -> None:
    aws.eks.create_access_entry(
        clusterName=cluster(aws), principalArn=aws.role("ec2.amazonaws.com"), type="EC2_LINUX", kubernetesGroups=["dev"]
    )


@mistake("eks.CreatePodIdentityAssociation", EKS, "pods.eks.amazonaws.com")
def pod_role_that_trusts_nodes(aws: Cloud) -> None:
    role = aws.role("ec2.amazonaws.com")
    aws.eks.create_pod_identity_association(
        clusterName=cluster(aws), namespace="team", serviceAccount="train", roleArn=role
    )


@mistake("eks.CreatePodIdentityAssociation", "ResourceInUseException", "")
def two_roles_of_one_service_account(aws: Cloud) -> None:
    title = cluster(aws)
    for _ in range(2):
        aws.eks.create_pod_identity_association(
            clusterName=title,
            namespace="team",
            serviceAccount="train",
            roleArn=aws.role("pods.eks.amazonaws.com"),
        )


@mistake("eks.CreateNodegroup", EKS, "maxUnavailable")
def node_update_counted_and_shared(aws: Cloud) -> None:
    nodes(aws, clusterName=cluster(aws), updateConfig={"maxUnavailable": 1, "maxUnavailablePercentage": 10})


@mistake("rds.DeleteDBInstance", "InvalidParameterCombination", "FinalDBSnapshotIdentifier")
def database_deleted_without_a_word_on_its_snapshot(aws: Cloud) -> None:
    title = name("database")
    aws.rds.create_db_instance(
        DBInstanceIdentifier=title,
        DBInstanceClass="db.t4g.medium",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="platform",
        MasterUserPassword="a-long-password",
    )
    aws.rds.delete_db_instance(DBInstanceIdentifier=title)


@mistake("codepipeline.CreatePipeline", "InvalidStructureException", "AssumeRole")
def pipeline_role_for_another_service(aws: Cloud) -> None:
    action = {"name": "a", "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "S3", "version": "1"}}
    stages = [{"name": stage, "actions": [action]} for stage in ("One", "Two")]
    role, store = aws.role("ec2.amazonaws.com"), {"type": "S3", "location": aws.bucket()}
    aws.codepipeline.create_pipeline(
        pipeline={"name": name("pipeline"), "roleArn": role, "artifactStore": store, "stages": stages, "version": 1}
    )
