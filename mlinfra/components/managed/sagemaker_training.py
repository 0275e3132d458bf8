"""PyTorch jobs of SageMaker, isolated from the network."""

from collections.abc import Iterable
from typing import Any, Final, Optional

import pulumi
import pulumi_aws as aws

from mlinfra.catalog import managed
from mlinfra.catalog.trusted_services import trusted_services
from mlinfra.components.access import Attachment, Permission
from mlinfra.components.account import Account
from mlinfra.components.component import Component
from mlinfra.components.jobs.late import Late
from mlinfra.components.managed.arguments import seconds
from mlinfra.components.managed.limits import refused
from mlinfra.components.managed.network import job_group
from mlinfra.components.managed.pytorch import checked, fields, refusals
from mlinfra.components.managed.sagemaker_arguments import SageMakerTrainingArgs
from mlinfra.components.managed.sites import SageMakerNodes, start
from mlinfra.components.managed.stores import ManagedStore, with_stores
from mlinfra.components.problems import Invalid, Problem, shown
from mlinfra.components.roles import workload_role
from mlinfra.components.trusts import service_trust
from mlinfra.jobs import PyTorchJob

_LOG_GROUP: Final = "/aws/sagemaker/TrainingJobs"
_PLACES: Final = {"pool": "instance_type"}
_MAX_NAME: Final = 63
_SCRIPT: Final = "MLINFRA_WHO"
_WHO: Final = (
    "import json;c=json.load(open('/opt/ml/input/config/resourceconfig.json'));h=sorted(c['hosts']);"
    "print(f\"NODE={h.index(c['current_host'])} FIRST={h[0]}\")"
)
"""What a node prints of itself from the file that SageMaker gives it."""


