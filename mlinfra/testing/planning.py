"""`plan`: what a program declares, for tests."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mlinfra.engine import Stack
from mlinfra.engine.program.inline import InlineProgram
from mlinfra.graph_values import Unknown, inside
from mlinfra.offline.plan import PlanError, plan_fresh
from mlinfra.stack.project import Project
from mlinfra.stack.state import ResourceState, Snapshot
from mlinfra.stack.urn import STACK_TYPE

if TYPE_CHECKING:
    from mlinfra.graph import ResourceGraph

Program = Callable[[], Any]


def plan(
    program: Program | Path | str,
    *,
    config: Mapping[str, Any] | None = None,
    stack: str = "test",
    project: str = "test",
    references: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> ResourceGraph:
    """What a program declares, without a cloud, credentials, a state or the pulumi CLI.

    `program` is a function that declares resources (it runs in this process), or the folder of a project (its program runs
    in a process of its own, as Pulumi runs it). `config` comes over what Pulumi.<stack>.yaml says: keys without a namespace
    belong to the project, lists and dicts are structured values. `project` names the project of a function.
    `references` are the outputs of stacks that the program refers to, by name (organization/project/stack), such as those of
    another plan; what a plan does not know is left out. Of stacks that are not named nothing is known.

    Raises what a function raises, PlanError when a program is wrong, ConfigError when configuration is.
    """
    with tempfile.TemporaryDirectory(prefix="mlinfra-plan-") as home:
        if not callable(program):
            return plan_fresh(_open(Project.load(program), stack, Path(home), config, references))
        here = Path.cwd()
        inline = InlineProgram(program)
        of = Project(name=project, file=here / "Pulumi.yaml", program=here, stack_config_dir=Path(home))
        try:
            return plan_fresh(_open(of, stack, Path(home), config, references), start=inline)
        except PlanError as error:
            if inline.error is not None and inline.message in error.errors:
                raise inline.error from None
            raise


def _open(
    project: Project,
    stack: str,
    home: Path,
    config: Mapping[str, Any] | None,
    references: Mapping[str, Mapping[str, Any]],
) -> Stack:
    opened = Stack.open(project, stack, home=home, config=config or {})
    for reference, outputs in references.items():
        other = opened.other(reference)
        urn = f"urn:pulumi:{other.name}::{other.project_name}::{STACK_TYPE}::{other.project_name}-{other.name}"
        known = {
            key: value for key, value in outputs.items() if not any(isinstance(one, Unknown) for one in inside(value))
        }
        other.save(Snapshot([ResourceState(urn=urn, type=STACK_TYPE, outputs=known)]))
    return opened
