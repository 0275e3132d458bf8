"""Arguments of `SageMakerTraining`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Optional

import pulumi
from pydantic import field_validator, model_validator

from mlinfra.catalog import managed
from mlinfra.catalog.instances import InstanceType, instance_type
from mlinfra.components import references
from mlinfra.components.access import Access
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.managed.arguments import ManagedJobArgs, seconds
from mlinfra.components.managed.image import pinned
from mlinfra.components.managed.limits import refused
from mlinfra.components.managed.stores import ManagedStore
from mlinfra.components.problems import Invalid


class ManagedSpot(Args):
    """What is left over, cheaper, taken away at two minutes' notice; SageMaker starts the job again when there is more."""

    max_wait: str = "2d"
    """How long it may take with all waiting, no less than time_limit, such as 90m or 2d. Default: two days."""

    @field_validator("max_wait")
    @classmethod
    def _time(cls, value: str) -> str:
        seconds(value)
        return value


class SageMakerTrainingArgs(ManagedJobArgs):
    """Arguments of `SageMakerTraining`."""

    account: Account
    """The account and region that it is deployed to."""
    boundary_arn: pulumi.Input[str]
    """The ARN of the permissions boundary, a `PermissionsBoundary`'s."""
    vpc_id: pulumi.Input[str]
    """The VPC that SageMaker copies data through."""
    subnet_ids: pulumi.Input[Sequence[str]]
    """The subnets, such as a `Network`'s workload_subnet_ids."""
    key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts volumes, of a `KeyRing`'s purpose data."""
    instance_type: str
    """The instance type, such as ml.p5.48xlarge."""
    pull_from: Sequence[pulumi.Input[str]]
    """The ARNs of the repositories from which it has its image."""
    output: ManagedStore
    """Where SageMaker leaves the model, from the folder that OUTPUT_DIR names."""
    data: Mapping[str, ManagedStore] = {}
    """What it reads, by name: each a folder, streamed from S3; DATA_<NAME> says where. Default: nothing."""
    checkpoint: Optional[ManagedStore] = None
    """Where checkpoints are kept, from the folder that CHECKPOINT_DIR names. Required for spot. Default: nowhere."""
    spot: Optional[ManagedSpot] = None
    """Train on Spot capacity. Default: on demand."""
    volume_gib: int = 100
    """The encrypted volume of a node in GiB, where the type has no disks of its own. Default: 100."""
    isolated: bool = True
    """Whether containers have no network but the other nodes of the job. Default: yes; without, they reach what their
    security group and the network let them."""
    encrypted_between_nodes: bool = True
    """Whether what nodes send each other is encrypted, which can take longer. Default: yes."""
    access: Access = Access()
    """What else it may reach, when it is not isolated. Default: nothing."""
    run: str = ""
    """A name for this run. Another one trains again. Default: none."""

    _boundary = field_validator("boundary_arn")(references.policy_arn)
    _vpc = field_validator("vpc_id")(references.vpc_id)
    _key = field_validator("key_arn")(references.key_arn)
    _repositories = field_validator("pull_from")(references.each(references.repository_arn))

    @field_validator("image")
    @classmethod
    def _pinned(cls, value: Any) -> Any:
        return pinned(value)

    @field_validator("instance_type")
    @classmethod
    def _known(cls, value: str) -> str:
        if not value.startswith("ml.") or instance_type(value.removeprefix("ml.")) is None:
            raise refused(
                "sagemaker-type", fix="give one such as ml.p5.48xlarge; `mlinfra catalog instances` lists them"
            )
        return value

    @field_validator("volume_gib")
    @classmethod
    def _volume(cls, value: int) -> int:
        if not 1 <= value <= managed.limit("sagemaker-volume").values["most"]:
            raise refused("sagemaker-volume", fix="give one such as 100")
        return value

    @model_validator(mode="after")
    def _possible(self) -> "SageMakerTrainingArgs":
        if self.isolated and self.tracking:
            fix = "read metrics from the log and record them after, or give isolated=False"
            raise refused("sagemaker-isolated", fix=fix, argument="tracking")
        if not re.fullmatch(r"[A-Za-z0-9-]{0,32}", self.run):
            raise Invalid(
                "it could not be called so", fix="use letters, digits and hyphens, 32 at most", argument="run"
            )
        if "volume_gib" in self.model_fields_set and self.type().disks:
            fix = "leave it out: data lie on the type's own disks"
            raise refused("sagemaker-disks", what=self.instance_type, fix=fix, argument="volume_gib")
        return self

    def type(self) -> InstanceType:
        """The instance type, as the catalogue has it."""
        found = instance_type(self.instance_type.removeprefix("ml."))
        assert found
        return found
