"""Arguments of `TrainingCluster`."""

from collections.abc import Mapping, Sequence
from typing import Final, Optional

import pulumi
from pydantic import field_validator, model_validator

from mlinfra.components import references
from mlinfra.components.args import Args
from mlinfra.components.cluster.reference import ClusterReference
from mlinfra.components.pools.reference import PoolReference
from mlinfra.components.problems import Invalid
from mlinfra.components.releases import chart_versions
from mlinfra.components.teams import names
from mlinfra.components.teams.connections import TeamConnection
from mlinfra.components.teams.quota import TeamQuota
from mlinfra.components.training import checks, definitions
from mlinfra.components.training.stores import TrainingStore

DRIVER: Final = "spark"
"""The service account of Spark's drivers, which make their executors themselves."""
_LEAST_REPLICAS: Final = 2


class PoolShare(Args):
    """A team's share of a pool: of its accelerators, or of its nodes; processors and memory come in proportion."""

    accelerators: Optional[int] = None
    """Accelerators that the team can always have, whoever uses them meanwhile. Default: it is counted in nodes."""
    nodes: Optional[int] = None
    """Nodes that the team can always have. Default: it is counted in accelerators."""
    borrow: Optional[int] = None
    """What it may use beyond that at most while others do not need it, counted the same way; 0 for nothing. Default: all."""
    lend: Optional[int] = None
    """What others may use of it at most while the team does not; 0 for nothing. Default: all."""

    @model_validator(mode="after")
    def _sensible(self) -> "PoolShare":
        if (self.accelerators is None) == (self.nodes is None):
            reason = "it says nothing" if self.nodes is None else "it is counted twice"
            raise Invalid(reason, fix="give one of accelerators and nodes", argument="accelerators")
        for argument in ("accelerators", "nodes", "borrow", "lend"):
            value = getattr(self, argument)
            if value is not None and value < 0:
                raise Invalid(f"{value} is less than nothing", fix="give a number from 0", argument=argument)
        if self.lend is not None and self.lend > self.amount:
            fix = f"give {self.amount} or less"
            raise Invalid(f"it lends {self.lend} of {self.amount}", fix=fix, argument="lend")
        return self

    @property
    def amount(self) -> int:
        """What the team can always have, in accelerators or nodes."""
        return self.accelerators if self.accelerators is not None else self.nodes or 0


class TeamTraining(Args):
    """What a team trains with."""

    shares: Mapping[str, PoolShare]
    """Its share of each pool that it may use, by the pool's name. Others it cannot use."""
    datasets: Sequence[str] = ()
    """The stores that its jobs read. Default: none."""
    checkpoints: str = ""
    """The store of its checkpoints; of a bucket it gets a folder of its own. Default: none."""
    outputs: str = ""
    """The store of its models; of a bucket it gets a folder of its own. Default: none."""
    weight: float = 1
    """Its weight where `fair_sharing` divides what nobody owns. Default: 1."""

    @model_validator(mode="after")
    def _something(self) -> "TeamTraining":
        if not self.shares:
            fix = "name a pool, such as {'training': PoolShare(accelerators=16)}"
            raise Invalid("it could use nothing", fix=fix, argument="shares")
        if self.weight <= 0:
            raise Invalid(f"{self.weight} would let it have nothing", fix="give more than 0", argument="weight")
        return self


class TrainingTeam(TeamTraining):
    """A team that trains: in a namespace of its own, or in one that a `TeamSpace` has made."""

    members: Mapping[str, Sequence[str]] = {}
    """The Kubernetes groups of the team's people by persona, as a `TeamSpace` has them. Default: `namespace` is given."""
    namespace: Optional[pulumi.Input[str]] = None
    """The `namespace` of the team's `TeamSpace`, which is called like the team. Default: one is made for `members`."""
    quota: Optional[TeamQuota] = None
    """What everything in the namespace may use together, when it is made here. Default: its shares, with all that it may
    borrow."""
    connections: Sequence[TeamConnection] = ()
    """Traffic with others, when the namespace is made here. Default: none beside what training needs."""

    @model_validator(mode="after")
    def _one_place(self) -> "TrainingTeam":
        if bool(self.members) == (self.namespace is not None):
            reason = "nobody could use its namespace" if not self.members else "its TeamSpace has its members"
            raise Invalid(reason, fix="give one of members and namespace", argument="members")
        if self.namespace is not None and (self.quota or self.connections):
            argument = "quota" if self.quota else "connections"
            raise Invalid("its TeamSpace has that", fix="give it there", argument=argument)
        return self


class TrainingOperators(Args):
    """Which operators run, all in a namespace of their own."""

    kueue: bool = True
    """Kueue: queues, quotas, priorities. Without, jobs start at once or stay pending. Default: true."""
    jobset: bool = True
    """JobSet, under TensorFlow jobs and Trainer. Default: true."""
    trainer: bool = True
    """Kubeflow Trainer, for PyTorch. It brings a JobSet of its own where `jobset` is left out. Default: true."""
    ray: bool = True
    """KubeRay, for Ray Train. Default: true."""
    spark: bool = True
    """The Spark operator, for MLlib and data preparation. Default: true."""
    replicas: int = 2
    """Controllers of each, of which one works. Default: 2."""
    metrics_from: str = "monitoring"
    """The namespace that reads their metrics. Default: monitoring."""

    @field_validator("replicas")
    @classmethod
    def _several(cls, value: int) -> int:
        if value < _LEAST_REPLICAS:
            raise Invalid("with one controller no job starts while its own is replaced", fix="give 2 or more")
        return value

    @field_validator("metrics_from")
    @classmethod
    def _namespace(cls, value: str) -> str:
        return names.label("the name of a namespace", "monitoring")(value)

    def charts(self) -> Sequence[str]:
        """The charts that are installed, in the order in which they need each other: Kueue, which queues all, last."""
        wanted = {
            "jobset": self.jobset,
            "kubeflow-trainer": self.trainer,
            "kuberay-operator": self.ray,
            "spark-operator": self.spark,
            "kueue": self.kueue,
        }
        return [chart for chart, is_wanted in wanted.items() if is_wanted]


