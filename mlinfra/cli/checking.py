"""How a check goes: what is judged, by what, and where the result goes."""

from __future__ import annotations

import json
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlinfra.cli.opening import declared_stack
from mlinfra.cli.terminal import choose, console, say
from mlinfra.compliance import regions, waiverfile
from mlinfra.compliance.formats import FORMATS
from mlinfra.compliance.frameworks import chosen
from mlinfra.compliance.profiles import Profile
from mlinfra.compliance.rule import Severity
from mlinfra.errors import ConfigError, MlinfraError
from mlinfra.stack.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from mlinfra.cli.check import Judging, Told
    from mlinfra.cli.options import Located
    from mlinfra.compliance.report import Report
    from mlinfra.engine import Stack
    from mlinfra.engine.events import Event
    from mlinfra.graph import ResourceGraph
    from mlinfra.offline.warm import Warm

TERMINAL = "terminal"
NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a report goes: a format, and a file or standard output."""

    format: str
    file: Path | None


class Checking:
    """A check as the command line asked for it."""

    def __init__(self, where: Located, judging: Judging, told: Told, stack: Stack | None, root: Path) -> None:
        self._where, self._judging = where, judging
        self.stack, self.root = stack, root
        self.verbose = told.verbose
        self.targets = targets([*(told.format or ()), *(["json"] if told.json else ())])
        self.sign: Callable[[ResourceGraph, Report], None] | None = None
        self.warm: Warm | None = None
        """What has the program's libraries loaded already, while somebody watches."""
        self._fail_on = severity(judging.fail_on)
        chosen(judging.framework or ())  # before a program runs for nothing

    @staticmethod
    def of(where: Located, judging: Judging, told: Told) -> Checking:
        """The check that the options ask for. Raises ConfigError when they make no sense."""
        if judging.state is None:
            own = declared_stack(where)
            return Checking(where, judging, told, own, own.project.root)
        choose(color=where.color, interactive=not where.non_interactive)
        try:
            project = Project.load(where.directory)
        except ConfigError:
            return Checking(where, judging, told, None, where.directory)  # a state needs no project
        stack = declared_stack(where) if where.stack else None
        return Checking(where, judging, told, stack, project.root)

    @property
    def of_project(self) -> bool:
        """Whether all rules are asked of what the project itself declares and waives: what can be vouched for."""
        judging = self._judging
        return (
            not (judging.state or judging.framework or judging.waivers or judging.region)
            and self._fail_on is Severity.LOW
        )

    def once(self) -> bool:
        """Check, tell, and say whether it passes."""
        began = time.perf_counter()
        with self._waiting():
            report = self.judge(graph := self.graph())
        self.tell(report, time.perf_counter() - began)
        if self.sign is not None:
            self.sign(graph, report)
        return report.passed

    def graph(self) -> ResourceGraph:
        """What is judged. Raises PlanError when the program is broken, StateError when the state is."""
        if self._judging.state is not None:
            return read_state(self._judging.state)
        from mlinfra.offline.quick import quick_plan

        assert self.stack is not None
        if self.warm is not None:
            return self.warm.plan(self.stack, emit=tell_program)
        return quick_plan(self.stack, emit=tell_program, meanwhile=load_rules)

    def judge(self, graph: ResourceGraph) -> Report:
        """What the rules say of it."""
        from mlinfra.compliance.check import run
        from mlinfra.policies.registry import RULES

        return run(
            graph, rules=RULES, profile=self.profile(), waivers=self.waivers(), today=datetime.now(UTC).date(),
            frameworks=self._judging.framework or (), fail_on=self._fail_on,
            regions=self.regions(),
        )  # fmt: skip

    def profile(self) -> Profile:
        """The profile that was asked for, else the stack's own, else regulated."""
        named = self._judging.profile
        if named is not None:
            if named not in list(Profile):
                raise ConfigError(f"--profile is {named!r}", fix=f"use one of {', '.join(Profile)}")
            return Profile(named)
        own = self.stack.config.values().get(f"{self.stack.project.name}:profile") if self.stack else None
        return Profile(own) if own in list(Profile) else Profile.REGULATED

    def regions(self) -> frozenset[str]:
        """The regions that data may be in: those that were named, else the stack's own; none where any is allowed."""
        if self._judging.region:
            return regions.allowed(self._judging.region, "--region")
        return regions.configured(self.stack.config.values()) if self.stack else frozenset()

    def waivers(self) -> Sequence[Any]:
        """The waivers of the project, or of the file that was named."""
        named = self._judging.waivers
        if named is not None and not named.is_file():
            raise ConfigError(f"--waivers {named}: there is no such file")
        return waiverfile.load(named or self.root / waiverfile.NAME)

    def tell(self, report: Report, seconds: float) -> None:
        """Write the report where it was asked for, and to the terminal unless something else goes there."""
        from mlinfra.compliance.formats import render

        for target in self.targets:
            if target.format == TERMINAL:
                continue
            text = render(target.format, report, base=self._base())
            if target.file is None:
                sys.stdout.write(text)
            else:
                write(target.file, text)
        if all(one.file is not None or one.format == TERMINAL for one in self.targets):
            from mlinfra.cli.check_display import show

            show(console(), report, seconds, arguments=self._where.arguments, verbose=self.verbose)
            for target in self.targets:
                if target.file is not None:
                    say(f"{target.format} in {target.file}", style="dim")

    def _base(self) -> str:
        """The project's folder from the root of its git repository, with a slash; where there is none, the folder itself."""
        here = self.root.resolve()
        top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
        relative = here.relative_to(top).as_posix()
        return "" if relative == "." else f"{relative}/"

    def _waiting(self) -> AbstractContextManager[object]:
        out = console("err")
        what = f"Planning {self.stack.name} …" if self.stack and self._judging.state is None else "Reading the state …"
        return out.status(what, spinner="dots") if sys.stderr.isatty() else nullcontext()


