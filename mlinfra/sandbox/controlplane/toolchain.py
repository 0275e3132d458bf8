"""The Go that is installed on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlinfra.sandbox.server.files import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

USUAL: Final = ("/usr/local/go/bin/go", "/opt/homebrew/bin/go", "/usr/lib/go/bin/go")
"""Where installers put Go without adding it to PATH."""


@dataclass(frozen=True)
class Go:
    """A Go toolchain: its program, and its version as `go1.26.8`."""

    program: Path
    version: str

    @classmethod
    def find(cls) -> Go:
        """The Go on PATH, or where installers put it. Raises `SandboxError` when there is none."""
        found = next((path for name in ("go", *USUAL) if (path := shutil.which(name))), None)
        if found is None:
            raise SandboxError(
                "the control plane is built from source, and Go is not installed on this machine",
                fix="install Go (https://go.dev/doc/install) and try again; without a control plane the sandbox checks "
                "Kubernetes objects against its API schemas",
            )
        program = Path(found)
        return cls(program, _run([found, "env", "GOVERSION"], environment()).strip())

    def require(self, oldest: str, what: str) -> None:
        """Raises `SandboxError` when this Go is older than `oldest`, as 1.26."""
        if self.numbers < tuple(int(part) for part in oldest.split(".")):
            raise SandboxError(
                f"{what} needs Go {oldest} or newer, and {self.program} is {self.version.removeprefix('go')}",
                fix="install a newer Go (https://go.dev/doc/install)",
            )

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version's numbers; a version that says none counts as newest, since it was built from source."""
        match = re.match(r"go(\d+)\.(\d+)", self.version)
        return (int(match[1]), int(match[2])) if match else (99,)


def environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a build: the user's proxy and caches, none of the user's flags, no other Go than this one."""
    theirs = {name: value for name, value in (os.environ if base is None else base).items() if name != "GOFLAGS"}
    return theirs | {"CGO_ENABLED": "0", "GOFLAGS": "", "GOTOOLCHAIN": "local", "GOWORK": "off", "GO111MODULE": "on"}


def _run(command: list[str], env: Mapping[str, str], cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(command, env=dict(env), check=True, capture_output=True, text=True, cwd=cwd)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise SandboxError(f"{' '.join(command)} failed: {said.strip()[-2000:]}") from error
    return done.stdout


def run(go: Go, *arguments: str, cwd: Path | None = None) -> str:
    """What a Go command prints. Raises `SandboxError` with what it complained about."""
    return _run([str(go.program), *arguments], environment(), cwd)
