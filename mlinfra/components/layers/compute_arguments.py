"""The arguments of `Compute`, and whether its parts go together."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Optional

import pulumi
from pydantic import model_validator

from mlinfra.components.args import Args
from mlinfra.components.cluster.args import ClusterArgs
from mlinfra.components.cluster.reference import ClusterReference
from mlinfra.components.devices.devices import DeviceLayerArgs
from mlinfra.components.layers import planned
from mlinfra.components.pools.cluster_pool import ClusterPool
from mlinfra.components.pools.description import describe
from mlinfra.components.pools.reference import PoolReference, Provisioner
from mlinfra.components.problems import Problem
from mlinfra.components.teams.teams import ClusterTeam, TeamSpaceArgs
from mlinfra.components.training.arguments import (
    TeamTraining,
    TrainingArguments,
    TrainingClusterArgs,
    TrainingTeam,
)
from mlinfra.components.training.stores import TrainingStore


class ClusterTraining(TrainingArguments):
    """Training on a cluster: operators, queues, and what each team has."""

    teams: Mapping[str, TeamTraining]
    """Those of the cluster's teams that train: shares of pools, datasets, checkpoints, outputs."""


class ComputeArgs(Args):
    """Arguments of `Compute`."""

    cluster: ClusterArgs
    """The Kubernetes cluster (Amazon EKS)."""
    pools: Mapping[str, ClusterPool] = {}
    """Node pools of the cluster by name. Default: none beside its system nodes."""
    teams: Mapping[str, ClusterTeam] = {}
    """Teams on the cluster by name, each with a namespace of that name. Default: none."""
    training: Optional[ClusterTraining] = None
    """Training on the cluster. Default: none."""
    stores: Mapping[str, TrainingStore] = {}
    """Places for the data of training by name, a `Storage`'s. Default: none."""

    @model_validator(mode="after")
    def _possible(self) -> "ComputeArgs":
        planned.refuse(self._on_pools())
        planned.refuse(self._on_teams())
        return self

    @property
    def karpenter(self) -> bool:
        """Whether the cluster needs a Karpenter of its own: pools come and go, and EKS does not run one (Auto Mode)."""
        shapes = [pool.on(self.planned).shape() for pool in self.pools.values()]
        elastic = any(shape.provisioner is Provisioner.KARPENTER for shape in shapes)
        return elastic and not self.cluster.auto_mode

    @property
    def planned(self) -> ClusterReference:
        """The cluster as its pools will see it, before it is there."""
        args, automatic = self.cluster, bool(self.cluster.auto_mode)
        return ClusterReference(
            name="planned",
            arn=planned.CLUSTER_ARN,
            version=args.version,
            auto_mode=automatic,
            account=args.account,
            endpoint="https://planned",
            vpc_id=args.vpc_id,
            zones=args.zones,
            subnet_ids=args.subnet_ids,
            security_group_id=planned.GROUP_ID,
            node_role_arn=planned.ROLE_ARN,
            volume_key_arn=args.key_arn,
            instance_profile_name=None if automatic else "planned",
            client_security_group_ids=args.client_security_group_ids,
        )

    def _pool(self, name: str) -> PoolReference:
        args = self.pools[name].on(self.planned)
        return describe(name, args, args.shape())

    def _on_pools(self) -> Iterator[Problem]:
        for name in self.pools:
            yield from planned.refusals(f"pools.{name}", partial(self._pool, name))

    def _on_teams(self) -> Iterator[Problem]:
        pools = [self._pool(name) for name in self.pools]
        with_devices = [pool for pool in pools if pool.devices]
        if with_devices:
            layer = partial(DeviceLayerArgs, cluster=self.planned, pools=with_devices)
            yield from planned.refusals("", layer, made=["pools"])
        for name, team in self.teams.items():
            of_team = partial(TeamSpaceArgs, cluster=self.planned, namespace=name, pools=pools, **team.given())
            yield from planned.refusals(f"teams.{name}", of_team)
        if self.training:
            yield from self._on_training(self.training, pools)

    def _on_training(self, training: ClusterTraining, pools: list[PoolReference]) -> Iterator[Problem]:
        if strangers := sorted(training.teams.keys() - self.teams.keys()):
            yield Problem("training.teams", "", f"there is no team {', '.join(strangers)}", "describe it in teams")
            return
        whole = partial(
            TrainingClusterArgs,
            cluster=self.planned,
            boundary_arn=self.cluster.boundary_arn,
            pools=pools,
            stores=self.stores,
            **{**training.given(), "teams": {name: on_team(team, name) for name, team in training.teams.items()}},
        )
        yield from planned.refusals("training", whole, above=["pools", "stores"], made=["pools", "stores", "teams"])


def on_team(team: TeamTraining, namespace: pulumi.Input[str], prefix: str = "") -> TrainingTeam:
    """A team that trains in a namespace that is there, in pools whose names begin with a prefix."""
    given = team.given()
    shares = {f"{prefix}{pool}": share for pool, share in given["shares"].items()}
    return TrainingTeam(namespace=namespace, **{**given, "shares": shares})
