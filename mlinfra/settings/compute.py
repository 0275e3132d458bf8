"""The decisions behind the cluster, its node pools and the teams on it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, model_validator

from mlinfra.components.cluster.args import ClusterArgs
from mlinfra.components.layers import planned
from mlinfra.components.layers.compute_arguments import ClusterTraining, ComputeArgs
from mlinfra.components.pools.cluster_pool import ClusterPool
from mlinfra.components.problems import Invalid
from mlinfra.components.teams.teams import ClusterTeam
from mlinfra.settings.derived import whole, without
from mlinfra.settings.part import refuse
from mlinfra.settings.storage import StorageSettings, names

if TYPE_CHECKING:
    from mlinfra.components.cluster.access import ClusterAccess
    from mlinfra.components.cluster.auto_mode import AutoMode
    from mlinfra.settings.part import Part

    class ClusterSettings(Part):
        """The Kubernetes cluster (Amazon EKS)."""

        access: Mapping[str, ClusterAccess]
        auto_mode: AutoMode | None

    class PoolSettings(Part, ClusterPool):
        """Nodes of the cluster."""

    class TeamSettings(Part, ClusterTeam):
        """A team on the cluster, with a namespace of its name."""

    class TrainingPart(Part, ClusterTraining): ...  # noqa: D101

else:
    _FROM_THE_PROGRAM = (
        *("account", "boundary_arn", "vpc_id", "zones", "subnet_ids", "control_subnet_ids", "pod_subnet_ids"),
        *("client_security_group_ids", "key_arn", "logs_key_arn", "profile", "storage", "log_retention_days"),
        "deletion_protection",
    )
    ClusterSettings = without(
        ClusterArgs, _FROM_THE_PROGRAM, name="ClusterSettings", doc="The Kubernetes cluster (Amazon EKS)."
    )
    PoolSettings = whole(ClusterPool, name="PoolSettings")
    TeamSettings = whole(ClusterTeam, name="TeamSettings")
    TrainingPart = whole(ClusterTraining)


class TrainingSettings(TrainingPart):
    """Training on the cluster: operators, queues, and what each team has.

    Stores are the data buckets, by purpose, and the Lustre file systems, by name.
    """

    networks: Sequence[str] = ()
    """Networks that jobs reach on port 443 beside the platform's own: those of S3 in the region, for programs that use it
    themselves. They stand in its prefix list, com.amazonaws.<region>.s3. Default: none, data are mounted."""

    def within(self, cidr: str) -> ClusterTraining:
        """Training whose jobs reach the platform's own network, too."""
        return self.model_copy(update={"networks": [cidr, *self.networks]})


class ComputeSettings(StorageSettings):
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
        if self.cluster is not None:
            refuse(planned.refusals("cluster", self._cluster, above={*type(self).model_fields} - {"cluster"}))
            refuse(planned.refusals("", self._compute))
        return self

    def _cluster(self) -> ClusterArgs:
        """The cluster as far as settings describe it."""
        subnets = [planned.SUBNET_ID] * len(self.zones)
        described: dict[str, Any] = self.cluster.given() if self.cluster else {}
        return ClusterArgs(
            account=self.planned_account,
            profile=self.profile,
            boundary_arn=planned.POLICY_ARN,
            vpc_id=planned.VPC_ID,
            zones=self.zones,
            subnet_ids=subnets,
            control_subnet_ids=subnets,
            key_arn=planned.KEY_ARN,
            logs_key_arn=planned.KEY_ARN,
            log_retention_days=self.log_retention_days,
            **described,
        )

    def _compute(self) -> ComputeArgs:
        """All of it, as far as settings describe it."""
        return ComputeArgs(
            cluster=self._cluster(),
            pools=self.pools,
            teams=self.teams,
            training=self.training,
            stores=self.planned_stores,
        )

    @property
    def needs_karpenter(self) -> bool:
        """Whether pools come and go, and the cluster runs a Karpenter for them."""
        return self.cluster is not None and self._compute().karpenter
