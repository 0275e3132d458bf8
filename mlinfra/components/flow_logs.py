"""A VPC's flow logs: every packet's header to an encrypted log group, through a role of its own."""

from typing import Any

import pulumi_aws as aws

from mlinfra.components.account import Account
from mlinfra.components.component import Component
from mlinfra.components.documents import Document, Statement, Text, arn_like, equals, trust

AGGREGATION_SECONDS = 60  # the finest that AWS offers


def flow_logs(
    parent: Component[Any], name: str, *, vpc_id: Text, account: Account, key_arn: Text, retention_days: int
) -> aws.cloudwatch.LogGroup:
    """Logs accepted and rejected traffic of the VPC; returns the log group."""
    group = aws.cloudwatch.LogGroup(
        f"{name}-flow-logs", kms_key_id=key_arn, retention_in_days=retention_days, opts=parent.child()
    )
    assume = trust(
        "vpc-flow-logs.amazonaws.com",
        equals("aws:SourceAccount", account.id),
        arn_like("aws:SourceArn", account.arn("ec2", "vpc-flow-log/*")),
    )
    role = aws.iam.Role(
        f"{name}-flow-logs",
        description=f"{name}: VPC flow logs write to CloudWatch Logs",
        assume_role_policy=assume.json(),
        opts=parent.child(),
    )
    write = Statement(
        sid="Write",
        actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        resources=[group.arn, group.arn.apply(lambda arn: f"{arn}:*")],
    )
    find = Statement(sid="Find", actions=["logs:DescribeLogGroups"], resources=[account.arn("logs", "log-group:*")])
    policy = aws.iam.RolePolicy(
        f"{name}-flow-logs", role=role.name, policy=Document([write, find]).json(), opts=parent.child()
    )
    aws.ec2.FlowLog(
        f"{name}-flow-logs",
        vpc_id=vpc_id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        max_aggregation_interval=AGGREGATION_SECONDS,
        opts=parent.child(depends_on=[policy]),
    )
    return group
