"""A secret that others read: AWS Secrets Manager."""

from collections.abc import Sequence
from typing import Final, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator, model_validator

from mlinfra.components import references
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.component import Component
from mlinfra.components.documents import EVERYONE, Condition, Document, Effect, Operator, Principals, Statement
from mlinfra.components.problems import Invalid
from mlinfra.components.profiles import Profile

SHORTEST_RECOVERY, LONGEST_RECOVERY = 7, 30  # days, as Secrets Manager takes them
LONGEST_ROTATION: Final = 90  # days; Security Hub SecretsManager.4
MAX_DESCRIPTION: Final = 2048


class RotationArgs(Args):
    """How often a secret changes, and what changes it."""

    function_arn: pulumi.Input[str]
    """The ARN of the Lambda function that makes and tests the new value; its role stands among the readers."""
    days: int = 30
    """Days between rotations, 1 to 90. Default: 30."""

    _function = field_validator("function_arn")(references.function_arn)

    @field_validator("days")
    @classmethod
    def _often(cls, value: int) -> int:
        if not 1 <= value <= LONGEST_ROTATION:
            raise Invalid(f"{value} days between rotations", fix=f"give 1 to {LONGEST_ROTATION}, such as 30")
        return value


class SecretArgs(Args):
    """Arguments of `Secret`."""

    account: Account
    """Where the secret lives."""
    description: str
    """What it is and who puts the value in, such as "Password of the experiment tracker's database"."""
    key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts it."""
    readers: Sequence[pulumi.Input[str]] = ()
    """ARNs of those who alone can read it. Default: the account's IAM policies decide."""
    rotation: Optional[RotationArgs] = None
    """How it is rotated. Default: by whoever put it in."""
    recovery_days: int = LONGEST_RECOVERY
    """Days for which a deleted secret can be restored, 7 to 30. Default: 30."""
    profile: Profile = Profile.REGULATED
    """The security profile. Default: regulated."""
    deletion_protection: bool = True
    """Whether Pulumi refuses to delete the secret. When false, destroying the stack erases it at once."""

    _key = field_validator("key_arn")(references.key_arn)
    _readers = field_validator("readers")(references.each(references.principal_arn))

    @field_validator("description")
    @classmethod
    def _said(cls, value: str) -> str:
        if not value.strip() or len(value) > MAX_DESCRIPTION:
            raise Invalid("says nothing, or too much", fix="say in a sentence what it is and who puts it in")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> "SecretArgs":
        days, floor = self.recovery_days, SHORTEST_RECOVERY if self.profile is Profile.BASELINE else LONGEST_RECOVERY
        if not floor <= days <= LONGEST_RECOVERY:
            reason = f"{days} days are not possible in the {self.profile.value} profile"
            span = f"{floor} to {LONGEST_RECOVERY}" if floor < LONGEST_RECOVERY else f"{floor}"
            raise Invalid(reason, fix=f"give {span}, or leave it out", argument="recovery_days")
        if self.rotation and not self.readers:
            reason = "a rotated secret needs to be told who reads it, the rotation's role among them"
            raise Invalid(reason, fix="name the readers' ARNs", argument="readers")
        return self


class Secret(Component[SecretArgs]):
    """An AWS Secrets Manager secret under a customer-managed key, with a policy that no IAM policy can widen.

    Its value never passes through a program or a state: whoever owns it puts it in (`aws secretsmanager put-secret-value`)
    or a rotation function makes it. Nobody outside the account can read it; where readers are named, nobody else can.

        tracking = ml.Secret("tracking", ml.SecretArgs(
            account=account,
            description="Password of the experiment tracker's database; put in by the platform team",
            key_arn=keys.arn(ml.KeyPurpose.SECRETS)))
    """

    secret_arn: pulumi.Output[str]
    """The secret's ARN, known once its policy is in place."""
    secret_name: pulumi.Output[str]
    """The secret's name."""

    _args_type = SecretArgs

    def __init__(self, name: str, args: SecretArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args = self._args
        made = aws.secretsmanager.Secret(
            f"{name}-secret",
            description=args.description,
            kms_key_id=args.key_arn,
            recovery_window_in_days=args.recovery_days if args.deletion_protection else 0,
            tags={"Name": f"{name}-secret"},
            opts=self.child(protect=args.deletion_protection),
        )
        policy = aws.secretsmanager.SecretPolicy(
            f"{name}-policy",
            secret_arn=made.arn,
            policy=self._policy().json(),
            block_public_policy=True,
            opts=self.child(),
        )
        if args.rotation is not None:
            aws.secretsmanager.SecretRotation(
                f"{name}-rotation",
                secret_id=made.id,
                rotation_lambda_arn=args.rotation.function_arn,
                rotation_rules=aws.secretsmanager.SecretRotationRotationRulesArgs(
                    automatically_after_days=args.rotation.days
                ),
                opts=self.child(depends_on=[policy]),
            )
        self.secret_arn = pulumi.Output.all(made.arn, policy.id).apply(lambda known: str(known[0]))
        self.secret_name = made.name
        self.finish()

    def _policy(self) -> Document:
        """A secret's policy speaks of that secret alone, whence the resource *."""
        args = self._args
        other_accounts = Condition(Operator.STRING_NOT_EQUALS, "aws:PrincipalAccount", args.account.id)
        no_service = Condition(Operator.BOOL_IF_EXISTS, "aws:PrincipalIsAWSService", "false")
        statements = [
            Statement(
                sid="DenyOtherAccounts",
                effect=Effect.DENY,
                principals=EVERYONE,
                actions=["secretsmanager:*"],
                resources=["*"],
                conditions=[other_accounts, no_service],
            )
        ]
        if args.readers:
            read = ["secretsmanager:GetSecretValue"]
            other_readers = Condition(Operator.ARN_NOT_LIKE, "aws:PrincipalArn", args.readers)
            statements += [
                Statement(sid="Read", principals=Principals.arns(args.readers), actions=read, resources=["*"]),
                Statement(
                    sid="DenyOtherReaders",
                    effect=Effect.DENY,
                    principals=EVERYONE,
                    actions=read,
                    resources=["*"],
                    conditions=[other_readers],
                ),
            ]
        return Document(statements)
