"""A stack: a project's program with one configuration and one state."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlinfra.errors import ConfigError
from mlinfra.stack.config import StackConfig
from mlinfra.stack.project import Project, check_name
from mlinfra.stack.secrets import find_passphrase
from mlinfra.stack.store import Store
from mlinfra.stack.urn import STACK_TYPE, is_provider
from mlinfra.stack.yamlfile import read_mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ORGANIZATION: Final = "organization"


def default_home() -> Path:
    """Where mlinfra keeps its things: $MLINFRA_HOME, or ~/.mlinfra."""
    return Path(os.environ.get("MLINFRA_HOME") or "~/.mlinfra").expanduser().absolute()


class Stack(Store):
    """A stack of a project: its configuration and its state (see `Store`). It exists on disk once it was deployed."""

    organization: Final = ORGANIZATION

    def __init__(
        self,
        project: Project,
        name: str,
        *,
        home: Path,
        passphrase: str | Callable[[], str],
        overrides: Sequence[str] = (),
        paths: bool = False,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(home, project.name, name, passphrase=passphrase)
        self.project = project
        self._overrides, self._paths, self._given = tuple(overrides), paths, config

    @staticmethod
    def open(
        project: Project,
        name: str,
        *,
        home: Path | None = None,
        passphrase: str | None = None,
        overrides: Sequence[str] = (),
        paths: bool = False,
        config: Mapping[str, Any] | None = None,
    ) -> Stack:
        """A project's stack: `dev`, `organization/dev` or `organization/project/dev`.

        `home` is `default_home()` and the passphrase what `find_passphrase` finds, unless given; it is looked for when the
        first secret is met. `overrides`, `paths` and `config` (there `given`) are as for `StackConfig.load`. Raises
        ConfigError for a wrong name.
        """
        home = home or default_home()
        of_project, stack = _parse_reference(name, project.name)
        if of_project != project.name:
            raise ConfigError(
                f"stack {name!r} belongs to the project {of_project!r}, but {project.file} is {project.name!r}"
            )
        found = passphrase if passphrase is not None else lambda: find_passphrase(home)
        return Stack(project, stack, home=home, passphrase=found, overrides=overrides, paths=paths, config=config)

    @cached_property
    def config(self) -> StackConfig:
        """The stack's configuration, checked. Raises ConfigError when it does not fit what the project declares."""
        return StackConfig.load(
            self.project,
            self.name,
            passphrase=self.passphrase,
            overrides=self._overrides,
            paths=self._paths,
            given=self._given,
        )

    def default_salt(self) -> str:
        """That of the stack's file, so that one key opens both, as in Pulumi."""
        file = self.project.stack_file(self.name)
        with contextlib.suppress(ConfigError):  # said when the configuration is needed
            return str(read_mapping(file).get("encryptionsalt") or "") if file.is_file() else ""
        return ""

    def other(self, reference: str) -> Store:
        """The stack that a StackReference names: `stack`, `organization/stack` or `organization/project/stack`."""
        project, name = _parse_reference(reference, self.project.name)
        return Store(self.home, project, name, passphrase=self.passphrase)


@dataclass(frozen=True, slots=True)
class Summary:
    """A stack in a list: how many resources it has, when it was last written, and whether it is locked."""

    project: str
    name: str
    resources: int
    updated: datetime
    locked: bool


def stacks(home: Path, project: str | None = None) -> list[Summary]:
    """The stacks that were deployed, of one project or all. A state that cannot be read counts -1 resources."""
    found = []
    for file in sorted((home / "state").glob(f"{project or '*'}/*.json")):
        store = Store(home, file.parent.name, file.stem, passphrase="")
        try:
            resources = json.loads(file.read_bytes())["deployment"].get("resources") or []
            count = sum(r["type"] != STACK_TYPE and not is_provider(r["type"]) for r in resources)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            count = -1
        updated = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        found.append(Summary(file.parent.name, file.stem, count, updated, store.holder() is not None))
    return found


def _parse_reference(reference: str, project: str) -> tuple[str, str]:
    parts = reference.split("/")
    organization = parts[0] if len(parts) > 1 else ORGANIZATION
    if organization != ORGANIZATION or len(parts) > 3:  # noqa: PLR2004
        raise ConfigError(
            f"{reference!r} does not name a stack", fix=f"write `stack` or `{ORGANIZATION}/project/stack`"
        )
    return check_name("project", parts[1]) if len(parts) == 3 else project, check_name("stack", parts[-1])  # noqa: PLR2004
