"""A place to train without Kubernetes: instances, a queue and a fair share for every team, in AWS Batch."""

from collections.abc import Mapping
from typing import Any, Final, Optional

import pulumi
import pulumi_aws as aws

from mlinfra.catalog.trusted_services import trusted_services
from mlinfra.components.access import Access
from mlinfra.components.component import Component, together
from mlinfra.components.managed.batch_arguments import BatchTrainingArgs
from mlinfra.components.managed.batch_instances import instance_profile, launch_template
from mlinfra.components.managed.batch_reference import BatchReference, BatchTeamReference
from mlinfra.components.managed.network import job_group
from mlinfra.components.pools.reference import CapacityKind
from mlinfra.components.profiles import log_days
from mlinfra.components.roles import workload_role
from mlinfra.components.trusts import service_trust

_STRATEGY: Final = {CapacityKind.SPOT: "SPOT_PRICE_CAPACITY_OPTIMIZED"}
_STUCK: Final = ("MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE", "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT")
"""Why a job can wait for ever: the environment is too small, or no instance type has what it asks for."""
_STUCK_SECONDS: Final = 3600
_DECAY_SECONDS: Final = 86400  # how far back use counts against a team
_DRAIN_MINUTES: Final = 360  # what runs on an instance that is replaced is given the longest that Batch waits


