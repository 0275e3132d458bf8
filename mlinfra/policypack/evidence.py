"""A deployment's evidence: the signed statement that the pack asks for before it lets anything through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlinfra.attestation import gate, statement, subjects
from mlinfra.attestation.subjects import Role, Subject
from mlinfra.errors import MlinfraError
from mlinfra.stack.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mlinfra.attestation.statement import Statement


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the evidence of a stack is: the project, the statement, and whose signatures count."""

    project: Path
    statement: Path | None = None
    trusted: Path | None = None

    def files(self, stack: str) -> Judgement:
        """Whether the statement holds, as far as files tell."""
        try:
            project = Project.load(self.project)
            file = self.statement or gate.statement_file(project, stack)
            trusted = gate.trusted_file(project, self.trusted)
            found, _ = gate.verify(project, stack, None, file=file, trusted=trusted)
        except MlinfraError as error:
            return Judgement(None, str(error))
        return Judgement(found, "")


@dataclass(frozen=True, slots=True)
class Judgement:
    """A statement, or why there is none that holds."""

    statement: Statement | None
    refusal: str

    def declared(self, project: str, stack: str, urns: Iterable[str]) -> str:
        """Why what is declared is not what was checked; nothing when it is.

        The engine tells a pack fewer values than a plan knows, so that the resources are compared and not their inputs;
        those follow from program and configuration, which are compared byte by byte.
        """
        if self.statement is None:
            return self.refusal
        now = Subject(Role.RESOURCES, f"{project}/{stack}", subjects.of_urns([*urns]))
        try:
            statement.compare(self.statement, "the statement", [now], [Role.RESOURCES])
        except MlinfraError as error:
            return str(error)
        return ""
