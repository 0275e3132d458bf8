"""Build the programs once and keep them: in a cache that every home of this user shares.

Go keeps what it compiled, so a build that was interrupted goes on where it was; a finished one is put in place whole.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlinfra.sandbox.controlplane.gomod import go_mod
from mlinfra.sandbox.controlplane.programs import modules
from mlinfra.sandbox.controlplane.toolchain import Go, environment, run
from mlinfra.sandbox.server.files import SandboxError, held

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlinfra.sandbox.controlplane.programs import Module

NICENESS: Final = "10"  # a build leaves the machine to whoever works on it
BUILDING_SECONDS: Final = 3 * 3600.0  # how long to wait for another process that builds the same


@dataclass(frozen=True)
class Progress:
    """How far a build is: of `total` packages that have to be compiled for the module, `done` are."""

    module: Module
    done: int
    total: int


def cache() -> Path:
    """Where builds are kept: $MLINFRA_CACHE, or `mlinfra` in the user's cache directory."""
    given = os.environ.get("MLINFRA_CACHE")
    if given:
        return Path(given).expanduser().absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser().absolute() / "mlinfra"


def built(wanted: Sequence[Module] | None = None) -> dict[str, Path] | None:
    """The programs by name, or None while one of them is not built."""
    found: dict[str, Path] = {}
    for module in modules() if wanted is None else wanted:
        folder = _folder(module)
        found |= {name: folder / name for name in module.programs}
    return found if all(path.is_file() for path in found.values()) else None


def build(tell: Callable[[Progress], None] = lambda _: None, wanted: Sequence[Module] | None = None) -> dict[str, Path]:
    """Build what is not built yet and return every program by name.

    Raises `SandboxError` without Go, with one that is too old, and with Go's own words when it fails.
    """
    chosen = modules() if wanted is None else tuple(wanted)
    if (found := built(chosen)) is not None:
        return found
    go = Go.find()
    for module in chosen:
        go.require(module.go, f"{module.path} {module.version}")
    root = cache() / "controlplane"
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        message = f"the cache {root} cannot be made: {error.strerror}"
        raise SandboxError(message, fix="set MLINFRA_CACHE to a directory that can be written") from error
    with held(root / "build.lock", BUILDING_SECONDS):
        for module in chosen:
            if built([module]) is None:
                _build(go, module, tell)
    found = built(chosen)
    assert found is not None
    return found


def download(module_path: str, version: str, cwd: Path | None = None) -> Mapping[str, str]:
    """Fetch a module's source; what `go mod download -json` says of it (`Dir`, `GoMod`, …)."""
    said = run(Go.find(), "mod", "download", "-json", f"{module_path}@{version}", cwd=cwd)
    answer: dict[str, str] = json.loads(said)
    return answer


def _folder(module: Module) -> Path:
    return cache() / "controlplane" / module.key


def _build(go: Go, module: Module, tell: Callable[[Progress], None]) -> None:
    target = _folder(module)
    tell(Progress(module, 0, 0))
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".building-") as name:
        work = Path(name)
        source = download(module.path, module.version)
        (work / "go.mod").write_text(go_mod(module, Path(source["GoMod"]).read_text("utf-8")))
        sums = Path(source["Dir"]) / "go.sum"
        if sums.is_file():  # what the module was tested with; the rest is checked against the checksum database
            (work / "go.sum").write_bytes(sums.read_bytes())
        total = _stale(go, module, work)
        tell(Progress(module, 0, total))
        output = work / "programs"
        output.mkdir()
        _compile(go, module, work, output, lambda done: tell(Progress(module, done, total)))
        for program, folder in module.programs.items():
            written = output / Path(folder or module.path.removesuffix("/v3")).name
            if written.name != program:
                written.rename(output / program)
        for file in module.files:
            shutil.copy(Path(source["Dir"]) / file, output)
        shutil.rmtree(target, ignore_errors=True)
        output.rename(target)


def _stale(go: Go, module: Module, work: Path) -> int:
    """How many packages have to be compiled."""
    said = run(go, "list", "-mod=mod", "-deps", "-trimpath", "-f", "{{.Stale}}", *module.packages, cwd=work)
    return said.split().count("true")


def _compile(go: Go, module: Module, work: Path, output: Path, tell: Callable[[int], None]) -> None:
    stamps = " ".join(f"-X {name}={value}" for name, value in module.stamp.items())
    command = [str(go.program), "build", "-v", "-mod=mod", "-trimpath", "-buildvcs=false", f"-ldflags=-s -w {stamps}"]
    command += ["-o", f"{output}{os.sep}", *module.packages]
    if shutil.which("nice"):
        command = ["nice", "-n", NICENESS, *command]
    said: deque[str] = deque(maxlen=30)
    process = subprocess.Popen(
        command,
        cwd=work,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # what Go starts ends with it, also when the user interrupts
    )
    try:
        assert process.stderr is not None
        done = 0
        for line in process.stderr:
            if line.startswith("go: "):
                continue  # downloading …
            said.append(line)
            done += 1
            tell(done)
        status = process.wait()
    except BaseException:
        _end(process)
        raise
    if status:
        message = f"{module.path} {module.version} could not be built:\n{''.join(said).strip()}"
        raise SandboxError(message, fix="try again; what was compiled is kept")


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    process.wait()