class BatchTraining(Component[BatchTrainingArgs]):
    """GPU instances in AWS Batch, a queue, and for every team a fair share of it and a role that reaches its data alone.

    Instances come when jobs wait and go when none do, never more than `max_nodes`. They are private, their disks are
    encrypted, they have no SSH key, and jobs do not get at their role. With EFA every network card has its interface, and
    they stand close together. Logs of jobs go to one encrypted group. What Batch would refuse, or take and leave waiting
    for ever, is an error here, with its source.

        batch = ml.BatchTraining("gpus", ml.BatchTrainingArgs(
            account=account,
            boundary_arn=boundary.policy_arn,
            vpc_id=network.vpc_id,
            subnet_ids=[network.workload_subnet_ids[0]],
            volume_key_arn=keys.arn(ml.KeyPurpose.CLUSTER),
            logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
            instance_types=["p5.48xlarge"],
            image_id="ami-0123456789abcdef0",
            max_nodes=4,
            pull_from=[images.repository_arns["training"]],
            teams={"vision": ml.BatchTeam(weight=2, datasets={"imagenet": ml.ManagedStore(
                bucket_arn=datasets.bucket_arn, key_arn=keys.arn(ml.KeyPurpose.DATA), prefix="imagenet/",
                classification=ml.Classification.INTERNAL)})}))
    """

    queue_arn: pulumi.Output[str]
    """The ARN of the queue that jobs are submitted to, with the team's name as the share identifier."""
    environment_arn: pulumi.Output[str]
    """The ARN of the compute environment."""
    log_group_name: pulumi.Output[str]
    """The log group of jobs."""
    security_group_id: pulumi.Output[str]
    """The security group of instances and jobs: what they shall reach admits it."""
    job_role_arns: pulumi.Output[Mapping[str, str]]
    """The ARNs of the roles of jobs, by team."""

    _args_type = BatchTrainingArgs

    def __init__(self, name: str, args: BatchTrainingArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args = self._args
        self._name = name
        log = aws.cloudwatch.LogGroup(
            f"{name}-jobs",
            kms_key_id=args.logs_key_arn,
            retention_in_days=log_days(args.profile, args.log_retention_days, "log_retention_days"),
            opts=self.child(),
        )
        group = job_group(self, f"{name}-nodes", args.vpc_id)
        environment = self._environment(group)
        queue = self._queue(environment)
        execution = self._role(
            "execution", "pulls images and writes logs", Access(pull_from=args.pull_from, log_to=[log.arn])
        )
        roles = {team: self._role(team, "jobs of the team", one.reached()) for team, one in args.teams.items()}
        self._reference = BatchReference(
            region=args.account.region,
            instance_types=list(args.instance_types),
            max_nodes=args.max_nodes,
            capacity=args.capacity.kind,
            efa_per_node=args.types()[0].efa_interfaces if args.fabric() else 0,
            log_group_name=log.name,
            execution_role_arn=execution,
            teams={
                team: BatchTeamReference(
                    role_arn=roles[team], datasets=one.datasets, checkpoints=one.checkpoints, outputs=one.outputs
                )
                for team, one in args.teams.items()
            },
        )
        self.queue_arn, self.environment_arn = queue.arn, environment.arn
        self.log_group_name, self.security_group_id = log.name, group.id
        self.job_role_arns = together(roles)
        self.finish()

    @property
    def reference(self) -> BatchReference:
        """The place as jobs see it."""
        return self._reference

    def _role(self, role: str, purpose: str, access: Access) -> pulumi.Output[str]:
        args = self._args
        return workload_role(
            self,
            f"{self._name}-{role}",
            description=f"{self._name}: {purpose}",
            trust=service_trust(trusted_services()["ecs-tasks"], args.account).json(),
            account=args.account,
            access=access,
            boundary_arn=args.boundary_arn,
        )[0]

    def _environment(self, group: aws.ec2.SecurityGroup) -> aws.batch.ComputeEnvironment:
        args, name = self._args, self._name
        groups: list[Any] = [group.id, *args.security_group_ids]
        template = launch_template(self, f"{name}-nodes", args, groups)
        placed = (
            aws.ec2.PlacementGroup(f"{name}-close", strategy="cluster", opts=self.child()) if args.placed() else None
        )
        gpus = any(one.accelerator for one in args.types())
        return aws.batch.ComputeEnvironment(
            f"{name}-environment",
            type="MANAGED",
            # Without a role Batch acts with its service-linked one, which alone can change an environment in place.
            compute_resources=aws.batch.ComputeEnvironmentComputeResourcesArgs(
                type="SPOT" if args.capacity.kind is CapacityKind.SPOT else "EC2",
                allocation_strategy=_STRATEGY.get(args.capacity.kind, "BEST_FIT_PROGRESSIVE"),
                instance_types=[*args.instance_types],
                min_vcpus=args.vcpus(args.min_nodes),
                max_vcpus=args.vcpus(args.max_nodes),
                subnets=[*args.subnet_ids],
                security_group_ids=groups,
                instance_role=instance_profile(self, f"{name}-instances", args),
                ec2_configurations=[
                    aws.batch.ComputeEnvironmentComputeResourcesEc2ConfigurationArgs(
                        image_type="ECS_AL2023_NVIDIA" if gpus else "ECS_AL2023", image_id_override=args.image_id
                    )
                ],
                placement_group=placed.name if placed else None,
                launch_template=aws.batch.ComputeEnvironmentComputeResourcesLaunchTemplateArgs(
                    launch_template_id=template.id, version=template.latest_version.apply(str)
                ),
                tags={"Name": f"{name}-nodes"},
            ),
            update_policy=aws.batch.ComputeEnvironmentUpdatePolicyArgs(
                terminate_jobs_on_update=False, job_execution_timeout_minutes=_DRAIN_MINUTES
            ),
            opts=self.child(),
        )

    def _queue(self, environment: aws.batch.ComputeEnvironment) -> aws.batch.JobQueue:
        shares = aws.batch.SchedulingPolicy(
            f"{self._name}-shares",
            fair_share_policy=aws.batch.SchedulingPolicyFairSharePolicyArgs(
                share_decay_seconds=_DECAY_SECONDS,
                share_distributions=[
                    # Batch counts the other way round: a smaller factor is a larger share.
                    aws.batch.SchedulingPolicyFairSharePolicyShareDistributionArgs(
                        share_identifier=team, weight_factor=round(1 / one.weight, 4)
                    )
                    for team, one in self._args.teams.items()
                ],
            ),
            opts=self.child(),
        )
        return aws.batch.JobQueue(
            f"{self._name}-queue",
            state="ENABLED",
            priority=1,
            scheduling_policy_arn=shares.arn,
            compute_environment_orders=[
                aws.batch.JobQueueComputeEnvironmentOrderArgs(order=1, compute_environment=environment.arn)
            ],
            job_state_time_limit_actions=[
                aws.batch.JobQueueJobStateTimeLimitActionArgs(
                    state="RUNNABLE", reason=reason, max_time_seconds=_STUCK_SECONDS, action="CANCEL"
                )
                for reason in _STUCK
            ],
            opts=self.child(),
        )
