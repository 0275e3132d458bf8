"""How everything in the account was configured, when, and against which rules: AWS Config."""

import json
from collections.abc import Mapping, Sequence
from typing import Final, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator, model_validator

from mlinfra.catalog.config_rules import ConfigRule, config_rules
from mlinfra.components import references
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.buckets import BucketArn, Lifecycle, SecureBucket, secure_bucket
from mlinfra.components.component import Component, together
from mlinfra.components.documents import Principals, Statement, equals
from mlinfra.components.problems import Invalid
from mlinfra.components.profiles import POSTURES, Classification, Profile, at_least

CONFIG: Final = "config.amazonaws.com"
COLDER: Final = ("GLACIER_IR", 90)
NONCURRENT_DAYS: Final = 30


class ConfigRecorderArgs(Args):
    """Arguments of `ConfigRecorder`."""

    account: Account
    """The account and region whose configuration is recorded."""
    logs_key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts the history; its policy admits AWS Config, as `KeyRing`'s does."""
    access_log_bucket: pulumi.Input[str]
    """The name of the bucket that records who reads the history, an `AccessLogBucket`."""
    profile: Profile = Profile.REGULATED
    """The security profile, which brings the rules. Default: regulated."""
    retention_days: Optional[int] = None
    """Days that the history is kept. Default: the profile's floor (90, 365, 365)."""
    omit_rules: Sequence[str] = ()
    """Rules of the profile that are not wanted, such as required by somebody else. Default: none."""
    global_resources: bool = True
    """Whether IAM is recorded here; in one region of the account it should be. Default: yes."""
    existing_recorder_name: Optional[pulumi.Input[str]] = None
    """The name of the recorder that the account has in this region already; then only the rules are created. Default: a
    recorder is created: there can be one in a region."""
    existing_service_role: bool = False
    """Whether the account has AWS Config's service-linked role already, from earlier use. Default: no, it is created."""
    deletion_protection: bool = True
    """Whether Pulumi refuses to delete the history. When false, destroying the stack erases it."""

    _key = field_validator("logs_key_arn")(references.key_arn)
    _logs = field_validator("access_log_bucket")(references.bucket_name)

    @field_validator("omit_rules")
    @classmethod
    def _known(cls, value: Sequence[str]) -> Sequence[str]:
        for name in value:
            if name not in config_rules():
                fix = "name rules as AWS does, such as s3-bucket-ssl-requests-only; mlinfra/catalog/config_rules.toml has all"
                raise Invalid(f"{name!r} is not a rule of the catalog", fix=fix)
        return value

    @model_validator(mode="after")
    def _consistent(self) -> "ConfigRecorderArgs":
        self.days()
        given = {"retention_days": self.retention_days, "existing_service_role": self.existing_service_role}
        for argument, value in given.items():
            if self.existing_recorder_name is not None and value:
                fix = f"leave {argument} out, or existing_recorder_name"
                raise Invalid("an existing recorder is not changed here", fix=fix, argument=argument)
        return self

    def days(self) -> int:
        """Days that the history is kept."""
        return at_least(POSTURES[self.profile].archive_days, self.retention_days, self.profile, "retention_days")

    def rules(self) -> list[ConfigRule]:
        """The rules, in the catalog's order."""
        wanted = [rule for rule in config_rules().values() if rule.everywhere or self.profile is not Profile.BASELINE]
        return [rule for rule in wanted if rule.name not in self.omit_rules]


