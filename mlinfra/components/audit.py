"""Who did what in the account: CloudTrail into a log archive that nobody can rewrite."""

from collections.abc import Sequence
from typing import Any, Final, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator, model_validator

from mlinfra.components import references
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.buckets import BucketArn, Lifecycle, Lock, SecureBucket, secure_bucket
from mlinfra.components.component import Component
from mlinfra.components.documents import (
    EVERYONE,
    Condition,
    Document,
    Effect,
    Operator,
    Principals,
    Statement,
    equals,
    trust,
)
from mlinfra.components.problems import Invalid
from mlinfra.components.profiles import POSTURES, Classification, Profile, at_least, log_days

CLOUDTRAIL: Final = "cloudtrail.amazonaws.com"
COLDER: Final = ("GLACIER_IR", 90)
NONCURRENT_DAYS: Final = 30
INSIGHTS: Final = ("ApiCallRateInsight", "ApiErrorRateInsight")


class ExistingTrail(Args):
    """A trail that the organisation already has, of all regions and with validated log files."""

    trail_arn: pulumi.Input[str]
    """The trail's ARN."""
    archive_bucket_name: pulumi.Input[str]
    """The name of the bucket that it delivers to."""
    log_group_name: pulumi.Input[str]
    """The name of the log group that it writes to, in this account and region."""

    _trail = field_validator("trail_arn")(references.trail_arn)
    _bucket = field_validator("archive_bucket_name")(references.bucket_name)
    _group = field_validator("log_group_name")(references.log_group_name)


class AuditTrailArgs(Args):
    """Arguments of `AuditTrail`."""

    account: Account
    """The account whose actions are recorded, and the trail's home region."""
    logs_key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts logs; its policy admits CloudTrail and CloudWatch Logs, as `KeyRing`'s does."""
    access_log_bucket: pulumi.Input[str]
    """The name of the bucket that records who reads the archive, an `AccessLogBucket`."""
    data_bucket_arns: Sequence[pulumi.Input[str]] = ()
    """Buckets whose every object access is recorded. Default: none."""
    every_bucket: bool = False
    """Whether object access is recorded in every bucket of the account, those of later stacks among them; the archive and
    the bucket of access logs aside, where records would make records. Default: only in `data_bucket_arns`."""
    profile: Profile = Profile.REGULATED
    """The security profile. Default: regulated."""
    archive_days: Optional[int] = None
    """Days that the archive keeps logs under Object Lock before they expire. Default: the profile's floor
    (90, 365, 365)."""
    log_retention_days: Optional[int] = None
    """Days that logs can be searched in CloudWatch Logs. Default: the profile's floor (90, 365, 365)."""
    notify: bool = False
    """Whether to announce every delivery on an encrypted SNS topic. Default: no."""
    deletion_protection: bool = True
    """Whether Pulumi refuses to delete the archive and the trail. When false, destroying the stack erases what Object
    Lock does not hold."""
    existing: Optional[ExistingTrail] = None
    """The organisation's trail, where there is one; then nothing is created. Default: a trail is created."""

    _key = field_validator("logs_key_arn")(references.key_arn)
    _logs = field_validator("access_log_bucket")(references.bucket_name)
    _buckets = field_validator("data_bucket_arns")(references.each(references.bucket_arn))

    @model_validator(mode="after")
    def _whose(self) -> "AuditTrailArgs":
        asked = {
            "data_bucket_arns": self.data_bucket_arns,
            "every_bucket": self.every_bucket,
            "archive_days": self.archive_days,
            "log_retention_days": self.log_retention_days,
            "notify": self.notify,
        }
        for argument, value in asked.items():
            if self.existing is not None and value:
                fix = f"leave {argument} out, or existing"
                raise Invalid("an existing trail is not changed here", fix=fix, argument=argument)
        return self

    @model_validator(mode="after")
    def _floors(self) -> "AuditTrailArgs":
        log_days(self.profile, self.log_retention_days, "log_retention_days")
        self.lock()
        return self

    def lock(self) -> Lock:
        """The archive's Object Lock."""
        posture = POSTURES[self.profile]
        return Lock(posture.lock_mode, at_least(posture.archive_days, self.archive_days, self.profile, "archive_days"))


