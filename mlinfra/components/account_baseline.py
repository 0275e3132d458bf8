"""What the account is by default, whoever creates something in it."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator

from mlinfra.components import references
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.component import Component

# CIS AWS Foundations Benchmark v3.0.0, 1.8 and 1.9; Security Hub IAM.7, IAM.10.
MIN_PASSWORD: Final = 14
REMEMBERED_PASSWORDS: Final = 24
MAX_PASSWORD_DAYS: Final = 90
HOPS: Final = 1  # so that pods and containers cannot reach the credentials of their machine


class AccountSetting(StrEnum):
    """A setting of the account or of the region."""

    EBS_ENCRYPTION = "ebs-encryption"
    """New volumes are encrypted."""
    EBS_SNAPSHOTS = "ebs-snapshots"
    """Snapshots cannot be shared with everybody."""
    S3_PUBLIC_ACCESS = "s3-public-access"
    """No bucket and no object can be made public."""
    IMDS = "imds"
    """New instances give out credentials to IMDSv2 alone, and one network hop far."""
    IMAGES = "images"
    """Machine images cannot be shared with everybody."""
    SERIAL_CONSOLE = "serial-console"
    """Nobody reaches an instance's serial console."""
    PASSWORDS = "passwords"
    """Users' passwords are long, mixed and new."""


class AccountBaselineArgs(Args):
    """Arguments of `AccountBaseline`."""

    account: Account
    """The account and region that are set."""
    volume_key_arn: Optional[pulumi.Input[str]] = None
    """The ARN of the key that encrypts new volumes for which nobody names one, such as a `KeyRing`'s data key. Default:
    the key of AWS for the account."""
    set_centrally: Sequence[AccountSetting] = ()
    """Settings that the organisation makes for its accounts, by declarative policies for instance; they are left as
    they are. Default: none."""

    _key = field_validator("volume_key_arn")(references.key_arn)


class AccountBaseline(Component[AccountBaselineArgs]):
    """The account's and the region's own defaults: encrypted volumes, nothing public, IMDSv2, no serial console.

    These settings are the account's, not the stack's: one stack for each account and region sets them.

        baseline = ml.AccountBaseline("baseline", ml.AccountBaselineArgs(
            account=account, volume_key_arn=keys.arn(ml.KeyPurpose.DATA)))
    """

    settings: pulumi.Output[Sequence[str]]
    """The settings that were made here."""

    _args_type = AccountBaselineArgs

    def __init__(self, name: str, args: AccountBaselineArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        ways = {
            AccountSetting.EBS_ENCRYPTION: self._volumes,
            AccountSetting.EBS_SNAPSHOTS: self._snapshots,
            AccountSetting.S3_PUBLIC_ACCESS: self._buckets,
            AccountSetting.IMDS: self._metadata,
            AccountSetting.IMAGES: self._images,
            AccountSetting.SERIAL_CONSOLE: self._console,
            AccountSetting.PASSWORDS: self._passwords,
        }
        made = [setting for setting in AccountSetting if setting not in self._args.set_centrally]
        for setting in made:
            ways[setting](f"{name}-{setting.value}")
        self.settings = pulumi.Output.from_input([setting.value for setting in made])
        self.finish()

    def _volumes(self, name: str) -> None:
        aws.ebs.EncryptionByDefault(name, enabled=True, opts=self.child())
        if self._args.volume_key_arn is not None:
            aws.ebs.DefaultKmsKey(f"{name}-key", key_arn=self._args.volume_key_arn, opts=self.child())

    def _snapshots(self, name: str) -> None:
        aws.ebs.SnapshotBlockPublicAccess(name, state="block-all-sharing", opts=self.child())

    def _buckets(self, name: str) -> None:
        aws.s3.AccountPublicAccessBlock(
            name,
            account_id=self._args.account.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self.child(),
        )

    def _metadata(self, name: str) -> None:
        aws.ec2.InstanceMetadataDefaults(
            name,
            http_endpoint="enabled",
            http_tokens="required",
            http_put_response_hop_limit=HOPS,
            instance_metadata_tags="disabled",
            opts=self.child(),
        )

    def _images(self, name: str) -> None:
        aws.ec2.ImageBlockPublicAccess(name, state="block-new-sharing", opts=self.child())

    def _console(self, name: str) -> None:
        aws.ec2.SerialConsoleAccess(name, enabled=False, opts=self.child())

    def _passwords(self, name: str) -> None:
        aws.iam.AccountPasswordPolicy(
            name,
            minimum_password_length=MIN_PASSWORD,
            password_reuse_prevention=REMEMBERED_PASSWORDS,
            max_password_age=MAX_PASSWORD_DAYS,
            require_lowercase_characters=True,
            require_uppercase_characters=True,
            require_numbers=True,
            require_symbols=True,
            allow_users_to_change_password=True,
            opts=self.child(),
        )
