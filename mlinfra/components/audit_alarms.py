"""Who is told when something happens in the account that should not."""

import re
from collections.abc import Mapping, Sequence
from typing import Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator, model_validator

from mlinfra.catalog.cis_alarms import cis_alarms
from mlinfra.components import references
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.component import Component, together
from mlinfra.components.documents import (
    EVERYONE,
    Condition,
    Document,
    Effect,
    Operator,
    Principals,
    Statement,
    arn_like,
)
from mlinfra.components.log_alarms import log_alarm
from mlinfra.components.problems import Invalid

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def addresses(value: Sequence[str]) -> Sequence[str]:
    """Refuses what is no address, and whoever would be told twice."""
    for email in value:
        if not _EMAIL.fullmatch(email):
            raise Invalid(f"{email!r} is not an address", fix="give one such as security@example.com")
    if len(set(value)) < len(value):
        raise Invalid("an address stands there twice", fix="name everybody once")
    return value


class AuditAlarmsArgs(Args):
    """Arguments of `AuditAlarms`."""

    account: Account
    """The account that is watched."""
    log_group_name: pulumi.Input[str]
    """The name of the log group to which the trail of all regions is written, an `AuditTrail`'s."""
    logs_key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts the topic; its policy admits CloudWatch and EventBridge, as `KeyRing`'s does."""
    emails: Sequence[str] = ()
    """Who is told. Everybody has to confirm once, by a link that AWS sends. Required unless there is a topic already."""
    existing_topic_arn: Optional[pulumi.Input[str]] = None
    """The ARN of the organisation's topic for alarms, where there is one. Default: a topic is created."""

    _group = field_validator("log_group_name")(references.log_group_name)
    _key = field_validator("logs_key_arn")(references.key_arn)
    _topic = field_validator("existing_topic_arn")(references.topic_arn)

    _addresses = field_validator("emails")(addresses)

    @model_validator(mode="after")
    def _heard(self) -> "AuditAlarmsArgs":
        if self.existing_topic_arn is None and not self.emails:
            fix = "give an address at least, or existing_topic_arn"
            raise Invalid("nobody would hear the alarms", fix=fix, argument="emails")
        if self.existing_topic_arn is not None and self.emails:
            fix = "leave emails out, or existing_topic_arn"
            raise Invalid("the existing topic knows for itself whom to tell", fix=fix, argument="emails")
        return self


class AuditAlarms(Component[AuditAlarmsArgs]):
    """An alarm for each event that section 4 of the CIS AWS Foundations Benchmark names, to an encrypted topic.

    Fifteen metric filters watch the trail of all regions: the root user, sign-ins without a second factor, denials,
    and changes to policies, keys, buckets, the network and the audit itself.

        alarms = ml.AuditAlarms("audit-alarms", ml.AuditAlarmsArgs(
            account=account,
            log_group_name=audit.log_group_name,
            logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
            emails=["security@example.com"]))
    """

    topic_arn: pulumi.Output[str]
    """The topic's ARN, known once it takes alarms."""
    alarm_arns: pulumi.Output[Mapping[str, str]]
    """The alarms' ARNs by what they watch, such as root-use."""

    _args_type = AuditAlarmsArgs

    def __init__(self, name: str, args: AuditAlarmsArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args = self._args
        if args.existing_topic_arn is None:
            self.topic_arn = self._topic(f"{name}-alarms")
        else:
            self.topic_arn = pulumi.Output.from_input(args.existing_topic_arn)
        alarms = {
            watched.name: log_alarm(
                self,
                f"{name}-{watched.name}",
                pattern=watched.pattern,
                says=f"{watched.says} (CIS {watched.control})",
                log_group_name=args.log_group_name,
                topic_arn=self.topic_arn,
                threshold=watched.threshold,
            )
            for watched in cis_alarms().values()
        }
        self.alarm_arns = together({watched: alarm.arn for watched, alarm in alarms.items()})
        self.finish()

    def _topic(self, name: str) -> pulumi.Output[str]:
        args = self._args
        topic = aws.sns.Topic(name, kms_master_key_id=args.logs_key_arn, opts=self.child())
        policy = aws.sns.TopicPolicy(
            name, arn=topic.arn, policy=topic_policy(args.account, topic.arn).json(), opts=self.child()
        )
        for number, email in enumerate(args.emails):
            aws.sns.TopicSubscription(
                f"{name}-{number}", topic=topic.arn, protocol="email", endpoint=email, opts=self.child()
            )
        return pulumi.Output.all(topic.arn, policy.id).apply(lambda known: str(known[0]))


def topic_policy(account: Account, topic_arn: pulumi.Output[str]) -> Document:
    """CloudWatch's alarms and EventBridge's rules of this account publish; nobody publishes in plaintext."""
    admitted = [
        Statement(
            sid=sid,
            principals=Principals.services(service),
            actions=["sns:Publish"],
            resources=[topic_arn],
            conditions=[arn_like("aws:SourceArn", source)],
        )
        for sid, service, source in (
            ("Alarms", "cloudwatch.amazonaws.com", account.arn("cloudwatch", "alarm:*")),
            ("Events", "events.amazonaws.com", account.arn("events", "rule/*")),
        )
    ]
    plaintext = Statement(
        sid="DenyPlaintext",
        effect=Effect.DENY,
        principals=EVERYONE,
        actions=["sns:Publish"],
        resources=[topic_arn],
        conditions=[Condition(Operator.BOOL, "aws:SecureTransport", "false")],
    )
    return Document([*admitted, plaintext])
