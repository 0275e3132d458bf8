"""`plan`: what a program declares, for tests."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlinfra.engine import Stack
from mlinfra.engine.program.inline import InlineProgram
from mlinfra.offline.plan import PlanError, plan_stack
from mlinfra.stack.project import Project

if TYPE_CHECKING:
    from mlinfra.graph import ResourceGraph

Program = Callable[[], Any]


def plan(
    program: Program | Path | str,
    *,
    config: Mapping[str, Any] | None = None,
    stack: str = "test",
    project: str = "test",
) -> ResourceGraph:
    """What a program declares, without a cloud, credentials, a state or the pulumi CLI.

    `program` is a function that declares resources (it runs in this process), or the folder of a project (its program runs
    in a process of its own, as Pulumi runs it). `config` comes over what Pulumi.<stack>.yaml says: keys without a namespace
    belong to the project, lists and dicts are structured values. `project` names the project of a function.

    Raises what a function raises, PlanError when a program is wrong, ConfigError when configuration is.
    """
    with tempfile.TemporaryDirectory(prefix="mlinfra-plan-") as home:
        if not callable(program):
            return plan_stack(_open(Project.load(program), stack, Path(home), config))
        here = Path.cwd()
        inline = InlineProgram(program)
        of = Project(name=project, file=here / "Pulumi.yaml", program=here, stack_config_dir=Path(home))
        try:
            return plan_stack(_open(of, stack, Path(home), config), start=inline)
        except PlanError as error:
            if inline.error is not None and inline.message in error.errors:
                raise inline.error from None
            raise


def _open(project: Project, stack: str, home: Path, config: Mapping[str, Any] | None) -> Stack:
    return Stack.open(project, stack, home=home, config=config or {})