class ConfigRecorder(Component[ConfigRecorderArgs]):
    """AWS Config: a continuous record of every resource's configuration, and rules that watch it.

    The history goes to an encrypted bucket of its own, since AWS Config does not deliver to buckets under Object Lock
    (AWS Config developer guide, "Managing the Delivery Channel").

        config = ml.ConfigRecorder("config", ml.ConfigRecorderArgs(
            account=account, logs_key_arn=keys.arn(ml.KeyPurpose.LOGS), access_log_bucket=access_logs.bucket_name))
    """

    recorder_name: pulumi.Output[str]
    """The recorder's name, known once it records."""
    history_bucket_name: Optional[pulumi.Output[str]]
    """The name of the history's bucket; absent with an existing recorder."""
    history_bucket_arn: Optional[pulumi.Output[str]]
    """Its ARN; absent with an existing recorder."""
    rule_arns: pulumi.Output[Mapping[str, str]]
    """The rules' ARNs by name."""

    _args_type = ConfigRecorderArgs

    def __init__(self, name: str, args: ConfigRecorderArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args = self._args
        recording: list[pulumi.Resource] = []
        if args.existing_recorder_name is None:
            bucket = self._history(f"{name}-history")
            status = self._recorder(name, bucket)
            self.recorder_name, recording = status.name, [status]
            self.history_bucket_name, self.history_bucket_arn = bucket.name, bucket.arn
        else:
            self.recorder_name = pulumi.Output.from_input(args.existing_recorder_name)
            self.history_bucket_name = self.history_bucket_arn = None
        rules = {rule.name: self._rule(f"{name}-{rule.name}", rule, recording) for rule in args.rules()}
        self.rule_arns = together({rule: made.arn for rule, made in rules.items()})
        self.finish()

    def _history(self, name: str) -> SecureBucket:
        args, days = self._args, self._args.days()
        return secure_bucket(
            self,
            name,
            key_arn=args.logs_key_arn,
            statements=self._deliver,
            lifecycle=Lifecycle(
                noncurrent_days=NONCURRENT_DAYS, colder=COLDER if days > COLDER[1] else None, expire_days=days
            ),
            access_log_bucket=args.access_log_bucket,
            deletion_protection=args.deletion_protection,
            classification=Classification.CONFIDENTIAL,
        )

    def _deliver(self, bucket_arn: BucketArn) -> list[Statement]:
        """What AWS Config asks for (developer guide, "Permissions for the Amazon S3 Bucket")."""
        config, own = Principals.services(CONFIG), equals("aws:SourceAccount", self._args.account.id)
        objects = pulumi.Output.concat(bucket_arn, "/AWSLogs/", self._args.account.id, "/Config/*")
        return [
            Statement(
                sid="ConfigCheck",
                principals=config,
                actions=["s3:GetBucketAcl", "s3:ListBucket"],
                resources=[bucket_arn],
                conditions=[own],
            ),
            Statement(
                sid="ConfigWrite",
                principals=config,
                actions=["s3:PutObject"],
                resources=[objects],
                conditions=[own, equals("s3:x-amz-acl", "bucket-owner-full-control")],
            ),
        ]

    def _recorder(self, name: str, bucket: SecureBucket) -> aws.cfg.RecorderStatus:
        """The recorder with its channel, switched on. Security Hub's Config.1 asks for the service-linked role."""
        args, account = self._args, self._args.account
        if args.existing_service_role:
            path = f"role/aws-service-role/{CONFIG}/AWSServiceRoleForConfig"
            role_arn = account.arn("iam", path, region="")
        else:
            role_arn = aws.iam.ServiceLinkedRole(f"{name}-role", aws_service_name=CONFIG, opts=self.child()).arn
        recorder = aws.cfg.Recorder(
            f"{name}-recorder",
            role_arn=role_arn,
            recording_group=aws.cfg.RecorderRecordingGroupArgs(
                all_supported=True, include_global_resource_types=args.global_resources
            ),
            opts=self.child(),
        )
        channel = aws.cfg.DeliveryChannel(
            f"{name}-channel",
            s3_bucket_name=bucket.name,
            s3_kms_key_arn=args.logs_key_arn,
            snapshot_delivery_properties=aws.cfg.DeliveryChannelSnapshotDeliveryPropertiesArgs(
                delivery_frequency="TwentyFour_Hours"
            ),
            opts=self.child(depends_on=[recorder]),
        )
        return aws.cfg.RecorderStatus(
            f"{name}-recording", name=recorder.name, is_enabled=True, opts=self.child(depends_on=[channel])
        )

    def _rule(self, name: str, rule: ConfigRule, recording: Sequence[pulumi.Resource]) -> aws.cfg.Rule:
        return aws.cfg.Rule(
            name,
            source=aws.cfg.RuleSourceArgs(owner="AWS", source_identifier=rule.identifier),
            input_parameters=json.dumps(dict(rule.parameters)) if rule.parameters else None,
            opts=self.child(depends_on=[*recording]),
        )
