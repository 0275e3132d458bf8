"""The permissions boundary of every role: what may be done on the platform at all."""

from collections.abc import Sequence
from typing import Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator

from mlinfra.catalog.guardrails import guardrails
from mlinfra.components import references
from mlinfra.components.account import Account, known_region
from mlinfra.components.args import Args
from mlinfra.components.component import Component
from mlinfra.components.documents import Condition, Document, Effect, Operator, Statement, Text, differs
from mlinfra.components.problems import Invalid


class PermissionsBoundaryArgs(Args):
    """Arguments of `PermissionsBoundary`."""

    account: Account
    """The account whose roles are bounded."""
    regions: Sequence[str] = ()
    """Other regions in which the roles may act beside the account's. Default: none."""
    archive_bucket_arns: Sequence[pulumi.Input[str]] = ()
    """Buckets that hold records, such as the audit trail's archive: roles may read them at most. Default: none."""

    _archives = field_validator("archive_bucket_arns")(references.each(references.bucket_arn))

    @field_validator("regions")
    @classmethod
    def _known(cls, value: Sequence[str]) -> Sequence[str]:
        if len(set(value)) < len(value):
            raise Invalid("a region stands there twice", fix="name every region once")
        return [known_region(region) for region in value]


class PermissionsBoundary(Component[PermissionsBoundaryArgs]):
    """What no role of the platform may do, whatever its own policies allow.

    A role under it acts in the regions given alone, writes objects to buckets of its own account alone, and touches
    neither audit nor detection, nor key policies, nor what keeps data private, nor roles and policies. The boundary
    allows nothing by itself: a role can do what its policies and the boundary both allow.

        boundary = ml.PermissionsBoundary("platform", ml.PermissionsBoundaryArgs(
            account=account, archive_bucket_arns=[audit.archive_bucket_arn]))
    """

    policy_arn: pulumi.Output[str]
    """The boundary's ARN: every role's `boundary_arn`."""
    emergency_policy_arn: pulumi.Output[str]
    """The ARN of the break-glass role's boundary: the same, but bounded roles can be repaired under it."""

    _args_type = PermissionsBoundaryArgs

    def __init__(self, name: str, args: PermissionsBoundaryArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        self.policy_arn = self._policy(f"{name}-boundary", "everyday")
        self.emergency_policy_arn = self._policy(f"{name}-emergency", "emergency")
        self.finish()

    def _policy(self, name: str, role: str) -> pulumi.Output[str]:
        args = self._args
        document = boundary(args.account, [args.account.region, *args.regions], args.archive_bucket_arns, role=role)
        return aws.iam.Policy(
            name, description=f"{name}: what roles may do at most", policy=document.json(), opts=self.child()
        ).arn


def boundary(
    account: Account, regions: Sequence[str], archive_bucket_arns: Sequence[Text] = (), *, role: str = "everyday"
) -> Document:
    """The boundary of everyday roles, or of the emergency role."""
    rails = guardrails()
    guards = [
        Statement(sid=guard.sid, effect=Effect.DENY, actions=guard.actions, resources=["*"])
        for guard in rails.guards
        if role in guard.binds
    ]
    return Document(
        [
            Statement(sid="Within", actions=[f"{service}:*" for service in rails.within], resources=["*"]),
            Statement(
                sid="KeepToRegions",
                effect=Effect.DENY,
                except_actions=rails.everywhere,
                resources=["*"],
                conditions=[differs("aws:RequestedRegion", sorted(set(regions)))],
            ),
            Statement(
                sid="KeepDataInAccount",
                effect=Effect.DENY,
                actions=["s3:PutObject", "s3:ReplicateObject"],
                resources=["*"],
                conditions=[differs("aws:ResourceAccount", account.id)],
            ),
            Statement(
                sid="GrantKeysToServicesOnly",
                effect=Effect.DENY,
                actions=["kms:CreateGrant"],
                resources=["*"],
                conditions=[Condition(Operator.BOOL_IF_EXISTS, "kms:GrantIsForAWSResource", "false")],
            ),
            *guards,
            *_archives(archive_bucket_arns),
        ]
    )


def _archives(bucket_arns: Sequence[Text]) -> list[Statement]:
    if not bucket_arns:
        return []
    everything = [pulumi.Output.concat(arn, end) for arn in bucket_arns for end in ("", "/*")]
    actions = ["s3:Delete*", "s3:Put*", "s3:Replicate*", "s3:AbortMultipartUpload"]
    return [Statement(sid="ProtectArchives", effect=Effect.DENY, actions=actions, resources=everything)]
