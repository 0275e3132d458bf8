"""checkov beside us: the same resources, as Terraform, since no scanner reads what a Pulumi program in Python declares."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench import mixed
from bench.check import planned
from bench.planning import environment
from bench.timing import Ratio, command, compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlinfra.graph import Node

VERSION: Final = "3.3.30"  # of PyPI on 2026-11-22
_MODULES: Final = {"ec2": "", "vpc": "", "alb": "", "lb": "", "cloudwatch": "cloudwatch_", "cfg": "config_"}
"""Where Terraform's names do not begin with Pulumi's module."""


def beside_checkov(folder: Path, resources: int, runs: int) -> Iterator[Ratio]:
    """A whole `mlinfra check` of the mixed program against checkov on the same resources; nothing without uv."""
    del resources
    uv = shutil.which("uv") or str(Path(__file__).parents[1] / ".uv/bin/uv")
    if not Path(uv).is_file():
        sys.stderr.write("  checkov is left out: there is no uv to run it with\n")
        return
    project = mixed.write(folder / "beside")
    graph = planned(project, folder)
    declared = [node for node in graph.resources() if node.type.startswith("aws:")]
    written = folder / "terraform"
    written.mkdir()
    (written / "main.tf").write_text("".join(terraform(node, number) for number, node in enumerate(declared)))
    tool = [uv, "tool", "run", "--python", sys.executable, "--from", f"checkov=={VERSION}", "checkov"]
    scan = [
        *tool,
        "-d",
        str(written),
        "--framework",
        "terraform",
        "--soft-fail",
        "--compact",
        "--quiet",
        "--skip-download",
    ]
    ours = [sys.executable, "-m", "mlinfra.cli", "check", str(project), "-s", "bench", "--fail-on", "never"]
    yield compare(
        "beside checkov",
        (
            f"check of {mixed.RESOURCES} resources of 18 services",
            lambda: command(ours, env=environment(folder), cwd=str(project)),
        ),
        (f"checkov {VERSION} on {len(declared)}", lambda: command(scan, env=dict(os.environ), cwd=str(written))),
        runs=runs,
    )


def terraform(node: Node, number: int) -> str:
    """A resource in Terraform's language."""
    _, module, kind = node.type.split(":")
    module, name = module.partition("/")[0], _snake(kind)
    prefix = _MODULES.get(module, f"{module}_")
    label = f"aws_{name if name.startswith(prefix) else prefix + name}"
    return f'resource "{label}" "r{number}" {{\n{_body(node.inputs, 1)}}}\n'


def _body(values: Mapping[str, Any], depth: int) -> str:
    pad, lines = "  " * depth, []
    for key, value in values.items():
        name = _snake(key)
        blocks = value if isinstance(value, list | tuple) else [value]
        if name != "tags" and blocks and all(isinstance(one, dict) for one in blocks):
            block = name.removesuffix("s") if isinstance(value, list | tuple) else name
            lines += [f"{pad}{block} {{\n{_body(one, depth + 1)}{pad}}}\n" for one in blocks]
        else:
            lines.append(f"{pad}{name} = {_literal(value)}\n")
    return "".join(lines)


def _literal(value: Any) -> str:
    text = json.dumps(value, default=lambda other: f"{type(other).__name__}")
    return text.replace("${", "$${")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
