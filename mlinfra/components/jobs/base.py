"""What the job components share: from arguments to the job, and from the job to the objects of its operator."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Optional, Self, TypeVar

import pulumi
import pulumi_kubernetes as kubernetes
import yaml

from mlinfra.components.args import Args
from mlinfra.components.component import Component
from mlinfra.components.jobs.arguments import JobArgs, JobStore
from mlinfra.components.jobs.late import Late
from mlinfra.components.problems import ArgumentError, Invalid, Problem, shown
from mlinfra.components.training.reference import StoreReference, TrainingReference
from mlinfra.jobs import Job, JobError
from mlinfra.jobs.manifests import manifests

JobArgsT = TypeVar("JobArgsT", bound=JobArgs)
JobT = TypeVar("JobT", bound=Job)
FoundT = TypeVar("FoundT")
PLACE: Final = frozenset({"training", "team", "pool", "datasets"})
"""The arguments from which the job's place is computed; all others are fields of the job."""
_OF_THE_TEAM: Final = frozenset({"kind", "name", "namespace", "queue", "service_account", "keep"})
"""What a job file has and a component's arguments do not."""

_BUILT_ON: Final = "mlinfra/built-on"
_POOL: Final = re.compile(r"pool = .*?[)…]: ")


class JobComponent(Component[JobArgsT]):
    """The base of job components: a subclass names its arguments and the job that they make."""

    namespace: pulumi.Output[str]
    """The namespace of its objects, known once they are there."""
    job_name: pulumi.Output[str]
    """What its objects are called, which is the component's name, known once they are there."""

    _job_type: ClassVar[type[Job]]
    _operator: ClassVar[str]
    """The chart that knows its objects."""
    _needs_kubernetes = True

    def __init__(self, name: str, args: JobArgsT, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        made: list[kubernetes.apiextensions.CustomResource] = []
        before: list[Any] = []
        for manifest in rendered(self._job_type, name, self._args):
            metadata = manifest["metadata"]
            if before:  # what it refers to by name alone: when that changes, it is another job as well
                metadata = {**metadata, "annotations": {**metadata.get("annotations", {}), _BUILT_ON: _digest(before)}}
            before.append(manifest["spec"])
            made.append(
                kubernetes.apiextensions.CustomResource(
                    f"{name}-{_kebab(manifest['kind'])}",
                    api_version=manifest["apiVersion"],
                    kind=manifest["kind"],
                    metadata=metadata,
                    spec=manifest["spec"],
                    # Operators take no changes of a job that runs: another one takes its place, under its name.
                    opts=self.child(
                        depends_on=[*made],
                        replace_on_changes=["spec", "metadata.annotations"],
                        delete_before_replace=True,
                    ),
                )
            )
        team = self._args.training.team(self._args.team)
        self.namespace = pulumi.Output.all(team.namespace, made[-1].id).apply(lambda known: str(known[0]))
        self.job_name = made[-1].id.apply(lambda _: name)
        self.finish()

    @classmethod
    def from_file(
        cls, path: str, *, training: TrainingReference, team: str, opts: Optional[pulumi.ResourceOptions] = None
    ) -> Self:
        """The job of a job file, which `mlinfra jobs` takes as well. Name, pool and all else are the file's.

        Namespace, queue and service account are the team's. Raises ArgumentError, naming the file, for what is no such job.
        """
        try:
            given = yaml.safe_load(Path(path).read_text("utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise ArgumentError(path, [Problem("path", "", f"cannot be read: {error}", "name a job file")]) from None
        kind = cls._job_type.__name__
        if not isinstance(given, dict) or given.get("kind") != kind:
            raise ArgumentError(path, [Problem("kind", "", f"not a {kind}", f"name a job file with kind: {kind}")])
        own = {name: value for name, value in given.items() if name not in _OF_THE_TEAM}
        if isinstance(pool := own.get("pool"), dict):
            own["pool"] = pool.get("name")
        args = cls._args_type.of({**own, "training": training, "team": team}, path)
        return cls(given.get("name", ""), args, opts)  # type: ignore[arg-type]

    def _refusals(self, name: str, args: JobArgsT) -> Iterable[Problem]:
        if self._operator not in args.training.operators:
            there = ", ".join(sorted(args.training.operators)) or "none"
            reason = f"the operators there are {there}, and {self._job_type.__name__} needs {self._operator}"
            yield Problem("training", "", reason, f"install {self._operator} with the TrainingCluster")
        yield from refusals(self._job_type, name, args)


def refusals(kind: type[Job], name: str, args: JobArgs) -> Iterator[Problem]:
    """What is wrong with a job as far as it can be told before outputs are known."""
    try:
        given = fields(name, args, Late())
        job = kind(**given)
    except Invalid as error:
        yield Problem(error.argument, shown(getattr(args, error.argument)), error.reason, error.fix)
    except JobError as error:
        yield from _problems(error, args)
    else:
        if job.total_gpus and not (job.pool and job.pool.accelerators_per_node):
            reason = "a job with GPUs needs a pool that has them: taints keep it off all others"
            yield Problem("pool", shown(args.pool), reason, "name one of the team's pools with accelerators")


def rendered(
    kind: type[JobT], name: str, args: JobArgs, render: Callable[[JobT], list[dict[str, Any]]] = manifests
) -> list[dict[str, Any]]:
    """The objects of a job that has been checked, with outputs where arguments are outputs."""
    late = Late()
    given = fields(name, args, late)

    def check(known: Mapping[str, Any]) -> None:
        try:
            kind(**known)
        except JobError as error:
            raise ArgumentError(f'{kind.__name__} "{name}"', [*_problems(error, args)]) from None

    return late.checked(given, check).filled(render(kind(**given)))  # type: ignore[no-any-return]


def fields(name: str, args: JobArgs, late: Late) -> dict[str, Any]:
    """The fields of the job: the arguments, and the team's place. Raises Invalid for a place that there is not."""
    team = _known("team", args.training.team, args.team)
    place: dict[str, Any] = {
        "name": name,
        "namespace": team.namespace,
        "queue": team.queue,
        "service_account": args.account(),
        "keep": None,  # until the stack lets it go: what a stack declares must not be gone when it is looked for
    }
    if args.pool is not None:
        if args.pool not in team.pools:
            reason = f"the team {team.name} has no share in it"
            raise Invalid(
                reason, fix=f"name one of {', '.join(team.pools) or 'the pools that it gets'}", argument="pool"
            )
        place["pool"] = _known("pool", args.training.target, args.pool)
    if args.priority and args.priority not in team.priorities:
        reason = f"jobs of the team {team.name} have no such priority"
        raise Invalid(reason, fix=f"name one of {', '.join(team.priorities) or 'none'}", argument="priority")
    data = {one: _team_store(team.datasets[one]) for one in args.datasets if one in team.datasets}
    if missing := [one for one in args.datasets if one not in data]:
        reason = f"the team {team.name} has no data set {missing[0]!r}"
        raise Invalid(reason, fix=f"name those it has: {', '.join(team.datasets) or 'none'}", argument="datasets")
    stores = {"checkpoint": args.checkpoint or team.checkpoints, "output": args.output or team.outputs}
    place |= {
        kind: _team_store(one, f"{name}/{kind}") if isinstance(one, StoreReference) else one
        for kind, one in stores.items()
        if one
    }
    own = {one: getattr(args, one) for one in args.model_fields_set - PLACE - set(stores)}
    if isinstance(args.image, pulumi.Output):
        own["image"] = late.stand_in(args.image, image=True)
    own["data"] = {**data, **args.data}
    found: dict[str, Any] = _plain(place | own, late)
    return found


def _known(argument: str, find: Callable[[str], FoundT], name: str) -> FoundT:
    try:
        return find(name)
    except Invalid as error:
        raise Invalid(error.reason, fix=error.fix, argument=argument) from None


def _team_store(store: StoreReference, folder: str = "") -> JobStore:
    """A store of the team; under a URL every job has a folder of its own, as it has in a volume."""
    url = store.url
    if folder and not store.claim:
        url = pulumi.Output.concat(url, folder) if isinstance(url, pulumi.Output) else f"{url}{folder}"
    return JobStore(claim=store.claim, url=url, classification=store.classification)


def _plain(value: Any, late: Late) -> Any:
    if isinstance(value, Args):
        return {name: _plain(getattr(value, name), late) for name in sorted(value.model_fields_set)}
    if isinstance(value, pulumi.Output):
        return late.stand_in(value)
    if isinstance(value, Mapping):
        return {key: _plain(one, late) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one, late) for one in value]
    return value


def _problems(error: JobError, args: JobArgs) -> Iterator[Problem]:
    for text, fix in error.problems:
        said, _, reason = text.partition(": ")
        argument, _, given = said.partition(" = ")
        if argument == "pool":  # the job has its description there, which nobody wrote
            advice = "name a pool with EFA, use one node, or accept TCP with slow_network" if "EFA" in text else fix
            yield Problem(argument, shown(args.pool), _POOL.sub("", text), advice)
        else:
            yield Problem(argument, given, reason, fix)


def _digest(value: Any) -> pulumi.Output[str]:
    return pulumi.Output.json_dumps(value, sort_keys=True).apply(
        lambda text: hashlib.sha256(text.encode()).hexdigest()[:16]
    )


def _kebab(kind: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in kind).removeprefix("-")
