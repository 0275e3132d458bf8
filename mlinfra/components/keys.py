"""Customer-managed keys: one for each purpose."""

from collections.abc import Mapping, Sequence
from typing import Any, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator

from mlinfra.components import references
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.component import Component, together
from mlinfra.components.key_policies import KeyPurpose, key_policy
from mlinfra.components.problems import Invalid

ROTATION_DAYS = 365
DELETION_DAYS = 30  # the longest that AWS KMS waits


class KeyRingArgs(Args):
    """Arguments of `KeyRing`."""

    account: Account
    """Where the keys live."""
    administrators: Sequence[pulumi.Input[str]] = ()
    """ARNs of those who administer the keys but cannot use them; name the deploying role among them. Default: the
    account's IAM policies decide."""
    users: Mapping[str, Sequence[pulumi.Input[str]]] = {}
    """ARNs of those who use a key, by purpose (data, artifacts, logs, secrets, cluster). Default: the account's IAM
    policies decide."""
    deletion_protection: bool = True
    """Whether Pulumi refuses to delete the keys. A deleted key takes everything with it that it has encrypted."""

    @field_validator("users")
    @classmethod
    def _purposes(cls, value: Mapping[str, Any]) -> Mapping[str, Any]:
        known = [purpose.value for purpose in KeyPurpose]
        unknown = [purpose for purpose in value if purpose not in known]
        if unknown:
            raise Invalid(f"{unknown[0]!r} is not a key's purpose", fix=f"use {', '.join(known)}")
        for principals in value.values():
            references.each(references.principal_arn)(principals)
        return value

    _administrators = field_validator("administrators")(references.each(references.principal_arn))


class KeyRing(Component[KeyRingArgs]):
    """A KMS key for each purpose, so that access to logs never is access to data.

    Every key rotates yearly, can be used only through the services of its purpose and only from this account, keeps
    administrators and users apart, and waits thirty days before it is deleted.

        keys = ml.KeyRing("platform", ml.KeyRingArgs(account=account))
        keys.arn(ml.KeyPurpose.DATA)
    """

    key_arns: pulumi.Output[Mapping[str, str]]
    """The keys' ARNs by purpose."""
    alias_names: pulumi.Output[Mapping[str, str]]
    """The keys' aliases by purpose, such as alias/dev-platform-data."""

    _args_type = KeyRingArgs

    def __init__(self, name: str, args: KeyRingArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        self._keys = {purpose: self._key(name, purpose) for purpose in KeyPurpose}
        aliases = {purpose: self._alias(name, purpose) for purpose in KeyPurpose}
        self.key_arns = together({purpose.value: key.arn for purpose, key in self._keys.items()})
        self.alias_names = together({purpose.value: alias.name for purpose, alias in aliases.items()})
        self.finish()

    def arn(self, purpose: KeyPurpose) -> pulumi.Output[str]:
        """The ARN of the purpose's key."""
        return self._keys[purpose].arn

    def _key(self, name: str, purpose: KeyPurpose) -> aws.kms.Key:
        args = self._args
        policy = key_policy(purpose, args.account, args.administrators, args.users.get(purpose.value, ()))
        return aws.kms.Key(
            f"{name}-{purpose.value}",
            description=f"{name}: {purpose.value}",
            policy=policy.json(),
            enable_key_rotation=True,
            rotation_period_in_days=ROTATION_DAYS,
            deletion_window_in_days=DELETION_DAYS,
            opts=self.child(protect=args.deletion_protection),
        )

    def _alias(self, name: str, purpose: KeyPurpose) -> aws.kms.Alias:
        return aws.kms.Alias(
            f"{name}-{purpose.value}",
            name=f"alias/{self.qualified_name(name)}-{purpose.value}",
            target_key_id=self._keys[purpose].key_id,
            opts=self.child(),
        )
