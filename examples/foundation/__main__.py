import pulumi
import pulumi_aws as aws

import mlinfra as ml

account = ml.Account(id=aws.get_caller_identity_output().account_id, region="eu-central-1")
ml.tag_everything({"owner": "ml-platform", "cost-center": "research"})

keys = ml.KeyRing("main", ml.KeyRingArgs(account=account))

network = ml.Network(
    "main",
    ml.NetworkArgs(
        account=account,
        cidr="10.0.0.0/16",
        zones=["eu-central-1a", "eu-central-1b"],
        logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
    ),
)
access_logs = ml.AccessLogBucket("main", ml.AccessLogBucketArgs(account=account))
datasets = ml.DataBucket(
    "datasets",
    ml.DataBucketArgs(
        purpose=ml.BucketPurpose.DATASETS,
        classification=ml.Classification.CONFIDENTIAL,
        key_arn=keys.arn(ml.KeyPurpose.DATA),
        access_log_bucket=access_logs.bucket_name,
    ),
)
audit = ml.AuditTrail(
    "main",
    ml.AuditTrailArgs(
        account=account,
        logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
        access_log_bucket=access_logs.bucket_name,
        data_bucket_arns=[datasets.bucket_arn],
    ),
)
pulumi.export("vpcId", network.vpc_id)
pulumi.export("bucket", datasets.bucket_name)
pulumi.export("trail", audit.trail_arn)