class Queueing(Args):
    """How jobs wait, and who gives way to whom."""

    priorities: Mapping[str, int] = {"research": 100, "production": 1000, "urgent": 10000}
    """Priorities that jobs can have: the higher, the sooner. Default: research, production, urgent."""
    preempt_to_borrow: bool = False
    """Whether a job that needs what others lend ends jobs of lower priority that use it. Default: only owners do."""
    fair_sharing: bool = False
    """Whether teams that borrow get the same share, by `weight`, rather than who comes first. Default: false."""
    topology: bool = True
    """Whether jobs are placed by where nodes stand in AWS's network, in pools with EFA and a fixed number of nodes: jobs
    there must say how (kueue.x-k8s.io/podset-preferred-topology). Default: true."""
    ready_minutes: int = 20
    """Minutes in which all pods of a job must run, new nodes and images included; then it gives everything back and waits
    again. Default: 20."""
    attempts: int = 10
    """How often a job that cannot start is tried before it is given up. Default: 10."""

    @field_validator("priorities")
    @classmethod
    def _named(cls, value: Mapping[str, int]) -> Mapping[str, int]:
        for name in value:
            names.label("the name of a priority", "research")(name)
        if not value:
            raise Invalid("no job could have a priority", fix="give at least one, such as {'research': 100}")
        return value

    @field_validator("ready_minutes", "attempts")
    @classmethod
    def _some(cls, value: int) -> int:
        if value < 1:
            raise Invalid(f"with {value} no job could start", fix="give a number from 1")
        return value

    @model_validator(mode="after")
    def _one_order(self) -> "Queueing":
        if self.preempt_to_borrow and self.fair_sharing:
            source = "https://kueue.sigs.k8s.io/docs/concepts/preemption/"
            reason = f"under fair sharing Kueue decides by shares alone who gives way to a borrower ({source})"
            raise Invalid(reason, fix="leave one of both out", argument="preempt_to_borrow")
        return self


class TrainingArguments(Args):
    """What training on a cluster is told, besides who trains and where."""

    operators: TrainingOperators = TrainingOperators()
    """Which operators run. Default: all."""
    queueing: Queueing = Queueing()
    """How jobs wait, and who gives way to whom."""
    networks: Sequence[str] = ()
    """Networks that jobs reach on port 443: the VPC's, with its endpoints and the API server, and those of S3 in the region
    where the VPC has a gateway for it (they stand in its prefix list, com.amazonaws.<region>.s3). Default: none."""
    service_account: str = "trainer"
    """The name of the service account of jobs. Default: trainer."""
    versions: Mapping[str, str] = {}
    """Versions of charts that differ from the version lock, by chart. Default: none."""
    definitions: Mapping[str, str] = {}
    """Files of custom resource definitions by chart (`helm show crds`), for jobset, kuberay-operator and spark-operator: Helm
    installs theirs once and never again; what a file has is updated before its chart. Default: none, Helm installs them."""

    @field_validator("networks")
    @classmethod
    def _networks(cls, value: Sequence[str]) -> Sequence[str]:
        return checks.networks(value)

    @field_validator("service_account")
    @classmethod
    def _account(cls, value: str) -> str:
        if value in ("default", DRIVER):
            raise Invalid(f"{value!r} is taken", fix="give jobs an account of their own, such as trainer")
        return names.label("the name of a service account", "trainer")(value)

    @field_validator("versions")
    @classmethod
    def _versions(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        return chart_versions(value, TrainingOperators().charts())

    @field_validator("definitions")
    @classmethod
    def _definitions(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        return definitions.checked(value)


class TrainingClusterArgs(TrainingArguments):
    """Arguments of `TrainingCluster`."""

    cluster: ClusterReference
    """The cluster, a `Cluster`'s reference."""
    boundary_arn: pulumi.Input[str]
    """The ARN of the permissions boundary, a `PermissionsBoundary`'s."""
    pools: Sequence[PoolReference]
    """The node pools in which jobs run: the references of `GpuNodePool`s and `NodePool`s."""
    teams: Mapping[str, TrainingTeam]
    """The teams by name, which is also that of their namespaces."""
    stores: Mapping[str, TrainingStore] = {}
    """Places for data by name. Default: none."""

    _boundary = field_validator("boundary_arn")(references.policy_arn)

    @field_validator("pools")
    @classmethod
    def _pools(cls, value: Sequence[PoolReference]) -> Sequence[PoolReference]:
        return checks.pools(value)

    @field_validator("teams")
    @classmethod
    def _teams(cls, value: Mapping[str, TrainingTeam]) -> Mapping[str, TrainingTeam]:
        for team in value:
            names.namespace(team)
        if not value:
            raise Invalid("nobody would train", fix="name a team")
        return value

    @field_validator("stores")
    @classmethod
    def _stores(cls, value: Mapping[str, TrainingStore]) -> Mapping[str, TrainingStore]:
        for name in value:
            names.label("the name of a store", "imagenet")(name)
        return value

    @model_validator(mode="after")
    def _together(self) -> "TrainingClusterArgs":
        checks.installed(self.operators.charts(), self.definitions, "definitions")
        checks.go_together(self.cluster.version, self.operators.charts(), self.versions)
        checks.shares(self.pools, self.teams)
        checks.stores(self.stores, self.teams)
        return self
