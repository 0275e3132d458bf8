"""The identity policies of people, by persona. Pure but for ids and ARNs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pulumi

from mlinfra.catalog.personas import Grant, jobs
from mlinfra.components.access import BucketAccess, PassRole
from mlinfra.components.access_policies import bucket_statements, passing
from mlinfra.components.account import Account
from mlinfra.components.documents import (
    Condition,
    Document,
    Effect,
    Statement,
    Text,
    absent,
    arn_like,
    equals,
)

KEY_USE: Final = ("kms:CreateGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")
OBJECT_USE: Final = ("s3:DeleteObject*", "s3:GetObject*", "s3:PutObject*", "s3:RestoreObject")


class Persona(StrEnum):
    """Who people are on the platform. Nobody needs to be two."""

    DATA_SCIENTIST = "data-scientist"
    """Explores data, trains and proposes models. Changes neither the platform nor what is in production."""
    ML_ENGINEER = "ml-engineer"
    """Approves and deploys models, builds images and pipelines."""
    PLATFORM_OPERATOR = "platform-operator"
    """Keeps machines, clusters and queues running. Reads no data."""
    AUDITOR = "auditor"
    """Reads every configuration and every record. Reads no data, changes nothing."""
    BREAK_GLASS = "break-glass"
    """Repairs what nobody else can, in an emergency. Every use raises an alarm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What personas reach beside what their job says."""

    account: Account
    boundary_arn: Text
    archive_bucket_arns: Sequence[Text]
    logs_key_arn: Text
    log_group_arn: Text
    science: Sequence[BucketAccess] = ()
    engineering: Sequence[BucketAccess] = ()
    workload_roles: Sequence[PassRole] = ()


def persona_policy(persona: Persona, reach: Reach) -> Document:
    """What the persona may do, beside its AWS managed policies."""
    statements = [_statement(grant, reach) for grant in jobs()[persona.value].grants]
    if persona is Persona.DATA_SCIENTIST:
        statements += [*bucket_statements(reach.science, reach.account), *_passing(reach, "sagemaker")]
    elif persona is Persona.ML_ENGINEER:
        statements += [*bucket_statements(reach.engineering, reach.account), *_passing(reach)]
    elif persona is Persona.AUDITOR:
        statements += _record(reach)
    return Document(statements)


def managed_policies(persona: Persona, account: Account) -> list[str]:
    """The ARNs of the AWS managed policies that the persona's role carries as well."""
    return [f"arn:{account.partition}:iam::aws:policy/{name}" for name in jobs()[persona.value].managed]


def _passing(reach: Reach, *services: str) -> Iterator[Statement]:
    return passing([role for role in reach.workload_roles if not services or role.service in services])


def _record(reach: Reach) -> Iterator[Statement]:
    """The auditor reads the archives and the trail's log group, and no other object under no other key."""
    everything = [pulumi.Output.concat(arn, end) for arn in reach.archive_bucket_arns for end in ("", "/*")]
    services = [f"{service}.{reach.account.region}.amazonaws.com" for service in ("s3", "logs")]
    if everything:
        actions = ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"]
        own = equals("aws:ResourceAccount", reach.account.id)
        yield Statement(sid="ReadArchives", actions=actions, resources=everything, conditions=[own])
    yield Statement(
        sid="ReadTrail",
        actions=["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery"],
        resources=[reach.log_group_arn, pulumi.Output.concat(reach.log_group_arn, ":log-stream:*")],
    )
    yield Statement(
        sid="ReadRecordsWithKey",
        actions=["kms:Decrypt"],
        resources=[reach.logs_key_arn],
        conditions=[equals("kms:ViaService", services)],
    )
    yield Statement(
        sid="DenyOtherObjects",
        effect=Effect.DENY,
        actions=OBJECT_USE,
        resources=() if everything else ["*"],
        except_resources=everything,
    )
    yield Statement(sid="DenyOtherKeys", effect=Effect.DENY, actions=KEY_USE, except_resources=[reach.logs_key_arn])


def _statement(grant: Grant, reach: Reach) -> Statement:
    conditions: list[Condition] = [absent(key) for key in grant.absent]
    conditions += [equals(key, value) for key, value in grant.equals.items()]
    if grant.bounded:
        conditions.append(arn_like("iam:PermissionsBoundary", reach.boundary_arn))
    return Statement(
        sid=grant.sid,
        effect=Effect.DENY if grant.deny else Effect.ALLOW,
        actions=grant.actions,
        resources=[_filled(resource, reach.account) for resource in grant.on],
        conditions=conditions,
    )


def _filled(template: str, account: Account) -> Text:
    if template == "*":
        return template
    known = template.replace("{partition}", account.partition).replace("{region}", account.region)
    before, _, after = known.partition("{account}")
    return pulumi.Output.concat(before, account.id, after)
