"""Taking over resources that exist, by type, name and id."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from mlinfra.engine import tasks
from mlinfra.engine.goal import Goal
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
    """Read the resources and add them to the state. What is there under the same id already is left alone.

    An item whose parent is another item comes after it.
    """
    for item in items:
        if item.type.count(":") != 2 or not all(item.type.split(":")):  # noqa: PLR2004
            raise ConfigError(f"{item.type!r} is not a type to import", fix="write package:module:Type")
    executor, ledger = run.parts.executor, run.parts.ledger
    for state in [state for state in ledger.previous if not state.delete]:
        executor.claim()
        executor.run([Task(op=tasks.SAME, old=state, new=replace(state, id=""))])
        run.parts.marks.registered.add(state.urn)
    stack_urn = next((s.urn for s in ledger.previous if s.type == STACK_TYPE), "") or _make_stack(run)
    batch: dict[str, Task] = {}
    for item in items:
        parent = item.parent or stack_urn
        urn = urns.make(run.stack.name, run.stack.project.name, parent, item.type, item.name)
        if urn in batch:
            raise ConfigError(f"duplicate import '{item.name}' of type '{item.type}'")
        old = ledger.olds.get(urn)
        if old is not None and (old.import_id or old.id) == item.id:
            continue
        state = ResourceState(
            urn=urn,
            type=item.type,
            custom=True,
            parent=parent,
            protect=item.protect,
            provider=_provider(run, item),
            import_id=item.id,
        )
        refusal = f"resource '{urn}' already exists" if old is not None else ""
        batch[urn] = Task(op=tasks.IMPORT, new=state, adopted=True, refusal=refusal, seed=os.urandom(32))
    while batch:
        ready = [batch.pop(urn) for urn in [urn for urn, task in batch.items() if task.state.parent not in batch]]
        for task in ready:
            if task.state.parent not in ledger.news:
                task.refusal = f"unknown parent '{task.state.parent}' for resource '{task.state.urn}'"
        executor.run_all(ready, tolerant=True)


def _make_stack(run: Run) -> str:
    """The stack's own resource, where nothing was ever deployed."""
    stack, project = run.stack.name, run.stack.project.name
    urn = urns.make(stack, project, "", STACK_TYPE, f"{project}-{stack}")
    run.parts.executor.claim()
    run.parts.executor.run([Task(op=tasks.CREATE, new=ResourceState(urn=urn, type=STACK_TYPE))])
    return urn


def _provider(run: Run, item: ImportItem) -> str:
    """The provider that is named, or else the package's default one: that of before, or a new one."""
    package = urns.package_of(item.type)
    name = urns.default_provider_name(run.defaults.version(package))
    default = urns.make(run.stack.name, run.stack.project.name, "", urns.PROVIDER_PREFIX + package, name)
    urn = item.provider or default
    there = run.parts.ledger.news.get(urn)
    if there is not None:
        return str(Reference(urn, there.id))
    if urn == default:
        return run.defaults.get(package, "", "", urn)
    if not urns.is_provider(urns.type_of(urn)):
        raise ConfigError(f"imported provider URN {urn!r} is not a provider type", fix="give the URN of a provider")
    wanted = ResourceState(urn=urn, type=urns.type_of(urn), custom=True)
    return str(Reference(urn, run.registrar.register(Goal(state=wanted)).state.id))
