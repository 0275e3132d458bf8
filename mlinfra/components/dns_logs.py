"""A VPC's DNS query logs: every name that something in it asked for, in an encrypted log group."""

from typing import Any

import pulumi_aws as aws

from mlinfra.components.account import Account
from mlinfra.components.component import Component
from mlinfra.components.documents import Document, Principals, Statement, Text, arn_like, equals

DELIVERY = "delivery.logs.amazonaws.com"


def dns_logs(
    parent: Component[Any], name: str, *, vpc_id: Text, account: Account, key_arn: Text, retention_days: int
) -> aws.cloudwatch.LogGroup:
    """Logs the VPC's queries to Route 53 Resolver; returns the log group.

    The log group's policy is declared, since AWS adds one of its own accord only for deployers who may write it
    (CloudWatch Logs user guide, "Enable logging from AWS services").
    """
    role = f"{name}-dns-logs"
    group = aws.cloudwatch.LogGroup(role, kms_key_id=key_arn, retention_in_days=retention_days, opts=parent.child())
    deliver = Statement(
        sid="DeliverQueryLogs",
        principals=Principals.services(DELIVERY),
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[group.arn.apply(lambda arn: f"{arn}:log-stream:*")],
        conditions=[equals("aws:SourceAccount", account.id), arn_like("aws:SourceArn", account.arn("logs", "*"))],
    )
    admitted = aws.cloudwatch.LogResourcePolicy(
        role,
        policy_name=parent.qualified_name(role),
        policy_document=Document([deliver]).json(),
        opts=parent.child(),
    )
    config = aws.route53.ResolverQueryLogConfig(
        role, destination_arn=group.arn, tags={"Name": role}, opts=parent.child(depends_on=[admitted])
    )
    aws.route53.ResolverQueryLogConfigAssociation(
        role, resolver_query_log_config_id=config.id, resource_id=vpc_id, opts=parent.child()
    )
    return group
