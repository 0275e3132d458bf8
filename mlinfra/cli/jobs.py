"""`mlinfra jobs`: look at training jobs, render their manifests, try them on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlinfra.cli.options import flag
from mlinfra.cli.terminal import console, say
from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from mlinfra.jobs import Job
    from mlinfra.jobs.local import Outcome

app = typer.Typer(
    no_args_is_help=True,
    help="""Training jobs: PyTorch, TensorFlow, Spark and Ray.

A job file says what to run, on how many replicas of which size, and what
happens when they fail.

mlinfra jobs run train.yaml --local       try it here first, as processes
mlinfra jobs explain train.yaml           what each replica is told
mlinfra jobs render train.yaml | kubectl apply -f -
""",
)

JobName = Annotated[str, typer.Argument(metavar="JOB", help="A job file (.yaml, .json), or MODULE:ATTRIBUTE.")]
Json = Annotated[bool, flag("--json", "-j", help="Print JSON.")]


def register(parent: typer.Typer) -> None:
    """Add the commands to the application."""
    parent.add_typer(app, name="jobs", rich_help_panel="Training")


@app.command("list")
def list_jobs(
    folder: Annotated[Path, typer.Argument(metavar="DIRECTORY", help="Where to look. Default: this folder.")] = Path(),
    *,
    json: Json = False,
) -> None:
    """List the job files under a folder, with what is wrong with those that cannot run.

    mlinfra jobs list examples/training
    """
    from rich.text import Text

    from mlinfra.cli.display.columns import print_columns
    from mlinfra.jobs import Job
    from mlinfra.jobs.load import find

    if not folder.is_dir():
        raise ConfigError(f"{folder} is no folder", fix="name the folder that has the job files")
    found = list(find(folder))
    if json:
        _print_json([_row(path, one) for path, one in found])
        return
    if not found:
        say(f"There is no job file under {folder.resolve()}.")
        return
    rows: list[tuple[str | Text, ...]] = [("JOB", "KIND", "FILE", "REPLICAS", "GPUS")]
    for path, one in found:
        if isinstance(one, Job):
            roles = ", ".join(f"{role.count} {role.name}" for role in one.roles())
            rows.append((one.name, type(one).__name__, str(path), roles, str(one.total_gpus or "-")))
        else:
            rows.append(("?", "", str(path), Text("cannot run", "red"), ""))
    print_columns(console(), rows)
    for _, one in found:
        if isinstance(one, ConfigError):
            say(str(one), style="red")


def _row(path: Path, one: Job | ConfigError) -> dict[str, Any]:
    if isinstance(one, ConfigError):
        return {"file": str(path), "error": one.message, "fix": one.fix}
    replicas = {role.name: role.count for role in one.roles()}
    kind = type(one).__name__
    return {"file": str(path), "name": one.name, "kind": kind, "replicas": replicas, "gpus": one.total_gpus}


@app.command()
def render(
    name: JobName,
    *,
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", metavar="NAME", help="The team's namespace. Default: the job's.")
    ] = None,
    json: Json = False,
) -> None:
    """Print the job's manifests: a TrainJob, JobSet, SparkApplication or RayJob.

    mlinfra jobs render train.yaml | kubectl apply -f -
    mlinfra jobs render jobs:resnet --namespace vision
    """
    import yaml

    from mlinfra.jobs.load import load
    from mlinfra.jobs.manifests import manifests

    job, _ = load(name)
    objects = manifests(job.model_copy(update={"namespace": namespace}) if namespace else job)
    if json:
        _print_json(objects)
    else:
        typer.echo(yaml.safe_dump_all(objects, sort_keys=False, width=120), nl=False)


@app.command()
def explain(name: JobName, *, json: Json = False) -> None:
    """Print the command and the environment that each replica gets in a cluster.

    mlinfra jobs explain train.yaml
    """
    import shlex

    from mlinfra.jobs import Cluster, launch, replicas
    from mlinfra.jobs.load import load

    job, _ = load(name)
    found = {f"{role}-{i}": launch(job, role, i, Cluster(job)) for role, i in replicas(job)}
    if json:
        _print_json({one: {"command": how.command, "env": how.env} for one, how in found.items()})
        return
    for one, how in found.items():
        console().print(one, style="bold cyan", markup=False)
        console().print(f"  {shlex.join(how.command)}", markup=False)
        for variable, value in how.env.items():
            console().print(f"    {variable}={value}", markup=False)


@app.command()
def run(
    name: JobName,
    *,
    local: Annotated[bool, flag("--local", help="Run the replicas as processes on this machine.")] = False,
    venv: Annotated[
        Path | None,
        typer.Option(metavar="DIRECTORY", help="The virtual environment that stands for the image. Default: PATH."),
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option("--directory", "-C", metavar="DIRECTORY", help="The program's folder. Default: the job file's."),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            metavar="DIRECTORY",
            help="Where checkpoints and outputs go, and are found again. Default: .mlinfra/jobs/NAME.",
        ),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FOLDER", help="A folder for one of the job's data sets. Repeatable."),
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A variable for every replica. Repeatable.")
    ] = None,
    processors: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Processors to share. Default: all.")
    ] = None,
    time_limit: Annotated[
        str | None, typer.Option(metavar="TIME", help="Seconds, or like 5m. Default: the job's limit.")
    ] = None,
    kill: Annotated[
        str | None,
        typer.Option(
            metavar="REPLICA@TEXT", help="Kill a replica once any has written TEXT: see whether the job recovers."
        ),
    ] = None,
    fresh: Annotated[bool, flag("--fresh", help="Forget the checkpoints and outputs of earlier runs.")] = False,
    quiet: Annotated[bool, flag("--quiet", "-q", help="Leave out what the replicas write.")] = False,
    json: Annotated[
        bool, flag("--json", "-j", help="Print the outcome as JSON; what the replicas write goes to stderr.")
    ] = False,
) -> None:
    """Run a job on this machine and report how it ended: exit code 0 for success, 1 for failure, 130 when interrupted.

    Every replica is a process with the command and the environment of the
    cluster; addresses are ports of this machine, and stores are folders. What
    fails starts again as it would there, as often as the job's retries say.

    mlinfra jobs run train.yaml --local --venv .venv
    mlinfra jobs run train.yaml --local --kill node-1@"step 20"
    """
    import shutil

    from mlinfra.cli.jobs_display import Stream, show
    from mlinfra.jobs.load import load
    from mlinfra.jobs.local import LocalOptions, Status
    from mlinfra.jobs.local import run as run_locally

    job, home = load(name)
    if not local:
        raise ConfigError(
            f"{job.name} can be run by this command on this machine only",
            fix=f"mlinfra jobs run {name} --local, or mlinfra jobs render {name} | kubectl apply -f -",
        )
    options = LocalOptions(
        directory=directory or home,
        work=work or Path(".mlinfra") / "jobs" / job.name,
        environment=_venv(venv),
        data={key: Path(value) for key, value in _pairs(data, "--data").items()},
        env=_pairs(env, "--env"),
        **({"processors": processors} if processors else {}),
        time_limit=_seconds(time_limit),
        fault=_fault(kill, job),
    )
    _check_data(options.data, job)
    if fresh:
        shutil.rmtree(options.work, ignore_errors=True)
    elif any((options.work / "checkpoint").glob("*")):
        say(f"There are checkpoints in {options.work}; --fresh starts without them.", style="dim")
    outcome = run_locally(job, options, Stream(job, quiet=quiet))
    if json:
        _print_json(_outcome(job, outcome))
    else:
        show(job, outcome)
    if outcome.status is not Status.SUCCEEDED:
        raise typer.Exit(130 if outcome.status is Status.INTERRUPTED else 1)


def _venv(folder: Path | None) -> Path | None:
    if folder and not (folder / "bin").is_dir():
        raise ConfigError(f"--venv {folder} is no virtual environment", fix=f"python -m venv {folder}, or name another")
    return folder


def _pairs(given: list[str] | None, option: str) -> dict[str, str]:
    parts = [one.partition("=") for one in given or ()]
    if wrong := [key for key, equals, _ in parts if not equals]:
        raise ConfigError(f"{option} {wrong[0]} has no value", fix=f"{option} NAME=VALUE")
    return {key: value for key, _, value in parts}


def _seconds(text: str | None) -> int | None:
    from pydantic import TypeAdapter, ValidationError

    from mlinfra.jobs.quantities import Duration

    if text is None:
        return None
    try:
        return TypeAdapter(Duration).validate_python(int(text) if text.isdigit() else text)
    except ValidationError:
        raise ConfigError(
            f"--time-limit {text} is no length of time", fix="write seconds, or like 90m and 1h30m"
        ) from None


def _fault(text: str | None, job: Job) -> Any:
    from mlinfra.jobs import replicas
    from mlinfra.jobs.local import Fault

    if text is None:
        return None
    victim, _, when = text.partition("@")
    known = [f"{role}-{index}" for role, index in replicas(job)]
    if victim not in known or not when:
        raise ConfigError(
            f"--kill {text} names no replica and text",
            fix=f'--kill {known[-1]}@"step 20"; there are {", ".join(known)}',
        )
    return Fault(victim, when)


def _check_data(folders: dict[str, Path], job: Job) -> None:
    for key, folder in folders.items():
        if key not in job.data:
            raise ConfigError(
                f"--data {key}: the job has no data set of that name", fix=f"one of {', '.join(job.data) or '(none)'}"
            )
        if not folder.is_dir():
            raise ConfigError(f"--data {key}={folder}: there is no such folder")


def _outcome(job: Job, outcome: Outcome) -> dict[str, Any]:
    from dataclasses import asdict

    return {"job": job.name, "kind": type(job).__name__, **asdict(outcome)}


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2))
