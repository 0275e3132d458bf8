"""What jobs must know of where they train."""

from collections.abc import Mapping, Sequence
from typing import Any, Optional

import pulumi
from pydantic import model_validator

from mlinfra.components.args import Args
from mlinfra.components.pools.reference import PoolReference
from mlinfra.components.problems import Invalid
from mlinfra.components.profiles import Classification
from mlinfra.jobs.pool import PoolTarget


class StoreReference(Args):
    """A place for data that a team's jobs reach: a volume claim in its namespace, or a folder of a bucket."""

    claim: str = ""
    """The volume claim that jobs mount. Default: none, the data are read at `url`."""
    url: pulumi.Input[str] = ""
    """Where the data are for programs that use S3 themselves, such as s3://bucket/team/. Default: none, they are mounted."""
    classification: Classification
    """How sensitive the data are: internal, confidential or restricted."""
    key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts them."""
    read_only: bool
    """Whether jobs may only read there."""

    @model_validator(mode="after")
    def _one_place(self) -> "StoreReference":
        if bool(self.claim) == (self.url != ""):
            raise Invalid("it needs one of claim and url", fix="give the one by which jobs reach it", argument="claim")
        return self


class TrainingTeamReference(Args):
    """A team's place to train."""

    name: str
    """The team's name, which is also that of its namespace."""
    namespace: pulumi.Input[str]
    """Its namespace, known once everything that its jobs need is there: what is made with it comes after all that."""
    queue: str
    """The queue (a LocalQueue of Kueue) in its namespace that jobs wait in. Empty when Kueue is left out."""
    priorities: Sequence[str]
    """The names of the priorities (WorkloadPriorityClasses of Kueue) that jobs can have, the lowest first."""
    service_account: str
    """The service account of its jobs, through which they reach the team's data."""
    driver_account: str = ""
    """The service account of Spark's drivers, which may make pods as well. Empty when the Spark operator is left out."""
    role_arn: pulumi.Input[str]
    """The ARN of the role of its jobs."""
    pools: Sequence[str]
    """The names of the pools in which it has a share."""
    datasets: Mapping[str, StoreReference] = {}
    """What its jobs can read, by name. Default: nothing."""
    checkpoints: Optional[StoreReference] = None
    """Where its jobs keep checkpoints. Default: nowhere."""
    outputs: Optional[StoreReference] = None
    """Where its jobs leave models. Default: nowhere."""


class TrainingReference(Args):
    """A place to train as job components see it: the `reference` of a `TrainingCluster`. Names are plain values."""

    teams: Mapping[str, TrainingTeamReference]
    """The teams by name."""
    pools: Mapping[str, PoolReference]
    """The node pools by name."""
    topologies: Mapping[str, Sequence[str]] = {}
    """Pools in which Kueue places jobs by where nodes stand, with the labels that say it, the widest first. The pods of a
    job there must carry one of kueue.x-k8s.io/podset-preferred-topology, -required-topology (with one of these labels) and
    -unconstrained-topology ("true"): Kueue admits no others. Default: none."""
    operators: Mapping[str, str]
    """Versions of what was installed, by chart: kueue, jobset, kubeflow-trainer, kuberay-operator, spark-operator."""

    def team(self, name: str) -> TrainingTeamReference:
        """The team of that name. Raises Invalid when there is none."""
        if name not in self.teams:
            known = ", ".join(sorted(self.teams)) or "none"
            raise Invalid(f"no team {name!r} trains here", fix=f"name one of those that do: {known}")
        return self.teams[name]

    def pool(self, name: str) -> PoolReference:
        """The pool of that name. Raises Invalid when there is none."""
        if name not in self.pools:
            known = ", ".join(sorted(self.pools)) or "none"
            raise Invalid(f"there is no pool {name!r}", fix=f"name one of those there are: {known}")
        return self.pools[name]

    def target(self, name: str) -> PoolTarget:
        """The pool as a job sees it: what a node offers to pods, and the narrowest part of the network that Kueue knows.

        Raises Invalid when there is no such pool.
        """
        pool = self.pool(name)
        levels = self.topologies.get(name, ())  # the widest first; the last one is the node itself
        known = {"accelerators_per_node": pool.devices.get(pool.resource, pool.accelerators_per_node)}
        return PoolTarget.model_validate(pool).model_copy(
            update={**known, **({"topology": levels[-2]} if len(levels) > 1 else {})}
        )

    def place(self, team: str, pool: str = "") -> Mapping[str, Any]:
        """What job files of a team say of where they train, with outputs where the cluster has them: to be exported.

        A job's own folder goes behind the URLs of checkpoints and outputs. Raises Invalid for a team or a pool that is not
        there.
        """
        its = self.team(team)
        found: dict[str, Any] = {"namespace": its.namespace, "queue": its.queue, "service_account": its.service_account}
        if its.datasets:
            found["data"] = {name: _said(store) for name, store in its.datasets.items()}
        stores = {"checkpoint": its.checkpoints, "output": its.outputs}
        found |= {name: _said(store) for name, store in stores.items() if store}
        if pool:
            found["pool"] = self.target(pool).model_dump(mode="json", exclude_defaults=True)
        return found


def _said(store: StoreReference) -> Mapping[str, Any]:
    where = {"claim": store.claim} if store.claim else {"url": store.url}
    return {**where, "classification": store.classification.value}
