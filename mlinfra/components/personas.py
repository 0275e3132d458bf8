"""The roles of people: who may do what, kept apart as auditors expect it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator, model_validator

from mlinfra.components import references
from mlinfra.components.access import BucketAccess, PassRole
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.component import Component, together
from mlinfra.components.documents import Document, Text
from mlinfra.components.log_alarms import log_alarm
from mlinfra.components.persona_policies import Persona, Reach, managed_policies, persona_policy
from mlinfra.components.problems import Invalid
from mlinfra.components.trusts import mfa_trust, permission_set_trust, saml_trust

BREAK_GLASS_HOURS = 1
HOUR = 3600
_PERMISSION_SET = re.compile(r"[\w+=,.@-]{1,32}")


class SignIn(Args):
    """How people come to their roles: one of the three."""

    saml_provider_arn: Optional[pulumi.Input[str]] = None
    """The ARN of the organisation's SAML provider, which decides who gets which role and asks for a second factor."""
    permission_sets: Mapping[str, str] = {}
    """Permission sets of IAM Identity Center by persona (data-scientist, ml-engineer, platform-operator, auditor)."""
    principals: Mapping[str, Sequence[pulumi.Input[str]]] = {}
    """ARNs of roles and users by persona; they must have shown a second factor within the last hour."""

    _saml = field_validator("saml_provider_arn")(references.saml_provider_arn)

    @field_validator("permission_sets", "principals")
    @classmethod
    def _everyday(cls, value: Mapping[str, Any]) -> Mapping[str, Any]:
        known = [persona.value for persona in Persona if persona is not Persona.BREAK_GLASS]
        for persona in value:
            if persona == Persona.BREAK_GLASS:
                fix = "name them in break_glass_principals"
                raise Invalid("break-glass does not depend on the everyday sign-in", fix=fix)
            if persona not in known:
                raise Invalid(f"{persona!r} is not a persona", fix=f"use {', '.join(known)}")
        return value

    @field_validator("permission_sets")
    @classmethod
    def _names(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for name in value.values():
            if not _PERMISSION_SET.fullmatch(name):
                raise Invalid(f"{name!r} is not the name of a permission set", fix="give a name such as DataScientist")
        return value

    @field_validator("principals")
    @classmethod
    def _arns(cls, value: Mapping[str, Sequence[Any]]) -> Mapping[str, Sequence[Any]]:
        for arns in value.values():
            if not arns:
                raise Invalid("a persona has nobody", fix="leave the persona out")
            references.each(references.principal_arn)(arns)
        return value

    @model_validator(mode="after")
    def _one(self) -> "SignIn":
        given = [self.saml_provider_arn is not None, bool(self.permission_sets), bool(self.principals)]
        if sum(given) != 1:
            reason = "there is no way to sign in" if not any(given) else "there are several ways to sign in"
            fix = "give one of saml_provider_arn, permission_sets and principals"
            raise Invalid(reason, fix=fix, argument="saml_provider_arn")
        return self

    def trust(self, persona: Persona, account: Account) -> Optional[Document]:
        """Who may assume the persona's role; nothing when nobody may."""
        if self.saml_provider_arn is not None:
            return saml_trust(account, self.saml_provider_arn)
        if self.permission_sets:
            name = self.permission_sets.get(persona.value)
            return permission_set_trust(account, name) if name else None
        arns = self.principals.get(persona.value)
        return mfa_trust(arns) if arns else None


class PersonasArgs(Args):
    """Arguments of `Personas`."""

    account: Account
    """The account and region that people work in."""
    boundary_arn: pulumi.Input[str]
    """The ARN of the permissions boundary, a `PermissionsBoundary`'s policy_arn."""
    emergency_boundary_arn: pulumi.Input[str]
    """The ARN of the break-glass role's boundary, a `PermissionsBoundary`'s emergency_policy_arn."""
    sign_in: SignIn
    """How people come to their roles: a SAML provider, IAM Identity Center, or principals with a second factor."""
    break_glass_principals: Sequence[pulumi.Input[str]]
    """ARNs of those who may break the glass, with a second factor. Users of IAM rather than of the identity provider,
    so that they can when the provider cannot be reached."""
    logs_key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts logs, with which the auditor reads them."""
    log_group_name: pulumi.Input[str]
    """The name of the log group in which the trail can be searched, an `AuditTrail`'s."""
    alarm_topic_arn: pulumi.Input[str]
    """The ARN of the topic that hears of every use of the break-glass role, an `AuditAlarms`'."""
    archive_bucket_arns: Sequence[pulumi.Input[str]] = ()
    """Buckets that hold records, which the auditor reads. Default: none."""
    data_scientist_buckets: Sequence[BucketAccess] = ()
    """The data that data scientists work with. Default: none."""
    ml_engineer_buckets: Sequence[BucketAccess] = ()
    """The models and artefacts that ML engineers work with. Default: none."""
    workload_roles: Sequence[PassRole] = ()
    """The roles that people hand to services: data scientists to sagemaker, ML engineers to every one. Default: none."""
    session_hours: int = 4
    """Hours until people have to sign in again, from 1 to 12; break-glass always has one. Default: 4."""

    _boundaries = field_validator("boundary_arn", "emergency_boundary_arn")(references.policy_arn)
    _emergency = field_validator("break_glass_principals")(references.each(references.principal_arn))
    _key = field_validator("logs_key_arn")(references.key_arn)
    _group = field_validator("log_group_name")(references.log_group_name)
    _topic = field_validator("alarm_topic_arn")(references.topic_arn)
    _archives = field_validator("archive_bucket_arns")(references.each(references.bucket_arn))

    @field_validator("break_glass_principals")
    @classmethod
    def _somebody(cls, value: Sequence[Any]) -> Sequence[Any]:
        if not value:
            raise Invalid("nobody could repair the platform", fix="name two users at least, kept for emergencies")
        return value

    @field_validator("session_hours")
    @classmethod
    def _hours(cls, value: int) -> int:
        if not 1 <= value <= 12:  # noqa: PLR2004 - what AWS offers
            raise Invalid(f"{value} hours are not offered", fix="give a number from 1 to 12")
        return value


class Personas(Component[PersonasArgs]):
    """The roles of data scientists, ML engineers, platform operators and auditors, and the one behind the glass.

    Data scientists propose models and others approve them; operators run machines and read no data; auditors read
    every configuration and record, and no data; nobody changes roles, networks, keys or audit, which come with the
    platform's deployment. Break-glass repairs what else nobody could, within a boundary of its own: with a second
    factor, for an hour, and every use raises an alarm. A persona to whom `sign_in` gives nobody has no role.

        people = ml.Personas("platform", ml.PersonasArgs(
            account=account,
            boundary_arn=boundary.policy_arn,
            emergency_boundary_arn=boundary.emergency_policy_arn,
            sign_in=ml.SignIn(saml_provider_arn="arn:aws:iam::123456789012:saml-provider/company"),
            break_glass_principals=["arn:aws:iam::123456789012:user/emergency"],
            logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
            log_group_name=audit.log_group_name,
            alarm_topic_arn=alarms.topic_arn,
            archive_bucket_arns=[audit.archive_bucket_arn]))
    """

    role_arns: pulumi.Output[Mapping[str, str]]
    """The roles' ARNs by persona."""

    _args_type = PersonasArgs

    def __init__(self, name: str, args: PersonasArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args = self._args
        reach = Reach(
            account=args.account,
            boundary_arn=args.boundary_arn,
            archive_bucket_arns=args.archive_bucket_arns,
            logs_key_arn=args.logs_key_arn,
            log_group_arn=pulumi.Output.concat(args.account.arn("logs", "log-group:"), args.log_group_name),
            science=args.data_scientist_buckets,
            engineering=args.ml_engineer_buckets,
            workload_roles=args.workload_roles,
        )
        roles = {}
        for persona in Persona:
            emergency = persona is Persona.BREAK_GLASS
            trust = mfa_trust(args.break_glass_principals) if emergency else args.sign_in.trust(persona, args.account)
            if trust:
                roles[persona] = self._role(f"{name}-{persona.value}", persona, trust, reach)
        self._alarm(f"{name}-{Persona.BREAK_GLASS.value}", roles[Persona.BREAK_GLASS])
        self.roles: Mapping[Persona, pulumi.Output[str]] = roles
        self.role_arns = together({persona.value: arn for persona, arn in roles.items()})
        self.finish()

    def _role(self, name: str, persona: Persona, trust: Document, reach: Reach) -> pulumi.Output[str]:
        args, emergency = self._args, persona is Persona.BREAK_GLASS
        role = aws.iam.Role(
            name,
            description=f"{name}: people",
            assume_role_policy=trust.json(),
            permissions_boundary=args.emergency_boundary_arn if emergency else args.boundary_arn,
            max_session_duration=HOUR * (BREAK_GLASS_HOURS if emergency else args.session_hours),
            opts=self.child(),
        )
        aws.iam.RolePolicy(name, role=role.name, policy=persona_policy(persona, reach).json(), opts=self.child())
        for arn in managed_policies(persona, args.account):
            aws.iam.RolePolicyAttachment(
                f"{name}-{arn.rpartition('/')[2].lower()}", role=role.name, policy_arn=arn, opts=self.child()
            )
        return role.arn

    def _alarm(self, name: str, role_arn: Text) -> None:
        """Counts assuming the role and whatever is done with it, in every region: the trail sees them all."""
        pattern = pulumi.Output.concat(
            '{ ($.requestParameters.roleArn = "', role_arn, '") || ',
            '($.userIdentity.sessionContext.sessionIssuer.arn = "', role_arn, '") }',
        )  # fmt: skip
        log_alarm(
            self,
            name,
            pattern=pattern,
            says="The break-glass role was used.",
            log_group_name=self._args.log_group_name,
            topic_arn=self._args.alarm_topic_arn,
        )
