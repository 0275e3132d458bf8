"""One run from its beginning to its end: puts the parts together, lets the program go, cleans up after it."""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import grpc

from mlinfra.engine import events, tasks
from mlinfra.engine.arrivals import Arrivals
from mlinfra.engine.builtin import Builtin
from mlinfra.engine.callbacks import Callbacks, Hooks
from mlinfra.engine.defaults import DefaultProviders
from mlinfra.engine.deletions import Deletions
from mlinfra.engine.executor import Executor, Stopped
from mlinfra.engine.functions import Functions
from mlinfra.engine.ledger import Ledger
from mlinfra.engine.marks import Marks
from mlinfra.engine.monitor import Engine, Monitor
from mlinfra.engine.options import Options, Result
from mlinfra.engine.parts import Abort, Parts
from mlinfra.engine.planner import Planner
from mlinfra.engine.plugins import PluginSource
from mlinfra.engine.program import Program
from mlinfra.engine.proto import engine_pb2_grpc, resource_pb2_grpc
from mlinfra.engine.registrar import Mode, Registrar
from mlinfra.engine.registry import Registry
from mlinfra.engine.report import Reporter
from mlinfra.engine.requests import Requests
from mlinfra.engine.targets import Patterns, Selection
from mlinfra.engine.tasks import Task
from mlinfra.engine.turns import Turns
from mlinfra.errors import MlinfraError
from mlinfra.stack.urn import STACK_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlinfra.engine.provider import Provider
    from mlinfra.stack.stack import Stack
    from mlinfra.stack.state import ResourceState
    from mlinfra.stack.values import Properties

