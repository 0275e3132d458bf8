# fmt: off
import pulumi
import pulumi_aws as aws

import mlinfra as ml

account = ml.Account(id=aws.get_caller_identity_output().account_id, region="eu-central-1")
ml.tag_everything({"owner": "ml-platform", "cost-center": "research", "environment": "dev"})
zones, secret = ["eu-central-1a", "eu-central-1b"], ml.Classification.CONFIDENTIAL

keys = ml.KeyRing("main", ml.KeyRingArgs(account=account))
data_key, logs_key = keys.arn(ml.KeyPurpose.DATA), keys.arn(ml.KeyPurpose.LOGS)
network = ml.Network("main", ml.NetworkArgs(account=account, cidr="10.0.0.0/16", zones=zones, logs_key_arn=logs_key))
access_logs = ml.AccessLogBucket("main", ml.AccessLogBucketArgs(account=account))
bucket = ml.DataBucket("runs", ml.DataBucketArgs(
    purpose=ml.BucketPurpose.DATASETS, classification=secret, key_arn=data_key,
    access_log_bucket=access_logs.bucket_name))
audit = ml.AuditTrail("main", ml.AuditTrailArgs(
    account=account, logs_key_arn=logs_key, access_log_bucket=access_logs.bucket_name,
    data_bucket_arns=[bucket.bucket_arn]))
ml.CostWatch("main", ml.CostWatchArgs(monthly_usd=100000, emails=["finops@example.com"]))
boundary = ml.PermissionsBoundary("main", ml.PermissionsBoundaryArgs(
    account=account, archive_bucket_arns=[audit.archive_bucket_arn])).policy_arn

cluster = ml.Cluster("main", ml.ClusterArgs(
    account=account, boundary_arn=boundary, vpc_id=network.vpc_id, zones=zones, subnet_ids=network.workload_subnet_ids,
    control_subnet_ids=network.control_subnet_ids, key_arn=keys.arn(ml.KeyPurpose.CLUSTER), logs_key_arn=logs_key,
    administrators=["arn:aws:iam::123456789012:role/deployer"]))
inside = pulumi.ResourceOptions(provider=cluster.kubernetes)
h100 = ml.GpuNodePool("h100", ml.GpuNodePoolArgs(
    cluster=cluster.reference, instance_types=["p5.48xlarge"], zones=zones[:1], nodes=2,
    capacity=ml.Capacity(reservation=ml.Reservation(reservation_id="cr-0123456789abcdef0")))).reference
ml.DeviceLayer("main", ml.DeviceLayerArgs(cluster=cluster.reference, pools=[h100]), inside)
store = ml.TrainingStore(
    classification=secret, key_arn=data_key, bucket=ml.BucketStore(bucket_arn=bucket.bucket_arn, prefix="runs/"))
training = ml.TrainingCluster("main", ml.TrainingClusterArgs(
    cluster=cluster.reference, boundary_arn=boundary, pools=[h100], stores={"runs": store},
    teams={"vision": ml.TrainingTeam(
        members={"data-scientist": ["vision"]}, shares={"h100": ml.PoolShare(accelerators=16)}, checkpoints="runs")},
    networks=["10.0.0.0/16"]), inside).reference
job = ml.PyTorchJob("finetune", ml.PyTorchJobArgs(
    training=training, team="vision", pool="h100", script="train.py", nodes=2, strategy=ml.Strategy.FSDP,
    image=f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/vision/train@sha256:{'0' * 64}",
    resources=ml.JobResources(cpu="180", memory="1900Gi", gpus=8), shm="64Gi", time_limit="2d"), inside)
pulumi.export("job", job.job_name)
