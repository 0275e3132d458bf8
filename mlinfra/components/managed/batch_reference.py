"""What jobs of AWS Batch must know of where they train."""

from collections.abc import Mapping, Sequence
from typing import Optional

import pulumi

from mlinfra.components.args import Args
from mlinfra.components.managed.stores import ManagedStore
from mlinfra.components.pools.reference import CapacityKind


class BatchTeamReference(Args):
    """A team's place to train."""

    role_arn: pulumi.Input[str]
    """The ARN of the role of its jobs."""
    datasets: Mapping[str, ManagedStore] = {}
    """What its jobs can read, by name. Default: nothing."""
    checkpoints: Optional[ManagedStore] = None
    """Where its jobs keep checkpoints. Default: nowhere."""
    outputs: Optional[ManagedStore] = None
    """Where its jobs leave models. Default: nowhere."""


class BatchReference(Args):
    """A place to train on AWS Batch as its jobs see it: the `reference` of a `BatchTraining`."""

    region: str
    """Its region."""
    instance_types: Sequence[str]
    """The instance types."""
    max_nodes: int
    """How many instances there are at most."""
    capacity: CapacityKind
    """How instances are bought."""
    efa_per_node: int
    """EFA interfaces of an instance. 0: none."""
    log_group_name: pulumi.Input[str]
    """The log group of jobs."""
    execution_role_arn: pulumi.Input[str]
    """The ARN of the role with which images are pulled and logs are written."""
    teams: Mapping[str, BatchTeamReference]
    """The teams by name."""
