"""Thirty resources of AWS, many of which depend on others; some become real only after several calls.

They are declared without pulumi_aws: importing it takes longer than deploying them, and this is deployed dozens of times.
The environment's EDITION, 1 or 2, tells which of two editions is declared: between them things are updated and replaced, of
which some must go before their replacement comes.
"""

import os
from typing import Any

import pulumi

EDITION = os.environ["EDITION"]
TAGS = {"Project": "foundation", "Edition": EDITION}
TRUST = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}


def aws(kind: str, name: str, /, **inputs: Any) -> pulumi.CustomResource:
    return pulumi.CustomResource(f"aws:{kind}", name, inputs)


def document(statement: dict[str, Any]) -> pulumi.Output[str]:
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]})


key = aws("kms/key:Key", "key", enableKeyRotation=True, deletionWindowInDays=7, tags=TAGS)
aws("kms/alias:Alias", "key", name=f"alias/foundation-{EDITION}", targetKeyId=key.id)

vpc = aws("ec2/vpc:Vpc", "vpc", cidrBlock="10.0.0.0/16", enableDnsHostnames=True, tags=TAGS)
gateway = aws("ec2/internetGateway:InternetGateway", "gateway", vpcId=vpc.id, tags=TAGS)
routes = aws("ec2/routeTable:RouteTable", "routes", vpcId=vpc.id, tags=TAGS)
aws("ec2/route:Route", "out", routeTableId=routes.id, destinationCidrBlock="0.0.0.0/0", gatewayId=gateway.id)
for zone, number in (("a", 0), ("b", 1), ("c", 10 + int(EDITION))):
    subnet = aws(
        "ec2/subnet:Subnet",
        f"subnet-{zone}",
        vpcId=vpc.id,
        cidrBlock=f"10.0.{number}.0/24",
        availabilityZone=f"us-east-1{zone}",
        tags=TAGS,
    )
    aws(
        "ec2/routeTableAssociation:RouteTableAssociation",
        f"subnet-{zone}",
        subnetId=subnet.id,
        routeTableId=routes.id,
    )
group = aws("ec2/securityGroup:SecurityGroup", "group", vpcId=vpc.id, description=f"Members {EDITION}", tags=TAGS)
aws(
    "vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "group",
    securityGroupId=group.id,
    referencedSecurityGroupId=group.id,
    ipProtocol="-1",
)

for purpose in ("datasets", "models"):
    bucket = aws("s3/bucket:Bucket", purpose, forceDestroy=True, tags=TAGS)
    aws(
        "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        purpose,
        bucket=bucket.id,
        blockPublicAcls=True,
        blockPublicPolicy=True,
        ignorePublicAcls=True,
        restrictPublicBuckets=True,
    )
    aws(
        "s3/bucketVersioning:BucketVersioning",
        purpose,
        bucket=bucket.id,
        versioningConfiguration={"status": "Enabled"},
    )

for name in ("jobs", "access"):
    aws("cloudwatch/logGroup:LogGroup", name, name=f"/foundation/{name}", retentionInDays=30 * int(EDITION), tags=TAGS)
role = aws("iam/role:Role", "role", assumeRolePolicy=document(TRUST), tags=TAGS)
use = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": pulumi.Output.concat("arn:aws:kms:*:*:key/", key.id)}
aws("iam/rolePolicy:RolePolicy", "role", role=role.id, policy=document(use))
aws("iam/instanceProfile:InstanceProfile", "role", name="foundation", path=f"/{EDITION}/", role=role.id, tags=TAGS)
aws("sqs/queue:Queue", "events", sqsManagedSseEnabled=True, tags=TAGS)
aws("sns/topic:Topic", "alerts", tags=TAGS)
