"""Arguments of `BatchTraining`."""

import re
from collections.abc import Mapping, Sequence
from typing import Optional

import pulumi
from pydantic import field_validator, model_validator

from mlinfra.catalog import managed
from mlinfra.catalog.instances import InstanceType, instance_type
from mlinfra.components import references
from mlinfra.components.access import Access
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.managed import batch_checks
from mlinfra.components.managed.limits import refused
from mlinfra.components.managed.stores import ManagedStore, with_stores
from mlinfra.components.pools.capacity import Capacity
from mlinfra.components.pools.reference import CapacityKind
from mlinfra.components.problems import Invalid
from mlinfra.components.profiles import Profile, log_days


class BatchTeam(Args):
    """A team that trains: its share of the queue, and the data that its jobs alone reach."""

    weight: float = 1
    """Its weight: a team of weight 2 gets twice the share of one of weight 1 while both wait. Default: 1."""
    datasets: Mapping[str, ManagedStore] = {}
    """What its jobs read, by name. Default: nothing."""
    checkpoints: Optional[ManagedStore] = None
    """Where its jobs keep checkpoints, each in a folder of its own. Required on spot capacity. Default: nowhere."""
    outputs: Optional[ManagedStore] = None
    """Where its jobs leave models, each in a folder of its own. Default: nowhere."""
    access: Access = Access()
    """What else its jobs may reach. Default: nothing."""

    @field_validator("weight")
    @classmethod
    def _weight(cls, value: float) -> float:
        bounds = managed.limit("share-weight").values
        if not bounds["least"] <= value <= bounds["most"]:
            raise refused("share-weight", fix="give one such as 1 or 2.5")
        return value

    def reached(self) -> Access:
        """What the role of its jobs may reach."""
        return with_stores(self.access, self.datasets.values(), [self.checkpoints, self.outputs])


class BatchTrainingArgs(Args):
    """Arguments of `BatchTraining`."""

    account: Account
    """The account and region that it is deployed to."""
    boundary_arn: pulumi.Input[str]
    """The ARN of the permissions boundary, a `PermissionsBoundary`'s."""
    vpc_id: pulumi.Input[str]
    """The VPC of its instances."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """The subnets of its instances, such as one of a `Network`'s workload subnets: one where they stand close together."""
    volume_key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts the disks of instances, of a `KeyRing`'s purpose cluster: EC2 launches with it."""
    logs_key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts the logs of jobs."""
    instance_types: Sequence[str]
    """The instance types, such as p5.48xlarge. Spot wants three at least."""
    max_nodes: int
    """How many instances there are at most, of the largest type."""
    teams: Mapping[str, BatchTeam]
    """The teams that train, by name: letters and digits, which is how Batch calls shares."""
    pull_from: Sequence[pulumi.Input[str]]
    """The ARNs of the repositories from which jobs have their images."""
    capacity: Capacity = Capacity()
    """How instances are bought: on_demand, spot or reservation, exactly one. Default: on demand."""
    efa: Optional[bool] = None
    """Whether instances have the Elastic Fabric Adapter on every network card, for jobs over several of them. Default: yes
    for one type with several network cards, unless of Spot."""
    image_id: Optional[pulumi.Input[str]] = None
    """The machine image of instances (ami-…): one for ECS with the NVIDIA driver, and with that of EFA where `efa` is. Default:
    Batch's own for GPUs, which has no EFA."""
    min_nodes: int = 0
    """How many instances wait for jobs at least. Default: 0, nothing is paid for while nobody trains."""
    security_group_ids: Sequence[pulumi.Input[str]] = ()
    """More security groups of instances, such as a file system's client group; four at most. Default: none."""
    disk_gib: int = 200
    """The encrypted disk of an instance in GiB, for images and what jobs write to /tmp. Default: 200."""
    profile: Profile = Profile.REGULATED
    """The security profile. Default: regulated."""
    log_retention_days: Optional[int] = None
    """How long logs of jobs are kept. Default: the profile's floor (90, 365, 365)."""

    _boundary = field_validator("boundary_arn")(references.policy_arn)
    _vpc = field_validator("vpc_id")(references.vpc_id)
    _subnets = field_validator("subnet_ids")(references.each(references.subnet_id))
    _keys = field_validator("volume_key_arn", "logs_key_arn")(references.key_arn)
    _repositories = field_validator("pull_from")(references.each(references.repository_arn))

    @field_validator("subnet_ids", "pull_from")
    @classmethod
    def _some(cls, value: Sequence[pulumi.Input[str]]) -> Sequence[pulumi.Input[str]]:
        if not value:
            raise Invalid("there is none", fix="give one at least")
        return value

    @field_validator("instance_types")
    @classmethod
    def _known(cls, value: Sequence[str]) -> Sequence[str]:
        if not value:
            raise Invalid("instances of no type", fix="give one or more; `mlinfra catalog instances` lists them")
        unknown = next((name for name in value if instance_type(name) is None), None)
        if unknown:
            fix = "choose one that `mlinfra catalog instances` lists"
            raise Invalid(f"{unknown!r} is not in the catalogue", fix=fix)
        if len(set(value)) < len(value):
            raise Invalid("a type is there twice", fix="give every type once")
        return value

    @field_validator("teams")
    @classmethod
    def _named(cls, value: Mapping[str, BatchTeam]) -> Mapping[str, BatchTeam]:
        if not value:
            raise Invalid("nobody could submit a job", fix="name a team, such as {'vision': BatchTeam()}")
        wrong = next((name for name in value if not re.fullmatch(r"[a-z][a-z0-9]{0,31}", name)), None)
        if wrong:
            raise refused("share-name", what=repr(wrong), fix="use lower-case letters and digits, 32 at most")
        return value

    @model_validator(mode="after")
    def _possible(self) -> "BatchTrainingArgs":
        log_days(self.profile, self.log_retention_days, "log_retention_days")
        batch_checks.check(self)
        return self

    def types(self) -> list[InstanceType]:
        """The instance types, as the catalogue has them."""
        return [found for found in map(instance_type, self.instance_types) if found]

    def fabric(self) -> bool:
        """Whether instances have EFA."""
        if self.efa is not None:
            return self.efa
        types = self.types()
        several_cards = len(types) == 1 and types[0].efa and types[0].network_cards > 1
        return several_cards and self.capacity.kind is not CapacityKind.SPOT

    def placed(self) -> bool:
        """Whether instances stand in a cluster placement group of their own."""
        return self.capacity.placement_group(efa=self.fabric())

    def vcpus(self, nodes: int) -> int:
        """The vCPUs of so many instances of the largest type."""
        return nodes * max(one.vcpus for one in self.types())
