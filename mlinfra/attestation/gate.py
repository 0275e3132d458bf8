"""A stack and its evidence: making it after a check, and asking for it before a deployment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mlinfra import __version__, compliance, policies
from mlinfra.attestation import statement, subjects, trust
from mlinfra.attestation.statement import Statement, Summary
from mlinfra.files import write_for_user

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.attestation.keys import SigningKey
    from mlinfra.attestation.trust import TrustedKey
    from mlinfra.graph import ResourceGraph
    from mlinfra.stack.project import Project


@dataclass(frozen=True, slots=True)
class Result:
    """What a check found, as far as a statement tells it."""

    profile: str
    passed: bool
    counts: Mapping[str, int]


def statement_file(project: Project, stack: str) -> Path:
    """Where the statement about a stack is kept, unless the user says otherwise."""
    return project.root / f"mlinfra.{stack}{subjects.STATEMENT_SUFFIX}"


def trusted_file(project: Project, given: Path | None) -> Path:
    """The list of trusted keys: the one given, that of $MLINFRA_TRUSTED_KEYS, or the project's."""
    named = os.environ.get(trust.VARIABLE)
    return given or (Path(named) if named else project.root / trust.FILE)


def attest(
    project: Project, stack: str, graph: ResourceGraph, result: Result, key: SigningKey, *, file: Path, valid: timedelta
) -> Statement:
    """Write the signed statement of a check. Raises ConfigError when a subject cannot be read or the file written."""
    now = datetime.now(UTC).replace(microsecond=0)
    summary = Summary(
        project=project.name,
        stack=stack,
        profile=result.profile,
        passed=result.passed,
        counts=result.counts,
        version=__version__,
        policy=policy_digest(),
        time=now,
        expires=now + valid,
    )
    found = Statement(summary, tuple(sorted((*subjects.of_files(project, stack), *subjects.of_graph(graph)))))
    write_for_user(file, statement.sign(found, key))
    return found


def verify(
    project: Project, stack: str, graph: ResourceGraph | None, *, file: Path, trusted: Path
) -> tuple[Statement, TrustedKey]:
    """The statement about a stack and who signed it; raises AttestationError unless it holds for what is there now.

    Without a graph, everything is compared but what the program declares.
    """
    found, signer = statement.read(file, trust.read(trusted))
    now = datetime.now(UTC)
    statement.require(found, file.name, project=project.name, stack=stack, policy=policy_digest(), now=now)
    roles = [role for role in subjects.Role if graph is not None or role not in subjects.OF_GRAPH]
    there = [*subjects.of_files(project, stack), *(subjects.of_graph(graph) if graph is not None else ())]
    statement.compare(found, file.name, there, roles)
    return found, signer


def policy_digest() -> str:
    """The SHA-256 of the rules and of what applies them."""
    return subjects.of_package(*(Path(str(package.__file__)).parent for package in (policies, compliance)))