class SageMakerTraining(Component[SageMakerTrainingArgs]):
    """A training job of SageMaker: torchrun on one node or several, which a deployment starts.

    Containers have no network but each other, and what they say to each other is encrypted; SageMaker brings their data
    and takes model and checkpoints. The job has a role of its own, which reaches its data alone, and it ends by itself.
    Changed arguments, or another `run`, train again.

        resnet = ml.SageMakerTraining("resnet", ml.SageMakerTrainingArgs(
            account=account,
            boundary_arn=boundary.policy_arn,
            vpc_id=network.vpc_id,
            subnet_ids=network.workload_subnet_ids,
            key_arn=keys.arn(ml.KeyPurpose.DATA),
            instance_type="ml.g6.12xlarge",
            image=images.repository_urls["training"].apply(lambda url: url + "@sha256:" + "0" * 64),
            pull_from=[images.repository_arns["training"]],
            script="train.py",
            output=ml.ManagedStore(
                bucket_arn=datasets.bucket_arn, key_arn=keys.arn(ml.KeyPurpose.DATA), prefix="models/",
                classification=ml.Classification.INTERNAL)))
    """

    job_name: pulumi.Output[str]
    """The training job's name."""
    job_arn: pulumi.Output[str]
    """The training job's ARN."""
    role_arn: pulumi.Output[str]
    """The ARN of its role."""
    model_url: pulumi.Output[str]
    """Where its model is when it has finished: s3://bucket/…/model.tar.gz."""

    _args_type = SageMakerTrainingArgs

    def __init__(self, name: str, args: SageMakerTrainingArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args, late, kit = self._args, Late(), aws.sagemaker
        job, late = checked(f'SageMakerTraining "{name}"', _fields(name, args, late), late, _PLACES)
        group = job_group(self, f"{name}-nodes", args.vpc_id)
        self.role_arn = self._role(name, group)
        command, env = _command(job)
        models = args.output.url(f"{name}/output/")
        own_disks = args.type().disks > 0
        made = kit.TrainingJob(
            f"{name}-job",
            training_job_name=_job_name(self.qualified_name(name), args.run),
            role_arn=self.role_arn,
            algorithm_specification=kit.TrainingJobAlgorithmSpecificationArgs(
                training_image=args.image,
                training_input_mode="FastFile",
                container_entrypoints=command[:3],
                container_arguments=command[3:],
            ),
            input_data_configs=[_channel(one, store) for one, store in args.data.items()] or None,
            output_data_config=kit.TrainingJobOutputDataConfigArgs(
                s3_output_path=models, kms_key_id=args.output.key_arn
            ),
            checkpoint_config=kit.TrainingJobCheckpointConfigArgs(
                s3_uri=args.checkpoint.url(f"{name}/checkpoint/"), local_path="/opt/ml/checkpoints"
            )
            if args.checkpoint
            else None,
            resource_config=kit.TrainingJobResourceConfigArgs(
                instance_type=args.instance_type,
                instance_count=args.nodes,
                volume_size_in_gb=None if own_disks else args.volume_gib,
                volume_kms_key_id=None if own_disks else args.key_arn,
            ),
            stopping_condition=kit.TrainingJobStoppingConditionArgs(
                max_runtime_in_seconds=job.time_limit,
                max_wait_time_in_seconds=seconds(args.spot.max_wait) if args.spot else None,
            ),
            retry_strategy=kit.TrainingJobRetryStrategyArgs(maximum_retry_attempts=job.retries)
            if job.retries
            else None,
            vpc_config=kit.TrainingJobVpcConfigArgs(subnets=args.subnet_ids, security_group_ids=[group.id]),
            environment=late.filled(env),
            enable_network_isolation=args.isolated,
            enable_inter_container_traffic_encryption=args.encrypted_between_nodes,
            enable_managed_spot_training=args.spot is not None,
            remote_debug_config=kit.TrainingJobRemoteDebugConfigArgs(enable_remote_debug=False),
            tags={"Name": name, "data-classification": args.output.classification.value},
            # A job's name is taken while its record is there.
            opts=self.child(delete_before_replace=True),
        )
        self.job_name, self.job_arn = made.training_job_name, made.arn
        self.model_url = pulumi.Output.concat(models, made.training_job_name, "/output/model.tar.gz")
        self.finish()

    def _refusals(self, name: str, args: SageMakerTrainingArgs) -> Iterable[Problem]:
        if found := [*refusals(lambda late: _fields(name, args, late), args, _PLACES)]:
            yield from found
            return
        try:
            _fits(args, PyTorchJob(**_fields(name, args, Late())))
        except Invalid as error:
            yield Problem(error.argument, shown(getattr(args, error.argument)), error.reason, error.fix)

    def _role(self, name: str, group: aws.ec2.SecurityGroup) -> pulumi.Output[str]:
        args = self._args
        access = with_stores(args.access, args.data.values(), [args.checkpoint, args.output])
        more: dict[str, Any] = {
            "pull_from": [*access.pull_from, *args.pull_from],
            "log_to": [*access.log_to, args.account.arn("logs", f"log-group:{_LOG_GROUP}")],
            "metrics_in": [*access.metrics_in, _LOG_GROUP],
            "vpc": Attachment(subnet_ids=args.subnet_ids, security_group_ids=[group.id]),
            "permissions": [*access.permissions, _finding(args.account), *_volumes(args)],
        }
        return workload_role(
            self,
            f"{name}-training",
            description=f"{name}: training in SageMaker",
            trust=service_trust(trusted_services()["sagemaker"], args.account).json(),
            account=args.account,
            access=access.model_copy(update=more),
            boundary_arn=args.boundary_arn,
        )[0]


def _fields(name: str, args: SageMakerTrainingArgs, late: Late) -> dict[str, Any]:
    found = args.type()
    gpus = found.accelerator.count if found.accelerator else 0
    return fields(
        name,
        args,
        late,
        pool={
            "name": args.instance_type,
            "instance_types": [found.name],
            "capacity": "spot" if args.spot else "on-demand",
            "accelerators_per_node": gpus,
            "efa_per_node": found.efa_interfaces,
        },
        resources={"cpu": str(found.vcpus), "memory": f"{found.memory_mib}Mi", "gpus": gpus},
        data=args.data,
        checkpoint=args.checkpoint,
        output=args.output,
    )


def _command(job: PyTorchJob) -> tuple[list[str], dict[str, str]]:
    """Entrypoint and arguments, and the environment. SageMaker tells nodes who they are in a file, which Python reads."""
    command, env = start(job, SageMakerNodes(), 'eval "$(python3 -c "$MLINFRA_WHO")"')
    shell = f'set -eu; cd "$1"; shift; {command[2]}'
    return [*command[:2], shell, command[3], job.directory, *command[4:]], {**env, _SCRIPT: _WHO}


def _channel(name: str, store: ManagedStore) -> aws.sagemaker.TrainingJobInputDataConfigArgs:
    return aws.sagemaker.TrainingJobInputDataConfigArgs(
        channel_name=name,
        data_source=aws.sagemaker.TrainingJobInputDataConfigDataSourceArgs(
            s3_data_source=aws.sagemaker.TrainingJobInputDataConfigDataSourceS3DataSourceArgs(
                s3_data_type="S3Prefix", s3_uri=store.url(), s3_data_distribution_type="FullyReplicated"
            )
        ),
    )


def _finding(account: Account) -> Permission:
    """SageMaker makes the log group of all training jobs when there is none, and looks for streams there."""
    group = account.arn("logs", f"log-group:{_LOG_GROUP}")
    actions = ["logs:CreateLogGroup", "logs:DescribeLogStreams"]
    return Permission(sid="FindLogs", actions=actions, resources=[group, pulumi.Output.concat(group, ":*")])


def _volumes(args: SageMakerTrainingArgs) -> list[Permission]:
    """Volumes under the key, which are SageMaker's own: it is given a grant, and EC2 of this account has no part in it.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    actions = ["kms:CreateGrant", "kms:DescribeKey"]
    return [] if args.type().disks else [Permission(sid="EncryptVolumes", actions=actions, resources=[args.key_arn])]


def _job_name(qualified: str, run: str) -> str:
    return f"{qualified}-{run}" if run else qualified


def _fits(args: SageMakerTrainingArgs, job: PyTorchJob) -> None:
    """Raises `Invalid` for what SageMaker would refuse."""
    if job.time_limit > managed.limit("sagemaker-time").values["seconds"]:
        raise refused("sagemaker-time", fix="give 28d or less", argument="time_limit")
    if job.retries > managed.limit("sagemaker-retries").values["attempts"]:
        raise refused("sagemaker-retries", fix="give 30 at most", argument="retries")
    if args.spot and seconds(args.spot.max_wait) < job.time_limit:
        raise refused("sagemaker-wait", fix=f"give {args.time_limit} or more", argument="spot")
    most = managed.limit("sagemaker-environment").values
    command, env = _command(job)
    if long := next((name for name, value in env.items() if len(value) > most["variable"]), None):
        raise refused("sagemaker-environment", what=long, fix="put it into a file of the image", argument="env")
    if len(command) > most["arguments"] or any(len(part) > most["argument"] for part in command):
        raise refused("sagemaker-environment", fix="put them into a file of the image", argument="args")
    if len(called := _job_name(Component.qualified_name(job.name), args.run)) > _MAX_NAME:
        raise Invalid(f"{called} is longer than a job's name can be", fix="shorten it", argument="run")