class AuditTrail(Component[AuditTrailArgs]):
    """A multi-region CloudTrail with validated, encrypted logs: locked in an archive, searchable in CloudWatch Logs.

    Records management events of every region, unusual call and error rates, and object access in the buckets given.

        audit = ml.AuditTrail("audit", ml.AuditTrailArgs(
            account=account, logs_key_arn=keys.arn(ml.KeyPurpose.LOGS), access_log_bucket=access_logs.bucket_name))
    """

    trail_arn: pulumi.Output[str]
    """The trail's ARN."""
    archive_bucket_name: pulumi.Output[str]
    """The archive's name."""
    archive_bucket_arn: pulumi.Output[str]
    """The archive's ARN."""
    log_group_arn: pulumi.Output[str]
    """The ARN of the log group in which the trail can be searched."""
    log_group_name: pulumi.Output[str]
    """The log group's name."""
    topic_arn: Optional[pulumi.Output[str]]
    """The topic of deliveries; absent unless asked for."""

    _args_type = AuditTrailArgs

    def __init__(self, name: str, args: AuditTrailArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        if self._args.existing is None:
            self._record(name)
        else:
            self._adopt(self._args.existing)
        self.finish()

    def _adopt(self, existing: ExistingTrail) -> None:
        account = self._args.account
        self.trail_arn = pulumi.Output.from_input(existing.trail_arn)
        self.archive_bucket_name = pulumi.Output.from_input(existing.archive_bucket_name)
        self.archive_bucket_arn = pulumi.Output.concat("arn:", account.partition, ":s3:::", self.archive_bucket_name)
        self.log_group_name = pulumi.Output.from_input(existing.log_group_name)
        self.log_group_arn = pulumi.Output.concat(account.arn("logs", "log-group:"), self.log_group_name)
        self.topic_arn = None

    def _record(self, name: str) -> None:
        args = self._args
        trail_name = self.qualified_name(name)
        # The name is fixed so that bucket, role and topic can admit this very trail before it exists.
        self._arn = args.account.arn("cloudtrail", f"trail/{trail_name}")
        archive = self._archive(f"{name}-archive")
        group = aws.cloudwatch.LogGroup(
            f"{name}-trail",
            kms_key_id=args.logs_key_arn,
            retention_in_days=log_days(args.profile, args.log_retention_days, "log_retention_days"),
            opts=self.child(),
        )
        role, written = self._writer(f"{name}-trail", group)
        topic, announced = self._topic(f"{name}-deliveries") if args.notify else (None, None)
        trail = aws.cloudtrail.Trail(
            f"{name}-trail",
            name=trail_name,
            s3_bucket_name=archive.name,
            kms_key_id=args.logs_key_arn,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            enable_logging=True,
            cloud_watch_logs_group_arn=group.arn.apply(lambda arn: f"{arn}:*"),
            cloud_watch_logs_role_arn=role.arn,
            sns_topic_name=topic.arn if topic else None,
            advanced_event_selectors=self._selectors(archive.arn),
            insight_selectors=[aws.cloudtrail.TrailInsightSelectorArgs(insight_type=kind) for kind in INSIGHTS],
            opts=self.child(
                protect=args.deletion_protection,
                depends_on=[resource for resource in (archive.policy, written, announced) if resource],
            ),
        )
        self.trail_arn = trail.arn
        self.archive_bucket_name, self.archive_bucket_arn = archive.name, archive.arn
        self.log_group_arn, self.log_group_name = group.arn, group.name
        self.topic_arn = topic.arn if topic else None

    def _archive(self, name: str) -> SecureBucket:
        args, lock = self._args, self._args.lock()
        return secure_bucket(
            self,
            name,
            key_arn=args.logs_key_arn,
            statements=self._deliver,
            lifecycle=Lifecycle(
                noncurrent_days=NONCURRENT_DAYS,
                colder=COLDER if lock.days > COLDER[1] else None,
                expire_days=lock.days,
            ),
            access_log_bucket=args.access_log_bucket,
            lock=lock,
            deletion_protection=args.deletion_protection,
            classification=Classification.CONFIDENTIAL,
        )

    def _deliver(self, bucket_arn: BucketArn) -> list[Statement]:
        """The bucket policy that CloudTrail asks for (user guide, "Amazon S3 bucket policy for CloudTrail").

        There is no right-key-only statement here: CloudTrail writes its digests with S3's own key.
        """
        cloudtrail, this_trail = Principals.services(CLOUDTRAIL), equals("aws:SourceArn", self._arn)
        return [
            Statement(
                sid="CloudTrailCheck",
                principals=cloudtrail,
                actions=["s3:GetBucketAcl"],
                resources=[bucket_arn],
                conditions=[this_trail],
            ),
            Statement(
                sid="CloudTrailWrite",
                principals=cloudtrail,
                actions=["s3:PutObject"],
                resources=[pulumi.Output.concat(bucket_arn, "/AWSLogs/", self._args.account.id, "/*")],
                conditions=[this_trail, equals("s3:x-amz-acl", "bucket-owner-full-control")],
            ),
        ]

    def _writer(self, name: str, group: aws.cloudwatch.LogGroup) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        """The role through which the trail writes to its log group, and what it may do."""
        account = self._args.account
        assume = trust(CLOUDTRAIL, equals("aws:SourceAccount", account.id), equals("aws:SourceArn", self._arn))
        role = aws.iam.Role(
            name,
            description=f"{name}: CloudTrail writes to CloudWatch Logs",
            assume_role_policy=assume.json(),
            opts=self.child(),
        )
        streams = pulumi.Output.concat(group.arn, ":log-stream:", account.id, "_CloudTrail_", account.region, "*")
        write = Statement(sid="Write", actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[streams])
        return role, aws.iam.RolePolicy(name, role=role.name, policy=Document([write]).json(), opts=self.child())

    def _topic(self, name: str) -> tuple[aws.sns.Topic, aws.sns.TopicPolicy]:
        topic = aws.sns.Topic(name, kms_master_key_id=self._args.logs_key_arn, opts=self.child())
        publish = Statement(
            sid="CloudTrailPublish",
            principals=Principals.services(CLOUDTRAIL),
            actions=["sns:Publish"],
            resources=[topic.arn],
            conditions=[equals("aws:SourceArn", self._arn)],
        )
        plaintext = Statement(
            sid="DenyPlaintext",
            effect=Effect.DENY,
            principals=EVERYONE,
            actions=["sns:Publish"],
            resources=[topic.arn],
            conditions=[Condition(Operator.BOOL, "aws:SecureTransport", "false")],
        )
        policy = aws.sns.TopicPolicy(
            name, arn=topic.arn, policy=Document([publish, plaintext]).json(), opts=self.child()
        )
        return topic, policy

    def _selectors(self, archive_arn: pulumi.Output[str]) -> list[aws.cloudtrail.TrailAdvancedEventSelectorArgs]:
        """Management events, and object-level events of data buckets."""
        args = self._args
        selectors = [_selector("Management events", [_field("eventCategory", equals=["Management"])])]
        if args.data_bucket_arns or args.every_bucket:
            access_logs = pulumi.Output.concat("arn:", args.account.partition, ":s3:::", args.access_log_bucket)
            some = (
                {"not_starts_withs": [archive_arn, access_logs]}
                if args.every_bucket
                else {"starts_withs": args.data_bucket_arns}
            )
            buckets = {test: [pulumi.Output.concat(arn, "/") for arn in arns] for test, arns in some.items()}
            data = [
                _field("eventCategory", equals=["Data"]),
                _field("resources.type", equals=["AWS::S3::Object"]),
                _field("resources.ARN", **buckets),
            ]
            selectors.append(_selector("Objects in data buckets", data))
        return selectors


def _selector(
    name: str, fields: Sequence[aws.cloudtrail.TrailAdvancedEventSelectorFieldSelectorArgs]
) -> aws.cloudtrail.TrailAdvancedEventSelectorArgs:
    return aws.cloudtrail.TrailAdvancedEventSelectorArgs(name=name, field_selectors=fields)


def _field(name: str, **tests: Any) -> aws.cloudtrail.TrailAdvancedEventSelectorFieldSelectorArgs:
    return aws.cloudtrail.TrailAdvancedEventSelectorFieldSelectorArgs(field=name, **tests)
