"""Where a platform's work runs."""

from collections.abc import Iterator, Mapping
from typing import Optional

import pulumi

from mlinfra.components.cluster.cluster import Cluster
from mlinfra.components.component import Component, together
from mlinfra.components.devices.devices import DeviceLayer, DeviceLayerArgs
from mlinfra.components.karpenter.karpenter import Karpenter, KarpenterArgs
from mlinfra.components.layers import planned
from mlinfra.components.layers.compute_arguments import ClusterTraining, ComputeArgs, on_team
from mlinfra.components.pools.cluster_pool import ClusterPool
from mlinfra.components.pools.gpu_node_pool import GpuNodePool, GpuNodePoolArgs
from mlinfra.components.pools.node_pool import NodePool
from mlinfra.components.problems import Problem
from mlinfra.components.teams.teams import TeamSpace, TeamSpaceArgs
from mlinfra.components.training.arguments import TrainingClusterArgs
from mlinfra.components.training.reference import TrainingReference
from mlinfra.components.training.training_cluster import TrainingCluster


class Compute(Component[ComputeArgs]):
    """A cluster with its pools, devices, teams and training, each after what it needs, and gone before it.

    A `Cluster`; a `Karpenter` where pools come and go; a `GpuNodePool` or `NodePool` for each of `pools`; one `DeviceLayer` for
    their devices; a `TeamSpace` for each of `teams`; and a `TrainingCluster` where they train. Whether all of it goes together is
    checked before anything is declared. Plain attributes say what others need: `cluster` (with its provider `kubernetes`),
    `pools` by name, and `training` for jobs.

        compute = ml.Compute("compute", ml.ComputeArgs(
            cluster=ml.ClusterArgs(
                account=account,
                boundary_arn=boundary.policy_arn,
                vpc_id=network.vpc_id,
                zones=["eu-central-1a", "eu-central-1b"],
                subnet_ids=network.workload_subnet_ids,
                control_subnet_ids=network.control_subnet_ids,
                key_arn=keys.arn(ml.KeyPurpose.CLUSTER),
                logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
                administrators=["arn:aws:iam::123456789012:role/deployer"]),
            pools={
                "general": ml.ClusterPool(instance_types=["m7i.2xlarge"], nodes=2),
                "inference": ml.ClusterPool(instance_types=["g6.2xlarge"], max_nodes=4)},
            teams={"vision": ml.ClusterTeam(
                members={"ml-engineer": ["vision"]},
                quota=ml.TeamQuota(cpu=64, memory_gib=256, gpus=4))}))
    """

    cluster_name: pulumi.Output[str]
    """The cluster's name."""
    administrator_role_arn: pulumi.Output[str]
    """The ARN of the role that administers the cluster, which its `administrators` may take."""
    kubeconfig: pulumi.Output[str]
    """A kubeconfig that gets tokens of that role from `aws eks get-token`; nothing in it is secret."""
    pool_names: pulumi.Output[Mapping[str, str]]
    """What AWS or Karpenter calls the pools, by name."""
    namespaces: pulumi.Output[Mapping[str, str]]
    """The namespaces of the teams by name, known once their quotas and network policies are in place."""

    _args_type = ComputeArgs

    def _refusals(self, name: str, args: ComputeArgs) -> Iterator[Problem]:
        for path in ("pools", "teams"):
            yield from planned.misnamed(name, path, getattr(args, path))
        if args.karpenter:
            yield from planned.misnamed(name, "name", ["karpenter"])

    def __init__(self, name: str, args: ComputeArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        self.cluster = Cluster(name, self._args.cluster, self.part())
        self._inside = self.part(provider=self.cluster.kubernetes)
        made = self._pools(name)
        self.pools = {pool: one.reference for pool, one in made.items()}
        self._devices(name)
        self._spaces = self._teams(name)
        self.training = self._training(name, self._args.training) if self._args.training else None
        self.cluster_name = self.cluster.cluster_name
        self.administrator_role_arn, self.kubeconfig = self.cluster.administrator_role_arn, self.cluster.kubeconfig
        self.pool_names = together({pool: one.pool_name for pool, one in made.items()})
        self.namespaces = together({team: one.namespace for team, one in self._spaces.items()})
        self.finish()

    def _pools(self, name: str) -> Mapping[str, GpuNodePool | NodePool]:
        after: list[pulumi.Resource] = [self._karpenter(f"{name}-karpenter")] if self._args.karpenter else []
        opts = self.part(provider=self.cluster.kubernetes, depends_on=after)
        return {pool: self._pool(f"{name}-{pool}", wanted, opts) for pool, wanted in self._args.pools.items()}

    def _pool(self, name: str, wanted: ClusterPool, opts: pulumi.ResourceOptions) -> GpuNodePool | NodePool:
        args = wanted.on(self.cluster.reference)
        return GpuNodePool(name, args, opts) if isinstance(args, GpuNodePoolArgs) else NodePool(name, args, opts)

    def _karpenter(self, name: str) -> Karpenter:
        cluster = self._args.cluster
        args = KarpenterArgs(
            cluster=self.cluster.reference, boundary_arn=cluster.boundary_arn, queue_key_arn=cluster.logs_key_arn
        )
        return Karpenter(name, args, self._inside)

    def _devices(self, name: str) -> None:
        if pools := [pool for pool in self.pools.values() if pool.devices]:
            args = DeviceLayerArgs(cluster=self.cluster.reference, pools=pools)
            DeviceLayer(f"{name}-devices", args, self._inside)

    def _teams(self, name: str) -> Mapping[str, TeamSpace]:
        on = {"cluster": self.cluster.reference, "pools": [*self.pools.values()]}
        return {
            team: TeamSpace(f"{name}-{team}", TeamSpaceArgs(**on, namespace=team, **wanted.given()), self._inside)
            for team, wanted in self._args.teams.items()
        }

    def _training(self, name: str, wanted: ClusterTraining) -> TrainingReference:
        args = TrainingClusterArgs(
            cluster=self.cluster.reference,
            boundary_arn=self._args.cluster.boundary_arn,
            pools=[*self.pools.values()],
            stores=self._args.stores,
            **{
                **wanted.given(),
                "teams": {
                    team: on_team(one, self._spaces[team].namespace, f"{name}-") for team, one in wanted.teams.items()
                },
            },
        )
        return TrainingCluster(name, args, self._inside).reference