_MAX_PARALLEL: Final = 128
_PATIENCE: Final = 30.0  # seconds that a program may take to end after its resources are done
_SERVER_OPTIONS: Final = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What kind of run it is.

    program: run the program. deletes: delete what it does not register. refresh: read everything first.
    refresh_registered: read each resource when the program registers it.
    """

    operation: Literal["update", "refresh", "destroy", "import"]
    dry_run: bool
    program: bool = False
    deletes: bool = False
    refresh: bool = False
    refresh_registered: bool = False
    mode: Mode = "update"


class Run:
    """One run. Everything that lives for its duration hangs here."""

    def __init__(self, stack: Stack, options: Options, emit: Callable[[events.Event], None], kind: Kind) -> None:
        self.stack, self._options, self._kind = stack, options, kind
        dry_run = kind.dry_run
        self._parallel = max(1, min(options.parallel, _MAX_PARALLEL))
        config, secret = stack.config.values(), set(stack.config.secret_keys)
        self._config = {key: events.HIDDEN if key in secret else value for key, value in config.items()}
        base = stack.load()
        if options.clear_pending_creates:
            base.pending = [operation for operation in base.pending if operation.type != "creating"]
        ledger = Ledger(base, None if dry_run else stack.journal(base))
        hidden = tuple(config[key] for key in secret if config[key])
        reporter = Reporter(emit, preview=dry_run, refreshing=kind.operation == "refresh", hidden=hidden)
        self._callbacks = Callbacks()
        self._source = options.plugins or PluginSource({name: p.path for name, p in stack.project.plugins.items()})
        registry = Registry(
            self._open_provider, ledger.reference, lambda text: reporter.say("warning", text), dry_run=dry_run
        )
        hooks = Hooks(self._callbacks, dry_run=dry_run, warn=lambda text, urn: reporter.say("warning", text, urn))
        # Registrations wait in threads of the server, as many as the program has; providers call it meanwhile.
        threads = Arrivals(self._parallel * 4 + 64)
        selection = Selection(
            options.targets,
            (*options.excludes, *(s.urn for s in base.resources if s.protect and options.exclude_protected)),
            target_dependents=options.target_dependents,
            exclude_dependents=options.exclude_dependents,
        )
        self.parts = Parts(
            ledger=ledger, registry=registry, reporter=reporter, hooks=hooks, marks=Marks(), selection=selection,
            turns=Turns(threads), dry_run=dry_run, parallel=self._parallel, continue_on_error=options.continue_on_error,
        )  # fmt: skip
        self.parts.executor = Executor(self.parts)
        self.planner = Planner(self.parts, Patterns(options.replaces))
        self.registrar = Registrar(
            stack.name, stack.project.name, self.parts, self.planner, mode=kind.mode, refresh=kind.refresh_registered
        )
        self.defaults = DefaultProviders(self.registrar, stack)
        requests = Requests(stack, self.defaults, self._callbacks, threads.begin)
        functions = Functions(self.parts, self.defaults, self._callbacks, requests)
        self._monitor = Monitor(
            stack, self.parts, self.registrar, requests, functions,
            begin=threads.begin, finished=lambda: self._ends.put(("finished", None)),
        )  # fmt: skip
        self._builtin = Builtin(self._outputs_of, lambda urn: ledger.news.get(urn) or ledger.reads.get(urn))
        self._ends: queue.SimpleQueue[tuple[str, str | None]] = queue.SimpleQueue()
        self.parts.executor.on_stop = lambda: self._ends.put(("stopped", None))
        self._server = grpc.server(threads, options=_SERVER_OPTIONS)
        self._address = ""
        self._program_failed = False

    def execute(self, instead: Callable[[Run], None] | None = None) -> Result:
        """Do it. `instead` is what is done in place of running a program and deleting."""
        parts, began = self.parts, time.monotonic()
        forget = self._options.cancel.listen(self._cancel)
        try:
            parts.reporter.begin(self._config)
            self._serve()
            self._act(instead)
        except (Abort, Stopped):
            parts.abort()
        except MlinfraError as error:
            parts.reporter.say("error", str(error))
            parts.abort()
        finally:
            try:
                with parts.turns:
                    pass  # whatever is being decided is decided
                parts.executor.wait()
                self._register_stack_outputs()
            finally:  # a state that cannot be written leaves no program and no provider behind either
                forget()
                self._close()
        snapshot = parts.ledger.finish()
        failed = self._conclude()
        duration = time.monotonic() - began
        parts.reporter.end(duration, failed=failed)
        return Result(
            failed=failed,
            changes=dict(parts.reporter.changes),
            outputs=next((s.outputs for s in snapshot.resources if s.type == STACK_TYPE and not s.delete), {}),
            duration=duration,
            snapshot=snapshot,
            errors=list(parts.reporter.errors),
        )

    def _act(self, instead: Callable[[Run], None] | None) -> None:
        parts, kind = self.parts, self._kind
        if kind.refresh:
            self._refresh(parts.ledger.previous)
        elif parts.ledger.base.pending and not parts.dry_run and not kind.refresh_registered:
            parts.reporter.warn_of_pending(parts.ledger.base.pending)
        over = parts.executor.stopping.is_set() or parts.executor.errors
        if over or (kind.operation == "refresh" and not kind.program):
            return
        self._check_known(Patterns(self._options.replaces))
        if instead is not None:
            instead(self)
        elif self._run_program() if kind.program else self._may_delete_without_hooks():
            self._check_known(parts.selection.targets)
            if kind.deletes:
                Deletions(parts, self.planner).run()
            elif kind.mode == "refresh":
                self._refresh([s for s in parts.ledger.previous if not parts.marks.stays(s.urn)])

    def _serve(self) -> None:
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(self._monitor, self._server)
        engine_pb2_grpc.add_EngineServicer_to_server(Engine(self.parts.reporter), self._server)
        self._address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def _run_program(self) -> bool:
        """Run the program until its resources are done; returns false when it did not get that far."""
        say = self.parts.reporter.say
        self._program = (self._options.start or Program)(
            self.stack, self._address, dry_run=self.parts.dry_run, parallel=self._parallel, env=self._options.env,
            print_line=say,
            ended=lambda error: self._ends.put(("ended", error)),
        )  # fmt: skip
        what, error = self._ends.get()
        if what == "stopped":
            return False
        if what == "finished" or error is None:
            return True
        if error:
            say("error", error)
        self._program_failed = True
        with self.parts.turns:  # what the program registered before is begun
            self.parts.abort()
        return False

    def _may_delete_without_hooks(self) -> bool:
        """Whether nothing that goes has hooks, which only a running program could run."""
        parts, found = self.parts, False
        for state in parts.ledger.previous:
            names = [name for kind in ("BeforeDelete", "AfterDelete") for name in state.resource_hooks.get(kind, ())]
            if names:
                found = True
                listed = ", ".join(names)
                message = f"Resource has delete hooks registered, but the program is not running. Hooks: {listed}"
                parts.reporter.say("error", message, state.urn)
        if found:
            raise MlinfraError("Resources have delete hooks.", fix="run with --run-program, so that these can run")
        return True

    def _cancel(self) -> None:
        """The user wants to stop: nothing new starts, and providers are asked to give up what they are doing."""
        self.parts.executor.stop()
        self.parts.registry.cancel()

    def _close(self) -> None:
        """End the program and the providers, and stop listening."""
        program = getattr(self, "_program", None)
        stopped = self.parts.executor.stopping.is_set() and not self._program_failed
        if program is not None and stopped:
            program.kill()
        self._callbacks.close()
        self._monitor.closed.set()
        if program is not None and not program.join(_PATIENCE):
            program.kill()
            program.join(_PATIENCE)
        self.parts.registry.close()
        self._server.stop(None)

    def _conclude(self) -> bool:
        """Say how it went; returns whether it failed."""
        parts, what = self.parts, "preview" if self.parts.dry_run else "update"
        bailed = parts.aborted or self._program_failed
        if not bailed and (parts.executor.errors or parts.saw_error):
            parts.reporter.say("error", f"{what} failed")
        elif not bailed and self._options.cancel.is_set():
            parts.reporter.say("error", f"{what} canceled")
        else:
            return bailed
        return True

    def _refresh(self, states: Iterable[ResourceState]) -> None:
        """Read what is really there, for all states that the run is about, and go on from that."""
        parts = self.parts
        batch = []
        for state in states:
            included = parts.selection.includes(state)
            parts.selection.note(state, included=included)
            if included:
                parts.marks.refreshed.add(state.urn)
                batch.append(Task(op=tasks.REFRESH, old=state, new=state))
        if self._kind.mode != "refresh":
            parts.marks.refreshed.clear()  # the program, if one follows, says what stays
        parts.executor.run_all(batch, tolerant=True)
        parts.ledger.rebuild({id(task.old): task.new for task in batch if task.new is not task.old})

    def _register_stack_outputs(self) -> None:
        """The stack's outputs count at the very end; after an error those that are missing stay as they were."""
        parts = self.parts
        if self._monitor.stack_outputs is None:
            return
        urn, outputs = self._monitor.stack_outputs
        old = parts.ledger.olds.get(urn)
        if old is not None and (self._program_failed or parts.aborted or parts.executor.errors or parts.saw_error):
            outputs = {**old.outputs, **outputs}
        if urn in parts.ledger.news:
            parts.executor.register_outputs(urn, outputs)

    def _open_provider(self, package: str, version: str) -> Provider:
        if package == "pulumi":
            return self._builtin
        where = str(self.stack.project.workdir)
        return self._source.open(
            package, version, engine_address=self._address, project_dir=where, env=self._options.env
        )

    def _outputs_of(self, name: str) -> Properties | None:
        """The outputs of another stack, for stack references."""
        other = self.stack.other(name)
        return other.outputs() if other.exists else None

    def _check_known(self, wanted: Patterns) -> None:
        """Targets must exist, before or now."""
        parts = self.parts
        missing = [
            urn for urn in wanted.literals if urn not in parts.ledger.by_urn and urn not in parts.marks.registered
        ]
        for urn in missing:
            hint = "" if "$" in urn else " Did you forget to escape $ in your shell?"
            parts.reporter.say("error", f"Target '{urn}' could not be found in the stack.{hint}")
        if missing:
            parts.abort()
            raise Abort("one or more targets could not be found in the stack")
