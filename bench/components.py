"""Components against raw resources: the platform's program, and one that declares the same resources one by one.

The raw program is written from the plan of the first. It imports nothing of mlinfra; what refers to another resource does so
by its output, inside policies too. Both run in turn, each in a process of its own, under Pulumi's mocks: nothing but the
construction is measured, once everything is imported.

`python -m bench.components run PROGRAM SETTINGS` runs one of them and prints the seconds that it took, by the clock and of the
processor.
"""

from __future__ import annotations

import asyncio
import json
import re
import runpy
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.planning import ROOT, environment
from bench.timing import Cost, Ratio, compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlinfra.graph import Node, ResourceGraph

STACK = "dev"
GOAL = 1.15
MIN_REFERENCE = 8  # shorter texts are no ids


def components_against_raw(folder: Path, resources: int, runs: int) -> Iterator[Ratio]:
    """Constructing the platform by its components, and declaring what they declare."""
    del resources  # the platform has as many as it has
    import yaml

    from mlinfra.testing import plan

    graph = plan(ROOT, stack=STACK)
    given = yaml.safe_load((Path(ROOT) / f"Pulumi.{STACK}.yaml").read_text())["config"]
    config = {key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}
    settings, raw = folder / "config.json", folder / "raw.py"
    settings.write_text(json.dumps({"config": config, "answers": dict(map(_answer, graph.resources()))}))
    raw.write_text(program(graph))
    yield compare(
        "components",
        (f"{len(list(graph.resources()))} resources by components", lambda: _run(folder, "stacks/platform", settings)),
        ("the same declared raw", lambda: _run(folder, str(raw), settings)),
        runs=runs,
        goal=GOAL,
    )


def _answer(node: Node) -> tuple[str, tuple[str, dict[str, str]]]:
    """What a deployment would say of a resource: its id, and the outputs that a plan knows."""
    return f"{node.type} {node.name}", (str(node.id), {k: v for k, v in node.outputs.items() if isinstance(v, str)})


def program(graph: ResourceGraph) -> str:
    """A program that declares a graph's resources and nothing else."""
    known: dict[str, str] = {}
    lines = ["import pulumi", "import pulumi_aws as aws", ""]
    for number, node in enumerate(graph.resources()):
        lines.append(f"r{number} = {_call(node, known)}")
        for path in ("arn", "id", "name"):
            value = node.id if path == "id" else node.outputs.get(path)
            if isinstance(value, str) and len(value) >= MIN_REFERENCE and re.search(r"\d", value):
                known.setdefault(value, f"r{number}.{path}")
    return "\n".join(lines) + "\n"


def _call(node: Node, known: Mapping[str, str]) -> str:
    package, module, name = node.type.split(":")
    name = f"{package}.{module.partition('/')[0]}.{name}"
    arguments = {
        key: value
        for key, value in node.inputs.items()
        if not key.startswith("__") and key not in ("tagsAll", "region")
    }
    written = "".join(f", {key}={_value(value, known)}" for key, value in _spelled(name, arguments).items())
    return f"{name}({node.name!r}{written}, opts=pulumi.ResourceOptions(protect={node.options.protect}))"


def _spelled(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as Python spells them."""
    import inspect

    import pulumi_aws as aws

    kind: Any = aws
    for part in name.split(".")[1:]:
        kind = getattr(kind, part)
    taken = inspect.signature(kind._internal_init).parameters  # noqa: SLF001 (the public signature hides them)
    names = {parameter.replace("_", ""): parameter for parameter in taken}
    return {names[key.lower()]: value for key, value in arguments.items()}


def _value(value: Any, known: Mapping[str, str]) -> str:
    """A literal, with outputs in place of what other resources have made known."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_value(item, known)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item, known) for item in value) + "]"
    if not isinstance(value, str):
        return repr(value)
    found = sorted((text for text in known if text in value), key=len, reverse=True)
    if not found:
        return repr(value)
    parts = re.split("(" + "|".join(map(re.escape, found)) + ")", value)
    written = [known.get(part) or repr(part) for part in parts if part]
    return written[0] if len(written) == 1 else f"pulumi.Output.concat({', '.join(written)})"


def _run(folder: Path, path: str, settings: Path) -> Cost:
    done = subprocess.run(
        [sys.executable, "-m", "bench.components", "run", path, str(settings)],
        env=environment(folder),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{path} ended with {done.returncode}:\n{done.stderr[-4000:]}")
    wall, cpu = map(float, done.stdout.split())
    return Cost(wall, cpu)


def run(path: str, settings: str) -> None:
    """Run a program under mocks and print what its construction took."""
    import pulumi
    import pulumi_aws as aws
    from pulumi.runtime.stack import run_pulumi_func

    import mlinfra as ml

    class Mocks(pulumi.runtime.Mocks):
        def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
            identity, outputs = given["answers"].get(f"{args.typ} {args.name}", ("", {}))
            return identity, {**outputs, **args.inputs}

        def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
            return {"accountId": "123456789012"}

    given = json.loads(Path(settings).read_text())
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    pulumi.runtime.set_mocks(Mocks(), project="platform", stack=STACK, preview=True)
    pulumi.runtime.set_all_config(given["config"])
    for name in dir(ml):
        getattr(ml, name)
    for answered in given["answers"]:  # the SDK imports a module when it is used first
        getattr(getattr(aws, re.split("[:/]", answered)[1]), "Provider", None)

    def declare() -> None:
        runpy.run_path(path, run_name="__main__")

    wall, cpu = time.perf_counter(), time.process_time()
    loop.run_until_complete(run_pulumi_func(declare))
    print(time.perf_counter() - wall, time.process_time() - cpu)


if __name__ == "__main__":
    run(*sys.argv[2:])
