"""A bucket with training data, opened so that a partner can read it."""

import pulumi
import pulumi_aws as aws

data = aws.s3.Bucket("training-data", force_destroy=True)
access = aws.s3.BucketPublicAccessBlock(
    "training-data",
    bucket=data.id,
    block_public_acls=False,
    block_public_policy=False,
    ignore_public_acls=False,
    restrict_public_buckets=False,
)
policy = aws.s3.BucketPolicy(
    "training-data",
    bucket=data.id,
    policy=pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "PartnerRead",
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": ["s3:GetObject", "s3:ListBucket"],
                    "Resource": [data.arn, pulumi.Output.concat(data.arn, "/*")],
                }
            ],
        }
    ),
    opts=pulumi.ResourceOptions(depends_on=[access]),
)
pulumi.export("bucket", data.bucket)
