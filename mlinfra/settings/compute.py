"""The decisions behind the cluster, its node pools and the teams on it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, model_validator

from mlinfra.catalog.instances import instance_type
from mlinfra.components.cluster.args import ClusterArgs
from mlinfra.components.cluster.reference import ClusterReference
from mlinfra.components.pools.arguments import NodePoolArgs
from mlinfra.components.pools.gpu_node_pool import GpuNodePoolArgs
from mlinfra.components.problems import Invalid
from mlinfra.components.teams.teams import TeamSpaceArgs
from mlinfra.settings.base import StackSettings
from mlinfra.settings.derived import Derived, derived
from mlinfra.settings.storage import names

if TYPE_CHECKING:
    from mlinfra.components.cluster.access import ClusterAccess
    from mlinfra.components.cluster.auto_mode import AutoMode

    class ClusterPart(Derived):  # noqa: D101 - made below
        access: Mapping[str, ClusterAccess]
        auto_mode: AutoMode | None

    class PoolPart(Derived): ...  # noqa: D101

    class TeamPart(Derived): ...  # noqa: D101

else:
    ClusterPart = derived(
        "ClusterPart",
        ClusterArgs,
        (
            *("account", "boundary_arn", "vpc_id", "zones", "subnet_ids", "control_subnet_ids", "pod_subnet_ids"),
            *("key_arn", "logs_key_arn", "profile", "storage", "log_retention_days", "deletion_protection"),
        ),
        doc=ClusterArgs.__doc__,
    )
    PoolPart = derived("PoolPart", GpuNodePoolArgs, ("cluster",), doc=GpuNodePoolArgs.__doc__)
    TeamPart = derived("TeamPart", TeamSpaceArgs, ("cluster", "pools", "namespace"), doc=TeamSpaceArgs.__doc__)


class ClusterSettings(ClusterPart):
    """The Kubernetes cluster (Amazon EKS)."""


class PoolSettings(PoolPart):
    """Nodes of the cluster: a `GpuNodePool` when their types have accelerators, a `NodePool` otherwise."""

    @property
    def accelerated(self) -> bool:
        """Whether any of its instance types has accelerators."""
        types = [instance_type(name) for name in self.arguments.get("instance_types", ())]
        return any(one.accelerator is not None for one in types if one)

    def on(self, cluster: ClusterReference) -> NodePoolArgs:
        """The arguments of the pool on the cluster."""
        if self.accelerated:
            return GpuNodePoolArgs(cluster=cluster, **self.arguments)
        return NodePoolArgs(cluster=cluster, **self.arguments)


class TeamSettings(TeamPart):
    """A team on the cluster, with a namespace of its name."""


class ComputeSettings(StackSettings):
    """The decisions behind the cluster, its node pools and the teams on it."""

    cluster: ClusterSettings | None = None
    """The Kubernetes cluster: administrators, version, access, systemPool, autoMode and more. Default: none."""
    pools: Annotated[Mapping[str, PoolSettings], AfterValidator(names)] = {}
    """Node pools of the cluster by name: instanceTypes, capacity, nodes or maxNodes, efa, sharing and more. Default: none."""
    teams: Annotated[Mapping[str, TeamSettings], AfterValidator(names)] = {}
    """Teams on the cluster by name: members, quota, connections, serviceAccounts and more. Default: none."""

    @model_validator(mode="after")
    def _on_a_cluster(self) -> Self:
        for argument in ("pools", "teams"):
            if getattr(self, argument) and self.cluster is None:
                raise Invalid("there is no cluster for them", fix="describe one as cluster", argument=argument)
        return self