def load_rules() -> None:
    """Load everything that judging needs."""
    from mlinfra.compliance import check, defaults, frameworks
    from mlinfra.policies import registry

    del check, registry
    defaults.table()
    frameworks.frameworks()


def targets(given: Sequence[str]) -> list[Target]:
    """Where the report goes, from what --format says. Raises ConfigError."""
    found = []
    for one in given:
        name, equals, file = one.partition("=")
        if name not in (*FORMATS, TERMINAL) or (equals and (not file or name == TERMINAL)):
            known = f"{TERMINAL}, {', '.join(FORMATS)}"
            raise ConfigError(f"--format is {one!r}", fix=f"use one of {known}; FORMAT=FILE writes it into a file")
        found.append(Target(format=name, file=Path(file) if file else None))
    out = [one.format for one in found if one.file is None and one.format != TERMINAL]
    if len(out) > 1:
        raise ConfigError(
            f"--format {' and '.join(out)} cannot share standard output", fix="write =FILE after all but one"
        )
    return found


def severity(level: str) -> Severity | None:
    """The severity that --fail-on names; None for never. Raises ConfigError."""
    if level == NEVER:
        return None
    try:
        return Severity[level.upper()]
    except KeyError:
        known = ", ".join([*map(str, Severity), NEVER])
        raise ConfigError(f"--fail-on is {level!r}", fix=f"use one of {known}") from None


def read_state(file: Path) -> ResourceGraph:
    """The graph of an exported state. Its secrets stay unknown unless the passphrase is there."""
    from mlinfra import graph_states as graphs
    from mlinfra.stack import deployment
    from mlinfra.stack.secrets import Crypter, find_passphrase
    from mlinfra.stack.stack import default_home

    where = "standard input" if file == Path("-") else str(file)
    try:
        document = json.loads(sys.stdin.read() if file == Path("-") else file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{where} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{where} is not JSON: {error}", fix="give what `mlinfra state export` wrote") from error
    deployment.check(document, where)
    salt = deployment.salt_of(document, where)
    if salt:
        try:
            return graphs.from_document(
                document, Crypter(lambda: find_passphrase(default_home()), salt, where=where), where=where
            )
        except MlinfraError:
            say("The state's secrets cannot be opened; what depends on them cannot be told.", style="yellow")
    return graphs.from_document(document, where=where)


def tell_program(event: Event) -> None:
    """Pass on what the program prints and what the engine warns of."""
    from mlinfra.engine.events import Diagnostic

    if isinstance(event, Diagnostic) and event.severity in ("info", "info#err", "warning") and not event.ephemeral:
        say(event.message.rstrip("\n"), style="yellow" if event.severity == "warning" else "dim")


def write(file: Path, text: str) -> None:
    """Write a report's file, with the folder for it. Raises ConfigError."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from error
