"""Spark without a cluster: an application of EMR Serverless, with a role for every team."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator, model_validator

from mlinfra.catalog import managed
from mlinfra.catalog.trusted_services import trusted_services
from mlinfra.components import references
from mlinfra.components.access import Access, Mode, Permission
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.component import Component, together
from mlinfra.components.documents import Document, Statement, equals
from mlinfra.components.managed.image import pinned
from mlinfra.components.managed.limits import refused
from mlinfra.components.managed.network import job_group
from mlinfra.components.managed.stores import ManagedStore, with_stores
from mlinfra.components.problems import Invalid
from mlinfra.components.profiles import Profile, log_days
from mlinfra.components.roles import workload_role
from mlinfra.components.trusts import service_trust

_RELEASE: Final = re.compile(r"emr-7\.\d{1,2}\.\d+")
_RUN: Final = ("StartJobRun", "GetJobRun", "ListJobRuns", "CancelJobRun", "GetDashboardForJobRun", "ListJobRunAttempts")
_SEE: Final = ("GetApplication", "StartApplication")
_GIB_PER_VCPU: Final = 8


class SparkTeam(Args):
    """A team that runs Spark: what its jobs alone reach."""

    datasets: Mapping[str, ManagedStore] = {}
    """What its jobs read, by name; the programs of the jobs are there as well. Default: nothing."""
    outputs: Sequence[ManagedStore] = ()
    """Where its jobs read and write. Default: nowhere."""
    access: Access = Access()
    """What else its jobs may reach. Default: nothing."""

    def reached(self) -> Access:
        """What the role of its jobs may reach."""
        return with_stores(self.access, self.datasets.values(), self.outputs)


class SparkServerlessArgs(Args):
    """Arguments of `SparkServerless`."""

    account: Account
    """The account and region that it is deployed to."""
    boundary_arn: pulumi.Input[str]
    """The ARN of the permissions boundary, a `PermissionsBoundary`'s."""
    vpc_id: pulumi.Input[str]
    """The VPC of its workers."""
    subnet_ids: pulumi.Input[Sequence[str]]
    """The subnets of its workers, such as a `Network`'s workload_subnet_ids."""
    logs_key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts the logs of jobs."""
    release: str
    """The release of EMR, which says which Spark it is: emr-7.9.0."""
    max_vcpus: int
    """The vCPUs of all workers together at most."""
    teams: Mapping[str, SparkTeam]
    """The teams that run jobs, by name."""
    max_memory_gib: Optional[int] = None
    """The memory of all workers together at most, in GiB. Default: 8 for each vCPU."""
    max_disk_gib: Optional[int] = None
    """The disk of all workers together at most, in GiB. Default: no limit but what workers come with."""
    image: Optional[pulumi.Input[str]] = None
    """The image of drivers and executors with its digest, made of EMR's for the same release; its repository must let EMR
    Serverless pull. Default: EMR's own."""
    arm: bool = False
    """Whether workers are Graviton's; an image must be for arm64 then. Default: no."""
    idle_minutes: int = 15
    """Minutes after which it stops when there are no jobs; the next job starts it again. Default: 15."""
    spark: Mapping[str, str] = {}
    """Properties that jobs have unless they say otherwise, such as spark.dynamicAllocation.maxExecutors. Default: EMR's."""
    event_logs: Optional[ManagedStore] = None
    """Where Spark's event logs are kept, for its history server. Default: nowhere, AWS keeps none either."""
    profile: Profile = Profile.REGULATED
    """The security profile. Default: regulated."""
    log_retention_days: Optional[int] = None
    """How long logs of jobs are kept. Default: the profile's floor (90, 365, 365)."""

    _boundary = field_validator("boundary_arn")(references.policy_arn)
    _vpc = field_validator("vpc_id")(references.vpc_id)
    _key = field_validator("logs_key_arn")(references.key_arn)

    @field_validator("subnet_ids")
    @classmethod
    def _some(cls, value: Any) -> Any:
        if isinstance(value, Sequence):
            if not value:
                raise Invalid("there is none", fix="give one at least")
            references.each(references.subnet_id)(value)
        return value

    @field_validator("image")
    @classmethod
    def _pinned(cls, value: Any) -> Any:
        return pinned(value)

    @field_validator("release")
    @classmethod
    def _release(cls, value: str) -> str:
        if not _RELEASE.fullmatch(value):
            raise refused("emr-release", fix="give one such as emr-7.9.0")
        return value

    @field_validator("teams")
    @classmethod
    def _named(cls, value: Mapping[str, SparkTeam]) -> Mapping[str, SparkTeam]:
        if not value:
            raise Invalid("nobody could run a job", fix="name a team, such as {'vision': SparkTeam()}")
        wrong = next((name for name in value if not re.fullmatch(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?", name)), None)
        if wrong:
            raise Invalid(f"{wrong!r} cannot name roles", fix="use lower-case letters, digits and hyphens, 32 at most")
        return value

    @model_validator(mode="after")
    def _possible(self) -> "SparkServerlessArgs":
        log_days(self.profile, self.log_retention_days, "log_retention_days")
        least = managed.limit("emr-worker").values["vcpus"]
        if self.max_vcpus < least:
            raise refused("emr-worker", fix=f"give {least} or more", argument="max_vcpus")
        for argument in ("max_memory_gib", "max_disk_gib"):
            value = getattr(self, argument)
            if value is not None and value < 1:
                raise Invalid("no worker could have any", fix="give 1 or more", argument=argument)
        if not 1 <= self.idle_minutes <= 10080:  # noqa: PLR2004 - a week, the most that EMR takes
            raise Invalid("not between a minute and a week", fix="give 1 to 10080", argument="idle_minutes")
        return self


class SparkServerless(Component[SparkServerlessArgs]):
    """Spark on EMR Serverless: workers come with a job and go after it, in private subnets, up to a limit.

    Every team has a role for its jobs, which reaches its data alone, and a policy for its people, which lets them run jobs
    with that role and no other. Logs go to one encrypted group; AWS keeps none of its own.

        spark = ml.SparkServerless("spark", ml.SparkServerlessArgs(
            account=account,
            boundary_arn=boundary.policy_arn,
            vpc_id=network.vpc_id,
            subnet_ids=network.workload_subnet_ids,
            logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
            release="emr-7.9.0",
            max_vcpus=200,
            teams={"fraud": ml.SparkTeam(datasets={"payments": ml.ManagedStore(
                bucket_arn=datasets.bucket_arn, key_arn=keys.arn(ml.KeyPurpose.DATA), prefix="payments/",
                classification=ml.Classification.RESTRICTED)})}))
    """

    application_id: pulumi.Output[str]
    """The application's id, which jobs are started with."""
    application_arn: pulumi.Output[str]
    """The application's ARN."""
    log_group_name: pulumi.Output[str]
    """The log group of jobs."""
    security_group_id: pulumi.Output[str]
    """The security group of workers: what they shall reach admits it."""
    job_role_arns: pulumi.Output[Mapping[str, str]]
    """The ARNs of the roles of jobs, by team."""
    submit_policy_arns: pulumi.Output[Mapping[str, str]]
    """The ARNs of the policies of people who run jobs, by team."""

    _args_type = SparkServerlessArgs

    def __init__(self, name: str, args: SparkServerlessArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args = self._args
        log = aws.cloudwatch.LogGroup(
            f"{name}-jobs",
            kms_key_id=args.logs_key_arn,
            retention_in_days=log_days(args.profile, args.log_retention_days, "log_retention_days"),
            opts=self.child(),
        )
        group = job_group(self, f"{name}-workers", args.vpc_id)
        application = self._application(f"{name}-spark", log, group)
        roles = {team: self._role(f"{name}-{team}", one, log) for team, one in args.teams.items()}
        policies = {team: self._submit(f"{name}-{team}-submit", application, role) for team, role in roles.items()}
        self.application_id, self.application_arn = application.id, application.arn
        self.log_group_name, self.security_group_id = log.name, group.id
        self.job_role_arns, self.submit_policy_arns = together(roles), together(policies)
        self.finish()

    def _application(
        self, name: str, log: aws.cloudwatch.LogGroup, group: aws.ec2.SecurityGroup
    ) -> aws.emrserverless.Application:
        args, kit = self._args, aws.emrserverless
        disk = f"{args.max_disk_gib} GB" if args.max_disk_gib else None
        memory = args.max_memory_gib or args.max_vcpus * _GIB_PER_VCPU
        events = args.event_logs
        return kit.Application(
            name,
            type="spark",
            release_label=args.release,
            architecture="ARM64" if args.arm else "X86_64",
            network_configuration=kit.ApplicationNetworkConfigurationArgs(
                subnet_ids=args.subnet_ids, security_group_ids=[group.id]
            ),
            maximum_capacity=kit.ApplicationMaximumCapacityArgs(
                cpu=f"{args.max_vcpus} vCPU", memory=f"{memory} GB", disk=disk
            ),
            auto_start_configuration=kit.ApplicationAutoStartConfigurationArgs(enabled=True),
            auto_stop_configuration=kit.ApplicationAutoStopConfigurationArgs(
                enabled=True, idle_timeout_minutes=args.idle_minutes
            ),
            image_configuration=kit.ApplicationImageConfigurationArgs(image_uri=args.image) if args.image else None,
            monitoring_configuration=kit.ApplicationMonitoringConfigurationArgs(
                cloudwatch_logging_configuration=kit.ApplicationMonitoringConfigurationCloudwatchLoggingConfigurationArgs(
                    enabled=True,
                    log_group_name=log.name,  # which has its key
                ),
                managed_persistence_monitoring_configuration=kit.ApplicationMonitoringConfigurationManagedPersistenceMonitoringConfigurationArgs(
                    enabled=False
                ),
                s3_monitoring_configuration=kit.ApplicationMonitoringConfigurationS3MonitoringConfigurationArgs(
                    log_uri=events.url(), encryption_key_arn=events.key_arn
                )
                if events
                else None,
            ),
            runtime_configurations=[
                kit.ApplicationRuntimeConfigurationArgs(classification="spark-defaults", properties={**args.spark})
            ]
            if args.spark
            else None,
            tags={"Name": name},
            opts=self.child(),
        )

    def _role(self, name: str, team: SparkTeam, log: aws.cloudwatch.LogGroup) -> pulumi.Output[str]:
        args, access = self._args, team.reached()
        events = [args.event_logs.reached(Mode.WRITE)] if args.event_logs else []
        return workload_role(
            self,
            name,
            description=f"{name}: Spark jobs of the team",
            trust=service_trust(trusted_services()["emr-serverless"], args.account).json(),
            account=args.account,
            access=access.model_copy(
                update={
                    "buckets": [*access.buckets, *events],
                    "log_to": [*access.log_to, log.arn],
                    "permissions": [*access.permissions, *_finding(log)],
                }
            ),
            boundary_arn=args.boundary_arn,
        )[0]

    def _submit(
        self, name: str, application: aws.emrserverless.Application, role_arn: pulumi.Output[str]
    ) -> pulumi.Output[str]:
        """Running jobs of this application with this role. EMR Serverless starts it when it has stopped."""
        runs = pulumi.Output.concat(application.arn, "/jobruns/*")
        statements = [
            Statement(
                sid="RunJobs",
                actions=[f"emr-serverless:{action}" for action in (*_SEE, *_RUN)],
                resources=[application.arn, runs],
            ),
            Statement(
                sid="PassTeamRole",
                actions=["iam:PassRole"],
                resources=[role_arn],
                conditions=[equals("iam:PassedToService", trusted_services()["emr-serverless"].principal)],
            ),
        ]
        return aws.iam.Policy(
            name, description=f"{name}: running Spark jobs", policy=Document(statements).json(), opts=self.child()
        ).arn


def _finding(log: aws.cloudwatch.LogGroup) -> list[Permission]:
    """Looking for the log group, which EMR Serverless does before it writes there.

    Source: https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/logging.html
    """
    streams = pulumi.Output.concat(log.arn, ":*")
    return [
        Permission(sid="FindLogGroups", actions=["logs:DescribeLogGroups"], on_every_resource=True),
        Permission(sid="FindLogStreams", actions=["logs:DescribeLogStreams"], resources=[streams]),
    ]
