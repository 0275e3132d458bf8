"""A command from opening its stack to its last line: find the sandbox, preview, ask, deploy, sum up."""

from __future__ import annotations

import itertools
import os
import shlex
import signal
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import typer

from mlinfra import engine
from mlinfra.catalog import aws_types, kubernetes_kinds
from mlinfra.cli.display import summary
from mlinfra.cli.display.jsonlines import JsonLines
from mlinfra.cli.display.plain import PlainView
from mlinfra.cli.display.progress import Progress
from mlinfra.cli.display.tree import print_tree
from mlinfra.cli.opening import open_stack
from mlinfra.cli.terminal import answer, console, interactive, say
from mlinfra.engine.program import require_program
from mlinfra.errors import ConfigError, InterruptedRunError, MlinfraError
from mlinfra.sandbox import leftovers
from mlinfra.sandbox.session import DEFAULT_REGION, Session, forget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mlinfra.cli.display.live import LiveView
    from mlinfra.cli.options import Asking, Scope, Shown, Where
    from mlinfra.engine import ImportItem, Options, Result, Stack
    from mlinfra.engine.events import Event
    from mlinfra.engine.options import Cancellation

UNCHANGING = frozenset({"same", "read", "read-replacement", "discard"})
"""Operations that `--expect-no-changes` lets pass, as in Pulumi."""
Operation = Literal["up", "refresh", "destroy", "import"]
TITLES = {
    "up": ("Previewing", "Deploying"),
    "refresh": ("Previewing the refresh of", "Refreshing"),
    "destroy": ("Previewing the destruction of", "Destroying"),
    "import": ("Previewing the import into", "Importing into"),
}
NAMES = {"up": "deployment", "refresh": "refresh", "destroy": "destruction", "import": "import"}
QUESTIONS = {
    "up": "Deploy this?",
    "refresh": "Bring the state up to date?",
    "destroy": "Delete all this?",
    "import": "Import this?",
}


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One run of one command on one stack."""

    operation: Operation
    stack: Stack
    session: Session
    options: Options
    shown: Shown
    expect_no_changes: bool
    items: Sequence[ImportItem] = ()
    region: str = DEFAULT_REGION
    arguments: str = ""
    """What a further command needs to mean the same stack."""
    configured: str = ""
    """And to work with the same configuration: its keys, for the values may be secret."""
    sequence: Iterator[int] = field(default_factory=itertools.count)
    """Numbers the events of this command."""

    @classmethod
    def of(
        cls,
        operation: Operation,
        where: Where,
        scope: Scope,
        shown: Shown,
        *,
        items: Sequence[ImportItem] = (),
        **options: Any,
    ) -> Flow:
        """Open the stack and the sandbox. Raises MlinfraError when either is not to be had."""
        stack = open_stack(where, make=operation in {"up", "import"})
        if operation == "up":
            require_program(stack.project)
        region = stack.config.package("aws").get("region")
        region = region if isinstance(region, str) else DEFAULT_REGION
        session = Session.open(stack.home)
        if session.started:
            say(f"The sandbox was started ({session.server.endpoint_url}); `mlinfra sandbox stop` ends it.")
        session.enter(os.environ, region)
        if operation != "import":
            options["refresh"] = options.get("refresh", False) or stack.project.always_refresh
        if stack.interrupted and leftovers.doubtful(stack.load(), operation):
            say("The last run was cut off while it changed resources; what became of them is read first.")
            options["refresh"] = True
        return cls(
            operation=operation,
            stack=stack,
            session=session,
            shown=shown,
            expect_no_changes=scope.expect_no_changes,
            items=items,
            region=region,
            arguments=where.arguments,
            configured="".join(f" -c {shlex.quote(one.partition('=')[0])}=…" for one in where.overrides),
            options=engine.Options(
                take_over_lock=True,
                parallel=scope.parallel,
                continue_on_error=scope.continue_on_error,
                targets=tuple(scope.target or ()),
                target_dependents=scope.target_dependents,
                excludes=tuple(scope.exclude or ()),
                exclude_dependents=scope.exclude_dependents,
                message=scope.message,
                **options,
            ),
        )

    def preview(self) -> None:
        """Say what would be done, and do nothing."""
        self._believe()
        result, _ = self._run(preview=True)
        self._end(result, preview=True)

    def deploy(self, asking: Asking) -> None:
        """Preview, ask and do it, as far as the user wants that."""
        can_ask = interactive() and not self.shown.json
        if not (asking.agreed or asking.preview_only or can_ask):
            raise ConfigError(
                "nobody can be asked whether to go on",
                fix="give --yes, --skip-preview or --preview-only",
            )
        if not self._believe():
            return
        asked = not (asking.agreed or asking.preview_only)
        plan = None
        if asking.preview_only or not asking.skip_preview:
            result, plan = self._run(preview=True, messages=asked or asking.preview_only)
            if result.failed or asking.preview_only:
                self._end(result, preview=True)
                return
        if asked and not self._agree(plan):
            say("Nothing was done.")
            raise typer.Exit(1)
        if self.operation in {"up", "destroy"}:
            leftovers.settle(self.stack, replacements_only=self.operation == "up")
        if self.operation == "up" and self.options.replaces:
            leftovers.confirm(self.stack)
        result, _ = self._run(plan=plan)
        if self.operation == "up" and not result.failed:
            leftovers.settle(self.stack)
        self._end(result)

    def _believe(self) -> bool:
        """Look whether the account still is what the state says. Returns False when there is nothing left to destroy."""
        lost = self.session.lost(self.stack)
        if lost:
            with self.stack.lock("notice a lost account"):
                backup = forget(self.stack)
            say(
                f"The account that stack {self.stack.name} was deployed to is gone: the sandbox was reset, killed or the "
                f"machine restarted. Its old state is kept in {backup}; the stack starts anew.",
                style="yellow",
            )
        self.session.adopt(self.stack)
        return not (lost and self.operation == "destroy")

    def _run(
        self, *, preview: bool = False, plan: Progress | None = None, messages: bool = True
    ) -> tuple[Result, Progress]:
        """Let the engine work under the view that suits the audience, and sum up."""
        progress = Progress(fidelity=self._fidelity, plan=plan)
        verb = TITLES[self.operation][0 if preview else 1]
        title = f"{verb} {self.stack.project.name}/{self.stack.name}"
        with interruptible(self.options.cancel, progress), self._view(progress, title, preview=preview) as view:
            result = self._engine(preview=preview)(view)
        if not self.shown.json:
            self._report(result, progress, preview=preview, messages=messages or result.failed)
        return result, progress

    def _engine(self, *, preview: bool) -> Callable[[Callable[[Event], None]], Result]:
        match self.operation:
            case "up" if preview:
                return lambda emit: engine.preview(self.stack, self.options, emit)
            case "up":
                return lambda emit: engine.up(self.stack, self.options, emit)
            case "refresh":
                return lambda emit: engine.refresh(self.stack, self.options, emit, preview=preview)
            case "destroy":
                return lambda emit: engine.destroy(self.stack, self.options, emit, preview=preview)
            case "import":
                return lambda emit: engine.import_resources(self.stack, self.items, self.options, emit, preview=preview)

    def _view(self, progress: Progress, title: str, *, preview: bool) -> JsonLines | LiveView | PlainView:
        if self.shown.json:
            return JsonLines(progress, self.sequence, show_secrets=self.shown.show_secrets)
        out = console()
        live = interactive() and out.is_terminal and not out.is_dumb_terminal
        if not live:
            return PlainView(out, progress, title, preview=preview)
        from mlinfra.cli.display.live import LiveView

        before = "the program starts" if self.operation == "up" or self.options.run_program else ""
        return LiveView(out, progress, title, preview=preview, before=before)

    def _report(self, result: Result, progress: Progress, *, preview: bool, messages: bool) -> None:
        out = console()
        listed = preview or progress.plan is None
        if listed and any(row.shown for row in progress.rows.values()):
            out.print()
            print_tree(out, progress, preview=preview, diff=self.shown.diff)
        if messages:
            summary.print_diagnostics(out, progress.diagnostics)
        if self.operation == "up" and not result.failed:
            before = (self.stack.outputs() if self.stack.exists else {}) if preview else None
            summary.print_outputs(out, result.outputs, before, secrets=self.shown.show_secrets)
        summary.print_counts(out, result, progress, preview=preview)
        if self.operation == "up" and not preview and not result.failed:
            summary.print_fidelity(out, result.snapshot.resources, progress.fidelity)

    def _fidelity(self, token: str) -> str:
        """How well the sandbox emulates a type; empty when it does not."""
        if token.startswith("kubernetes:"):
            return "real" if self.session.server.kubeconfig else kubernetes_kinds.fidelity(token)
        return aws_types.fidelity(token) or ""

    def _agree(self, plan: Progress | None) -> bool:
        """Ask; `details` shows which properties change and asks again."""
        while True:
            said = answer(f"{QUESTIONS[self.operation]} {'yes, no or details' if plan else 'yes or no'}: ").lower()
            if plan is None or said not in {"d", "details"}:
                return said in {"y", "yes"}
            print_tree(console(), plan, preview=True, diff=True)

    def _end(self, result: Result, *, preview: bool = False) -> None:
        """The last lines, or the error that the exit code stands for."""
        what = f"the {'preview' if preview else NAMES[self.operation]} of {self.stack.name}"
        if self.options.cancel.is_set():
            done = "" if preview else "; what was done is in the state"
            raise InterruptedRunError(f"{what} was stopped{done}", fix=f"run `{self._again()}` to go on")
        if result.failed:
            raise MlinfraError(
                f"{what} failed" + ("" if preview else "; what was done is in the state"),
                fix=f"correct what the messages above name, then run `{self._again()}`",
            )
        changed = sum(count for op, count in result.changes.items() if op not in UNCHANGING)
        if self.expect_no_changes and changed:
            would = "would change" if preview else "changed"
            raise MlinfraError(f"--expect-no-changes was given, but {changed} resources {would}")
        if self.operation != "refresh" and not self.shown.json:
            summary.print_next(console(), self._next(preview=preview))

    def _next(self, *, preview: bool) -> list[tuple[str, str]]:
        if preview:
            return [("do it", self._again())]
        if self.operation == "import":
            return [("declare it", "in the program, or the next `mlinfra up` wants to delete it")]
        if self.operation == "destroy":
            return [("deploy it again", f"mlinfra up{self.arguments}"), ("stop the sandbox", "mlinfra sandbox stop")]
        region = "" if self.region == DEFAULT_REGION else f" --region {self.region}"
        return [
            ("look at the account", f'eval "$(mlinfra sandbox env{region})"    then aws, boto3, …'),
            ("use the outputs", f"mlinfra outputs --json{self.arguments}"),
            ("take it down", f"mlinfra destroy{self.arguments}"),
            ("stop the sandbox", "mlinfra sandbox stop    (it keeps its account)"),
        ]

    def _again(self) -> str:
        return f"mlinfra {self.operation}{self.arguments}{self.configured}"


@contextmanager
def interruptible(cancel: Cancellation, progress: Progress) -> Iterator[None]:
    """The first interrupt cancels gracefully, the second ends the run, a third the process."""

    def first(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, second)
        progress.note = "stopping; work under way is ended and the state kept (once more: at once)"
        if not progress.watched:
            say(progress.note, style="yellow")
        cancel.set()

    def second(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, first) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except KeyboardInterrupt:
        say("ended at once; the next run looks at what was under way", style="yellow")
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
