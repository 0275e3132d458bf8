"""What makes a cluster a place to train."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional

import pulumi
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from mlinfra.components.component import MAX_NAME, Component, together
from mlinfra.components.problems import Problem
from mlinfra.components.releases import pinned
from mlinfra.components.training import data, queues, system
from mlinfra.components.training.arguments import DRIVER, TrainingClusterArgs
from mlinfra.components.training.objects import custom
from mlinfra.components.training.reference import TrainingReference, TrainingTeamReference
from mlinfra.components.training.team import Settled, settle

_QUEUE = "training"


class TrainingCluster(Component[TrainingClusterArgs]):
    """Makes a cluster a place to train for teams: operators, queues, and every team's share, data and identity.

    Jobs of PyTorch, TensorFlow, Spark and Ray wait in their team's queue until all of their pods can run. A team always
    gets its shares of the pools, and borrows what others do not use; owners get it back at once. Shares can never add up to
    more than the pools can have. Jobs read the data sets of their team and write to its folders, with a role that reaches
    nothing else.

        training = ml.TrainingCluster("training", ml.TrainingClusterArgs(
            cluster=cluster.reference,
            boundary_arn=boundary.policy_arn,
            pools=[h100.reference],
            stores={
                "imagenet": ml.TrainingStore(
                    classification=ml.Classification.CONFIDENTIAL,
                    key_arn=keys.arn(ml.KeyPurpose.DATA),
                    bucket=ml.BucketStore(bucket_arn=datasets.bucket_arn, prefix="imagenet/")),
                "runs": ml.TrainingStore(
                    classification=ml.Classification.CONFIDENTIAL,
                    key_arn=keys.arn(ml.KeyPurpose.DATA),
                    bucket=ml.BucketStore(bucket_arn=datasets.bucket_arn, prefix="runs/")),
            },
            teams={"vision": ml.TrainingTeam(
                members={"data-scientist": ["vision-science"]},
                shares={"h100": ml.PoolShare(accelerators=16, borrow=8)},
                datasets=["imagenet"],
                checkpoints="runs")},
            networks=["10.0.0.0/16"],
        ), opts=pulumi.ResourceOptions(provider=cluster.kubernetes))
    """

    operators: pulumi.Output[Mapping[str, str]]
    """What was installed: versions by chart, known once it runs."""
    namespaces: pulumi.Output[Mapping[str, str]]
    """The teams' namespaces by team, known once their jobs can start."""
    role_arns: pulumi.Output[Mapping[str, str]]
    """The ARNs of the roles of the teams' jobs, by team."""

    _args_type = TrainingClusterArgs
    _needs_kubernetes = True

    def _refusals(self, name: str, args: TrainingClusterArgs) -> Iterable[Problem]:
        for team, wanted in args.teams.items():
            if wanted.namespace is None and len(f"{name}-{team}") > MAX_NAME:
                reason = f"{name}-{team} would be longer than {MAX_NAME} characters, the most that a TeamSpace takes"
                yield Problem(
                    f"teams.{team}", "", reason, "choose a shorter name, or give the namespace of a TeamSpace"
                )

    def __init__(self, name: str, args: TrainingClusterArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args = self._args
        teams = {team: settle(self, name, team, args) for team in args.teams}
        accounts = [account for settled in teams.values() for account in settled.accounts]
        releases = system.install(self, name, args, after=accounts)
        queue_of = self._queues(name, teams, [releases["kueue"]]) if "kueue" in releases else {}
        ready = [*releases.values()]
        spaces = {
            team: _when(settled.space, [*ready, *settled.objects, *queue_of.get(team, ())])
            for team, settled in teams.items()
        }
        self.operators = together({chart: _when(made.version, [made]) for chart, made in releases.items()})
        self.namespaces = together(spaces)
        self.role_arns = together({team: settled.role_arn for team, settled in teams.items()})
        self.reference = TrainingReference(
            teams={team: self._team(team, settled, spaces[team]) for team, settled in teams.items()},
            pools={pool.name: pool for pool in args.pools},
            topologies=self._topologies(),
            operators={chart: pinned(chart, args.versions).version for chart in args.operators.charts()},
        )
        self.finish()

    def _topologies(self) -> Mapping[str, Sequence[str]]:
        args = self._args
        return queues.topologies(args.pools) if args.operators.kueue and args.queueing.topology else {}

    def _queues(
        self, name: str, teams: Mapping[str, Settled], after: Sequence[pulumi.Resource]
    ) -> Mapping[str, Sequence[pulumi.CustomResource]]:
        """Declares what pools offer and what each team has of it. Returns the queues of each team's jobs."""
        args, cohort = self._args, f"{name}-teams"
        flavors = self._flavors(name, after)
        for priority, value in args.queueing.priorities.items():
            self._kueue(f"{name}-{priority}", "WorkloadPriorityClass", priority, {"value": value}, after)
        shared = self._kueue(f"{name}-cohort", "Cohort", cohort, {"spec": {}}, after)
        found = {}
        for team, settled in teams.items():
            spec = queues.cluster_queue(team, args.teams[team], args.pools, args.queueing, cohort)
            of_team = self._kueue(
                f"{name}-{team}", "ClusterQueue", f"{name}-{team}", {"spec": spec}, [*flavors, shared]
            )
            local = custom(
                self,
                f"{name}-{team}-queue",
                api=queues.API,
                kind="LocalQueue",
                metadata=ObjectMetaArgs(name=_QUEUE, namespace=settled.space),
                fields={"spec": queues.local_queue(f"{name}-{team}")},
                after=[of_team],
            )
            found[team] = [of_team, local]
        return found

    def _flavors(self, name: str, after: Sequence[pulumi.Resource]) -> list[pulumi.CustomResource]:
        placed = self._topologies()
        named = {tuple(where): f"{name}-{queues.topology_name(where)}" for where in placed.values()}
        made = [
            self._kueue(topology, "Topology", topology, {"spec": queues.topology(where)}, after)
            for where, topology in named.items()
        ]
        return [
            self._kueue(
                f"{name}-{pool.name}",
                "ResourceFlavor",
                pool.name,
                {"spec": queues.flavor(pool, named[tuple(placed[pool.name])] if pool.name in placed else "")},
                [*after, *made],
            )
            for pool in self._args.pools
        ]

    def _kueue(
        self, name: str, kind: str, called: str, fields: Mapping[str, Any], after: Sequence[pulumi.Resource]
    ) -> pulumi.CustomResource:
        metadata = ObjectMetaArgs(name=called)
        return custom(self, name, api=queues.API, kind=kind, metadata=metadata, fields=fields, after=after)

    def _team(self, team: str, settled: Settled, space: pulumi.Output[str]) -> TrainingTeamReference:
        args, wanted = self._args, self._args.teams[team]

        def store(name: str, *, read_only: bool) -> Any:
            return data.reference(team, name, args.stores[name], read_only=read_only) if name else None

        priorities = args.queueing.priorities
        return TrainingTeamReference(
            name=team,
            namespace=space,
            queue=_QUEUE if args.operators.kueue else "",
            priorities=sorted(priorities, key=lambda one: priorities[one]) if args.operators.kueue else [],
            service_account=args.service_account,
            driver_account=DRIVER if args.operators.spark else "",
            role_arn=settled.role_arn,
            pools=[*wanted.shares],
            datasets={name: store(name, read_only=True) for name in wanted.datasets},
            checkpoints=store(wanted.checkpoints, read_only=False),
            outputs=store(wanted.outputs, read_only=False),
        )


def _when(value: pulumi.Input[Any], there: Sequence[pulumi.CustomResource]) -> pulumi.Output[str]:
    """The value, known once these are there."""
    return pulumi.Output.all(value, *(one.id for one in there)).apply(lambda known: str(known[0]))
