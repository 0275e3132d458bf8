"""What an auditor asks for in every account, together: records, history, findings, alarms and defaults."""

from collections.abc import Sequence
from typing import Optional

import pulumi
from pydantic import field_validator, model_validator

from mlinfra.components import references
from mlinfra.components.account import Account
from mlinfra.components.account_baseline import AccountBaseline, AccountBaselineArgs, AccountSetting
from mlinfra.components.args import Args
from mlinfra.components.audit import AuditTrail, AuditTrailArgs, ExistingTrail
from mlinfra.components.audit_alarms import AuditAlarms, AuditAlarmsArgs, addresses
from mlinfra.components.component import Component
from mlinfra.components.config_recorder import ConfigRecorder, ConfigRecorderArgs
from mlinfra.components.detection import CentralDetection, ThreatDetection, ThreatDetectionArgs
from mlinfra.components.problems import Invalid
from mlinfra.components.profiles import POSTURES, Profile, at_least, log_days


class CentralControls(Args):
    """What the organisation already owns for this account. What is named here is used and never changed."""

    trail: Optional[ExistingTrail] = None
    """The audit trail of all regions. Default: one is created."""
    alarm_topic: Optional[pulumi.Input[str]] = None
    """The ARN of the topic for alarms. Default: one is created."""
    config_recorder: Optional[pulumi.Input[str]] = None
    """The name of AWS Config's recorder in this region. Default: one is created."""
    config_service_role: bool = False
    """Whether the account has AWS Config's service-linked role from earlier use. Default: no."""
    detection: CentralDetection = CentralDetection()
    """What is switched on to detect threats. Default: nothing."""
    account_settings: Sequence[AccountSetting] = ()
    """Settings of the account that the organisation makes, by declarative policies for instance. Default: none."""

    _topic = field_validator("alarm_topic")(references.topic_arn)

    @model_validator(mode="after")
    def _one_role(self) -> "CentralControls":
        if self.config_recorder is not None and self.config_service_role:
            reason = "the existing recorder has its role already"
            raise Invalid(reason, fix="leave one of both out", argument="config_service_role")
        return self


class SecurityBaselineArgs(Args):
    """Arguments of `SecurityBaseline`."""

    account: Account
    """The account and region that are secured."""
    logs_key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts records and alarms, a `KeyRing`'s for logs."""
    volume_key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts new volumes for which nobody names one, such as a `KeyRing`'s for data."""
    access_log_bucket: pulumi.Input[str]
    """The name of the bucket that records who reads the records, an `AccessLogBucket`."""
    emails: Sequence[str] = ()
    """Who is told of alarms. Everybody has to confirm once. Required unless the organisation has a topic for them, whose
    subscribers hear them then."""
    data_bucket_arns: Sequence[pulumi.Input[str]] = ()
    """Buckets whose every object access is recorded, unless the trail is the organisation's. Default: none."""
    every_bucket: bool = False
    """Whether object access is recorded in every bucket of the account, those of later stacks among them, unless the trail
    is the organisation's. Default: only in `data_bucket_arns`."""
    profile: Profile = Profile.REGULATED
    """The security profile. Default: regulated."""
    archive_days: Optional[int] = None
    """Days that audit logs are locked in the archive. Default: the profile's floor (90, 365, 365)."""
    log_retention_days: Optional[int] = None
    """Days that audit logs can be searched in CloudWatch Logs, and that the history of configurations is kept. Default:
    the profile's floor (90, 365, 365)."""
    central: CentralControls = CentralControls()
    """What the organisation already owns for this account, so that it is not made again. Default: nothing."""
    deletion_protection: bool = True
    """Whether Pulumi refuses to delete the archive, the trail and the history. When false, destroying the stack erases what
    Object Lock does not hold."""

    _keys = field_validator("logs_key_arn", "volume_key_arn")(references.key_arn)
    _logs = field_validator("access_log_bucket")(references.bucket_name)
    _buckets = field_validator("data_bucket_arns")(references.each(references.bucket_arn))
    _addresses = field_validator("emails")(addresses)

    @model_validator(mode="after")
    def _possible(self) -> "SecurityBaselineArgs":
        if not self.emails and self.central.alarm_topic is None:
            fix = "give an address, or the ARN of the organisation's topic as central.alarm_topic"
            raise Invalid("nobody would hear the alarms", fix=fix, argument="emails")
        log_days(self.profile, self.log_retention_days, "log_retention_days")
        at_least(POSTURES[self.profile].archive_days, self.archive_days, self.profile, "archive_days")
        return self


