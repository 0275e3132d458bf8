"""What a statement is about, byte by byte: program, configuration, lock file, waivers, and the graph they declare."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlinfra.attestation import trust
from mlinfra.compliance import waiverfile
from mlinfra.errors import ConfigError
from mlinfra.graph_values import File, Reference, Unknown, join, steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.graph import Node, ResourceGraph
    from mlinfra.stack.project import Project

STATEMENT_SUFFIX: Final = ".attestation.json"
_LOCKS: Final = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "requirements.txt")
_NOT_PROGRAM: Final = {"__pycache__", "node_modules"}


class Role(StrEnum):
    """What a subject is to the deployment."""

    PROGRAM = "program"
    CONFIGURATION = "configuration"
    LOCK = "lock file"
    WAIVERS = "waivers"
    GRAPH = "declared graph"
    RESOURCES = "list of resources"


OF_GRAPH: Final = frozenset({Role.GRAPH, Role.RESOURCES})


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """One thing with its SHA-256."""

    role: Role
    name: str
    sha256: str


def of_files(project: Project, stack: str) -> list[Subject]:
    """The subjects that are files of the project. Raises ConfigError when one cannot be read."""
    found = dict.fromkeys(_program(project), Role.PROGRAM)
    found[project.file] = found[project.stack_file(stack)] = Role.CONFIGURATION
    found |= {project.root / name: Role.LOCK for name in _LOCKS}
    found[project.root / waiverfile.NAME] = Role.WAIVERS
    return sorted(
        Subject(role, _name(file, project.root), _digest(file)) for file, role in found.items() if file.is_file()
    )


def of_graph(graph: ResourceGraph) -> list[Subject]:
    """The subjects that are what the program declares: the whole graph, and the list of its resources alone.

    The list is what a policy pack can compare in a preview of the real engine, which knows fewer values than a plan.
    """
    nodes = sorted(map(_node, graph), key=lambda node: node["urn"])
    urns = sorted(node["urn"] for node in nodes if not node["type"].startswith("pulumi:"))
    return [
        Subject(Role.GRAPH, f"{graph.project}/{graph.stack}", _sha256(_canonical(nodes))),
        Subject(Role.RESOURCES, f"{graph.project}/{graph.stack}", of_urns(urns)),
    ]


def of_urns(urns: list[str]) -> str:
    """The SHA-256 of a list of resources, in whichever order."""
    return _sha256(_canonical(sorted(urns)))


def of_package(*folders: Path) -> str:
    """The SHA-256 of the sources and data in folders of this package: the rules that a check applied."""
    found = hashlib.sha256()
    for folder in folders:
        for file in sorted(one for one in folder.rglob("*") if one.suffix in {".py", ".toml"}):
            found.update(f"{file.relative_to(folder.parent).as_posix()}\0{_digest(file)}\n".encode())
    return found.hexdigest()


def _program(project: Project) -> Iterator[Path]:
    """Every file in the program's folder: it may read any of them. Hidden files, environments and caches aside."""
    if project.program.is_file():
        yield project.program
    beside = {project.stack_file(stack) for stack in project.stacks()}
    beside |= {project.root / name for name in (*_LOCKS, waiverfile.NAME, trust.FILE)}
    for top, folders, files in os.walk(project.workdir):
        here = Path(top)
        folders[:] = sorted(
            name
            for name in folders
            if name[0] != "." and name not in _NOT_PROGRAM and not (here / name / "pyvenv.cfg").is_file()
        )
        for name in sorted(files):
            file = here / name
            if name[0] != "." and not name.endswith((STATEMENT_SUFFIX, ".pyc")) and file not in beside:
                yield file


def _name(file: Path, root: Path) -> str:
    return Path(os.path.relpath(file, root)).as_posix()


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from None


def _node(node: Node) -> dict[str, Any]:
    secret = {steps(path) for path in node.secrets}
    return {
        "urn": node.urn,
        "type": node.type,
        "parent": node.parent,
        "provider": node.provider,
        "external": node.external,
        "depends_on": sorted(node.depends_on),
        "options": {name: getattr(node.options, name) for name in node.options.__slots__},
        "inputs": _masked(node.inputs, "", secret),
    }


def _masked(value: Any, path: str, secret: set[tuple[str | int, ...]]) -> Any:
    """A value without what is not known and what must not be known."""
    if path and steps(path) in secret:
        return {"secret": True}
    if isinstance(value, Unknown):
        return {"unknown": True}
    if isinstance(value, Reference):
        return {"urn": value.urn}
    if isinstance(value, File):
        return {
            "file": value.hash or value.text or value.uri or value.path,
            "files": _masked(value.files or {}, path, set()),
        }
    if isinstance(value, Mapping):
        return {key: _masked(item, join(path, key), secret) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item, join(path, index), secret) for index, item in enumerate(value)]
    return value


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str).encode("utf-8")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
