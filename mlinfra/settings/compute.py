"""The decisions behind the cluster, its node pools and the teams on it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, model_validator

from mlinfra.catalog.instances import instance_type
from mlinfra.components.cluster.args import ClusterArgs
from mlinfra.components.cluster.reference import ClusterReference
from mlinfra.components.pools.arguments import NodePoolArgs
from mlinfra.components.pools.gpu_node_pool import GpuNodePoolArgs
from mlinfra.components.pools.reference import Provisioner
from mlinfra.components.problems import Invalid
from mlinfra.components.teams.teams import TeamSpaceArgs
from mlinfra.components.training.arguments import TrainingClusterArgs, TrainingTeam
from mlinfra.settings.base import StackSettings
from mlinfra.settings.derived import Derived, derived
from mlinfra.settings.storage import names

if TYPE_CHECKING:
    from mlinfra.components.cluster.access import ClusterAccess
    from mlinfra.components.cluster.auto_mode import AutoMode

    class ClusterPart(Derived):  # noqa: D101 - made below
        access: Mapping[str, ClusterAccess]
        auto_mode: AutoMode | None

    class PoolPart(Derived):  # noqa: D101
        max_nodes: int | None
        provisioner: Provisioner | None

    class TeamPart(Derived): ...  # noqa: D101

    class TrainingPart(Derived): ...  # noqa: D101

    class TrainingTeamPart(Derived): ...  # noqa: D101

else:
    ClusterPart = derived(
        "ClusterPart",
        ClusterArgs,
        (
            *("account", "boundary_arn", "vpc_id", "zones", "subnet_ids", "control_subnet_ids", "pod_subnet_ids"),
            "client_security_group_ids",
            *("key_arn", "logs_key_arn", "profile", "storage", "log_retention_days", "deletion_protection"),
        ),
        doc=ClusterArgs.__doc__,
    )
    PoolPart = derived("PoolPart", GpuNodePoolArgs, ("cluster",), doc=GpuNodePoolArgs.__doc__)
    TeamPart = derived("TeamPart", TeamSpaceArgs, ("cluster", "pools", "namespace"), doc=TeamSpaceArgs.__doc__)
    TrainingPart = derived(
        "TrainingPart",
        TrainingClusterArgs,
        ("cluster", "boundary_arn", "pools", "teams", "stores"),
        doc=TrainingClusterArgs.__doc__,
    )
    TrainingTeamPart = derived(
        "TrainingTeamPart",
        TrainingTeam,
        ("members", "namespace", "quota", "connections"),
        doc=TrainingTeam.__doc__,
    )


class ClusterSettings(ClusterPart):
    """The Kubernetes cluster (Amazon EKS)."""


class PoolSettings(PoolPart):
    """Nodes of the cluster: a `GpuNodePool` when their types have accelerators, a `NodePool` otherwise."""

    @property
    def accelerated(self) -> bool:
        """Whether any of its instance types has accelerators."""
        types = [instance_type(name) for name in self.arguments.get("instance_types", ())]
        return any(one.accelerator is not None for one in types if one)

    @property
    def elastic(self) -> bool:
        """Whether Karpenter may have to make its nodes: they come and go, or it was asked to."""
        if self.provisioner is None:
            return self.max_nodes is not None
        return self.provisioner is Provisioner.KARPENTER

    def on(self, cluster: ClusterReference) -> NodePoolArgs:
        """The arguments of the pool on the cluster."""
        if self.accelerated:
            return GpuNodePoolArgs(cluster=cluster, **self.arguments)
        return NodePoolArgs(cluster=cluster, **self.arguments)


class TeamSettings(TeamPart):
    """A team on the cluster, with a namespace of its name."""


class TrainingTeamSettings(TrainingTeamPart):
    """What a team of `teams` trains with. Stores are the data buckets, by purpose, and the Lustre file systems, by name."""

    def in_pools(self, prefix: str) -> dict[str, Any]:
        """What was set, as the component takes it, for pools that the stack calls by a prefix and their names."""
        shares = self.arguments["shares"]
        return {**self.arguments, "shares": {f"{prefix}{pool}": share for pool, share in shares.items()}}


class TrainingSettings(TrainingPart):
    """Training on the cluster: operators, queues, and what each team has."""

    teams: Mapping[str, TrainingTeamSettings]
    """Those of `teams` that train: shares of pools, datasets, checkpoints, outputs."""
    networks: Sequence[str] = ()
    """Networks that jobs reach on port 443 beside the platform's own: those of S3 in the region, for programs that use it
    themselves. They stand in its prefix list, com.amazonaws.<region>.s3. Default: none, data are mounted."""

    @property
    def arguments(self) -> dict[str, Any]:
        """What was set for the whole cluster, as the component takes it."""
        return {name: value for name, value in super().arguments.items() if name not in ("teams", "networks")}


class ComputeSettings(StackSettings):
    """The decisions behind the cluster, its node pools and the teams on it."""

    cluster: ClusterSettings | None = None
    """The Kubernetes cluster: administrators, version, access, systemPool, autoMode and more. Default: none."""
    pools: Annotated[Mapping[str, PoolSettings], AfterValidator(names)] = {}
    """Node pools of the cluster by name: instanceTypes, capacity, nodes or maxNodes, efa, sharing and more. Default: none."""
    teams: Annotated[Mapping[str, TeamSettings], AfterValidator(names)] = {}
    """Teams on the cluster by name: members, quota, connections, serviceAccounts and more. Default: none."""

    training: TrainingSettings | None = None
    """Training on the cluster: teams with their shares of pools, operators, queueing and more. Default: none."""

    @model_validator(mode="after")
    def _on_a_cluster(self) -> Self:
        for argument in ("pools", "teams", "training"):
            if getattr(self, argument) and self.cluster is None:
                raise Invalid("there is no cluster for them", fix="describe one as cluster", argument=argument)
        if self.training and (unknown := self._unshared()):
            fix = "name pools of pools"
            raise Invalid(f"there is no pool {', '.join(unknown)}", fix=fix, argument="training")
        if self.training and (strangers := sorted(self.training.teams.keys() - self.teams.keys())):
            raise Invalid(f"there is no team {', '.join(strangers)}", fix="describe it in teams", argument="training")
        return self

    def _unshared(self) -> list[str]:
        """Pools of which teams have shares and that there are not."""
        teams = self.training.teams.values() if self.training else ()
        return sorted({pool for team in teams for pool in team.in_pools("")["shares"]} - self.pools.keys())
