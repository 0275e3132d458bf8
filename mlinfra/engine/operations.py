"""What can be done with a stack. Everything that changes one takes its lock, and runs to the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mlinfra.engine.program import getting_ready

if TYPE_CHECKING:
    from mlinfra.engine.events import Event
    from mlinfra.engine.options import ImportItem, Options, Result
    from mlinfra.engine.run import Kind, Run
    from mlinfra.stack.stack import Stack

Emit = Callable[["Event"], None]


def preview(stack: Stack, options: Options, emit: Emit) -> Result:
    """What `up` would do; neither the cloud nor the state is touched."""
    with getting_ready(stack, options) as ready:
        return _run(stack, ready, emit, _update(options, dry_run=True))


def up(stack: Stack, options: Options, emit: Emit) -> Result:
    """Run the program and bring the stack to what it registers."""
    with getting_ready(stack, options) as ready:
        return _run(stack, ready, emit, _update(options, dry_run=False))


def _update(options: Options, *, dry_run: bool) -> Kind:
    from mlinfra.engine.run import Kind

    together = options.refresh and options.run_program
    return Kind(
        operation="update",
        dry_run=dry_run,
        program=True,
        deletes=True,
        refresh=options.refresh and not together,
        refresh_registered=together,
    )


def refresh(stack: Stack, options: Options, emit: Emit, *, preview: bool = False) -> Result:
    """Read what is really there and bring the state to it. With `run_program` the program configures the providers."""
    from mlinfra.engine.run import Kind

    program = options.run_program
    kind = Kind(
        operation="refresh",
        dry_run=preview,
        program=program,
        refresh=not program,
        refresh_registered=program,
        mode="refresh" if program else "update",
    )
    return _run(stack, options, emit, kind)


def destroy(stack: Stack, options: Options, emit: Emit, *, preview: bool = False) -> Result:
    """Delete everything. With `run_program` the program runs its delete hooks and configures the providers."""
    from mlinfra.engine.deletions import all_protected
    from mlinfra.engine.options import Result
    from mlinfra.engine.run import Kind

    if options.exclude_protected and all_protected((snapshot := stack.load()).resources):
        return Result(failed=False, changes={}, outputs={}, duration=0, snapshot=snapshot)
    kind = Kind(
        operation="destroy",
        dry_run=preview,
        program=options.run_program,
        deletes=True,
        refresh=options.refresh,
        mode="destroy" if options.run_program else "update",
    )
    return _run(stack, options, emit, kind)


def import_resources(
    stack: Stack, items: Sequence[ImportItem], options: Options, emit: Emit, *, preview: bool = False
) -> Result:
    """Take over resources that exist by type, name and id. They are protected until the program says otherwise."""
    from mlinfra.engine.importer import import_items
    from mlinfra.engine.run import Kind

    kind = Kind(operation="import", dry_run=preview)
    return _run(stack, options, emit, kind, lambda run: import_items(run, items))


def _run(
    stack: Stack, options: Options, emit: Emit, kind: Kind, instead: Callable[[Run], None] | None = None
) -> Result:
    # Imported late: whoever only asks for options or state should not wait for grpc and pulumi.
    from mlinfra.engine.run import Run

    if kind.dry_run:
        return Run(stack, options, emit, kind).execute(instead)
    with stack.lock(kind.operation, take_over=options.take_over_lock):
        return Run(stack, options, emit, kind).execute(instead)
