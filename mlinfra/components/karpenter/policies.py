"""What Karpenter may do in AWS: make, tag and end what carries the name of its cluster. Pure but for ids and ARNs.

Source: "CloudFormation" in Karpenter's reference (https://karpenter.sh/docs/reference/cloudformation/), of which prices are
left out, and instance profiles made by the cluster: neither service has an endpoint inside a VPC. Karpenter tags everything
that it makes with its cluster's name.
"""

from collections.abc import Sequence
from typing import Final

from mlinfra.components.account import Account
from mlinfra.components.documents import (
    EVERYONE,
    Condition,
    Document,
    Effect,
    Operator,
    Principals,
    Statement,
    Text,
    arn_like,
    equals,
    like,
)

CLUSTER_TAG: Final = "eks:eks-cluster-name"
POOL_TAG: Final = "karpenter.sh/nodepool"
_LAUNCH: Final = ("ec2:CreateFleet", "ec2:RunInstances")
_MADE: Final = ("fleet", "instance", "launch-template", "network-interface", "spot-instances-request", "volume")
_USED: Final = ("capacity-reservation", "placement-group", "security-group", "subnet")
_SEEN: Final = (
    *("CapacityReservations", "Images", "InstanceStatus", "InstanceTypeOfferings", "InstanceTypes", "Instances"),
    *("LaunchTemplates", "PlacementGroups", "SecurityGroups", "SpotPriceHistory", "Subnets"),
)
_QUEUE_USE: Final = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage")


def controller_policy(
    account: Account,
    *,
    cluster_name: Text,
    cluster_arn: Text,
    node_role_arn: Text,
    volume_key_arn: Text,
    queue_arn: Text,
    queue_key_arn: Text,
) -> Document:
    """The identity policy of Karpenter's role."""
    asked = [equals(f"aws:RequestTag/{CLUSTER_TAG}", cluster_name), like(f"aws:RequestTag/{POOL_TAG}", "*")]
    owned = [equals(f"aws:ResourceTag/{CLUSTER_TAG}", cluster_name), like(f"aws:ResourceTag/{POOL_TAG}", "*")]

    def ec2(*kinds: str) -> Sequence[Text]:
        return [account.arn("ec2", f"{kind}/*") for kind in kinds]

    public = [f"arn:{account.partition}:ec2:{account.region}::{kind}/*" for kind in ("image", "snapshot")]
    return Document(
        [
            Statement(sid="Use", actions=_LAUNCH, resources=[*public, *ec2(*_USED)]),
            Statement(sid="UseTemplates", actions=_LAUNCH, resources=ec2("launch-template"), conditions=owned),
            Statement(
                sid="Make", actions=[*_LAUNCH, "ec2:CreateLaunchTemplate"], resources=ec2(*_MADE), conditions=asked
            ),
            Statement(
                sid="TagWhatIsMade",
                actions=["ec2:CreateTags"],
                resources=ec2(*_MADE),
                conditions=[
                    *asked,
                    equals("ec2:CreateAction", ["CreateFleet", "CreateLaunchTemplate", "RunInstances"]),
                ],
            ),
            Statement(
                sid="TagNodes",
                actions=["ec2:CreateTags"],
                resources=ec2("instance"),
                conditions=[
                    *owned,
                    Condition(
                        Operator.ALL_STRING_EQUALS, "aws:TagKeys", [CLUSTER_TAG, "karpenter.sh/nodeclaim", "Name"]
                    ),
                ],
            ),
            Statement(
                sid="End",
                actions=["ec2:DeleteLaunchTemplate", "ec2:TerminateInstances"],
                resources=ec2("instance", "launch-template"),
                conditions=owned,
            ),
            Statement(
                sid="See",
                actions=[f"ec2:Describe{what}" for what in _SEEN],
                resources=["*"],
                conditions=[equals("aws:RequestedRegion", account.region)],
            ),
            Statement(
                sid="SeeImages",
                actions=["ssm:GetParameter"],
                resources=[f"arn:{account.partition}:ssm:{account.region}::parameter/aws/service/*"],
            ),
            Statement(sid="SeeCluster", actions=["eks:DescribeCluster"], resources=[cluster_arn]),
            Statement(
                sid="GiveNodesTheirRole",
                actions=["iam:PassRole"],
                resources=[node_role_arn],
                conditions=[equals("iam:PassedToService", "ec2.amazonaws.com")],
            ),
            Statement(
                sid="SeeProfile",
                actions=["iam:GetInstanceProfile"],
                resources=[account.arn("iam", "instance-profile/*", region="")],
            ),
            Statement(sid="SeeProfiles", actions=["iam:ListInstanceProfiles"], resources=["*"]),
            *_keys(account, volume_key_arn),
            Statement(sid="Hear", actions=_QUEUE_USE, resources=[queue_arn]),
            Statement(
                sid="ReadNotices",
                actions=["kms:Decrypt"],
                resources=[queue_key_arn],
                conditions=[equals("kms:ViaService", f"sqs.{account.region}.amazonaws.com")],
            ),
        ]
    )


def _keys(account: Account, volume_key_arn: Text) -> Sequence[Statement]:
    """The key of the nodes' volumes, through EC2 alone.

    Source: "Required AWS KMS key policy" in the EBS user guide.
    """
    through = equals("kms:ViaService", f"ec2.{account.region}.amazonaws.com")
    for_aws = Condition(Operator.BOOL, "kms:GrantIsForAWSResource", "true")
    use = [
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    ]
    return [
        Statement(sid="EncryptVolumes", actions=use, resources=[volume_key_arn], conditions=[through]),
        Statement(
            sid="GrantToVolumes", actions=["kms:CreateGrant"], resources=[volume_key_arn], conditions=[through, for_aws]
        ),
    ]


def queue_policy(account: Account, queue_arn: Text) -> Document:
    """Rules of this account may send to the queue, and all may use it over TLS alone."""
    return Document(
        [
            Statement(
                sid="Notices",
                principals=Principals.services("events.amazonaws.com"),
                actions=["sqs:SendMessage"],
                resources=[queue_arn],
                conditions=[arn_like("aws:SourceArn", account.arn("events", "rule/*"))],
            ),
            tls_only(queue_arn),
        ]
    )


def tls_only(queue_arn: Text) -> Statement:
    """Denies every request without TLS."""
    return Statement(
        sid="TlsOnly",
        effect=Effect.DENY,
        principals=EVERYONE,
        actions=["sqs:*"],
        resources=[queue_arn],
        conditions=[Condition(Operator.BOOL, "aws:SecureTransport", "false")],
    )