class SecurityBaseline(Component[SecurityBaselineArgs]):
    """What an auditor asks for in every account: records, history, findings, alarms and safe defaults, wired together.

    An `AuditTrail`, `AuditAlarms` on it, a `ConfigRecorder`, `ThreatDetection` that tells the same people, and an
    `AccountBaseline`. One stack for each account and region has it. What the organisation owns centrally is named and used.

        security = ml.SecurityBaseline("security", ml.SecurityBaselineArgs(
            account=account,
            logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
            volume_key_arn=keys.arn(ml.KeyPurpose.DATA),
            access_log_bucket=access_logs.bucket_name,
            emails=["security@example.com"],
            central=ml.CentralControls(
                config_recorder="organisation",
                detection=ml.CentralDetection(
                    detector_id="0123456789abcdef0123456789abcdef",
                    security_hub=True, access_analyzer=True, inspector=True, macie=True))))
    """

    trail_arn: pulumi.Output[str]
    """The trail's ARN."""
    log_group_name: pulumi.Output[str]
    """The name of the log group in which the trail can be searched."""
    archive_bucket_name: pulumi.Output[str]
    """The name of the bucket in which audit logs are locked."""
    archive_bucket_arn: pulumi.Output[str]
    """That bucket's ARN."""
    alarm_topic_arn: pulumi.Output[str]
    """The ARN of the topic for alarms, known once it takes them."""
    history_bucket_name: Optional[pulumi.Output[str]]
    """The name of the bucket with the history of configurations; absent when the recorder is the organisation's."""
    detector_id: pulumi.Output[str]
    """The id of the GuardDuty detector."""

    _args_type = SecurityBaselineArgs

    def __init__(self, name: str, args: SecurityBaselineArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args, central, opts = self._args, self._args.central, self.part()
        trail = AuditTrail(name, self._trail(), opts)
        alarms = AuditAlarms(
            name,
            AuditAlarmsArgs(
                account=args.account,
                log_group_name=trail.log_group_name,
                logs_key_arn=args.logs_key_arn,
                emails=args.emails if central.alarm_topic is None else [],
                existing_topic_arn=central.alarm_topic,
            ),
            opts,
        )
        config = ConfigRecorder(name, self._recorder(), opts)
        detection = ThreatDetection(
            name,
            ThreatDetectionArgs(
                account=args.account,
                profile=args.profile,
                alarm_topic_arn=alarms.topic_arn,
                central=central.detection,
            ),
            opts,
        )
        AccountBaseline(
            name,
            AccountBaselineArgs(
                account=args.account,
                volume_key_arn=args.volume_key_arn,
                set_centrally=central.account_settings,
            ),
            opts,
        )
        self.trail_arn, self.log_group_name = trail.trail_arn, trail.log_group_name
        self.archive_bucket_name, self.archive_bucket_arn = trail.archive_bucket_name, trail.archive_bucket_arn
        self.alarm_topic_arn, self.detector_id = alarms.topic_arn, detection.detector_id
        self.history_bucket_name = config.history_bucket_name
        self.finish()

    def _trail(self) -> AuditTrailArgs:
        args, existing = self._args, self._args.central.trail
        return AuditTrailArgs(
            account=args.account,
            profile=args.profile,
            logs_key_arn=args.logs_key_arn,
            access_log_bucket=args.access_log_bucket,
            data_bucket_arns=[] if existing else args.data_bucket_arns,
            every_bucket=args.every_bucket and existing is None,
            log_retention_days=None if existing else args.log_retention_days,
            archive_days=None if existing else args.archive_days,
            existing=existing,
            deletion_protection=args.deletion_protection,
        )

    def _recorder(self) -> ConfigRecorderArgs:
        args, central = self._args, self._args.central
        return ConfigRecorderArgs(
            account=args.account,
            profile=args.profile,
            logs_key_arn=args.logs_key_arn,
            access_log_bucket=args.access_log_bucket,
            retention_days=args.log_retention_days if central.config_recorder is None else None,
            existing_recorder_name=central.config_recorder,
            existing_service_role=central.config_service_role,
            deletion_protection=args.deletion_protection,
        )
