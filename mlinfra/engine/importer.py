"""Taking over resources that exist, by type, name and id."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from mlinfra.engine import tasks
from mlinfra.engine.tasks import Task
from mlinfra.errors import ConfigError
from mlinfra.stack import urn as urns
from mlinfra.stack.state import ResourceState
from mlinfra.stack.urn import STACK_TYPE, Reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlinfra.engine.options import ImportItem
    from mlinfra.engine.run import Run


def import_items(run: Run, items: Sequence[ImportItem]) -> None:
    """Read the resources and add them to the state, protected. What is there under the same id already is left alone."""
    executor, ledger = run.parts.executor, run.parts.ledger
    for state in [state for state in ledger.previous if not state.delete]:
        executor.claim()
        executor.run([Task(op=tasks.SAME, old=state, new=replace(state, id=""))])
        run.parts.marks.registered.add(state.urn)
    stack_urn = next((s.urn for s in ledger.previous if s.type == STACK_TYPE), "") or _make_stack(run)
    batch: dict[str, Task] = {}
    for item in items:
        if item.type.count(":") != 2 or not all(item.type.split(":")):  # noqa: PLR2004
            raise ConfigError(f"{item.type!r} is not a type to import", fix="write package:module:Type")
        urn = urns.make(run.stack.name, run.stack.project.name, stack_urn, item.type, item.name)
        if urn in batch:
            raise ConfigError(f"duplicate import '{item.name}' of type '{item.type}'")
        old = ledger.olds.get(urn)
        if old is not None:
            if (old.import_id or old.id) == item.id:
                continue
            raise ConfigError(f"resource '{urn}' already exists", fix="import under another name")
        state = ResourceState(
            urn=urn,
            type=item.type,
            custom=True,
            parent=stack_urn,
            protect=True,
            provider=_provider(run, urns.package_of(item.type)),
            import_id=item.id,
        )
        batch[urn] = Task(op=tasks.IMPORT, new=state, adopted=True, seed=os.urandom(32))
    executor.run_all(batch.values(), tolerant=True)


def _make_stack(run: Run) -> str:
    """The stack's own resource, where nothing was ever deployed."""
    stack, project = run.stack.name, run.stack.project.name
    urn = urns.make(stack, project, "", STACK_TYPE, f"{project}-{stack}")
    run.parts.executor.claim()
    run.parts.executor.run([Task(op=tasks.CREATE, new=ResourceState(urn=urn, type=STACK_TYPE))])
    return urn


def _provider(run: Run, package: str) -> str:
    """The package's default provider: that of before, or a new one."""
    name = urns.default_provider_name(run.defaults.version(package))
    urn = urns.make(run.stack.name, run.stack.project.name, "", urns.PROVIDER_PREFIX + package, name)
    old = run.parts.ledger.olds.get(urn)
    return str(Reference(urn, old.id)) if old is not None else run.defaults.get(package, "", "", urn)
