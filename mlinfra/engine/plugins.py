"""Finding provider plugins on this machine as Pulumi finds them, and starting them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlinfra.engine.plugin import Plugin
from mlinfra.errors import ProviderError, UnsupportedError
from mlinfra.stack.yamlfile import read_mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PATIENCE: Final = 60.0  # seconds that a plugin may take to say its port, or to end


class PluginSource:
    """Opens a process for each provider, or attaches to servers named in PULUMI_DEBUG_PROVIDERS ("aws:PORT,...").

    `named` are the paths of plugins that the project names. Otherwise a plugin is the executable pulumi-resource-NAME on
    PATH or in PULUMI_HOME/plugins. `say` is given what plugins write to standard error.
    """

    def __init__(self, named: Mapping[str, Path] | None = None, say: Callable[[str], None] = lambda _: None) -> None:
        self._named = dict(named or {})
        self._say = say

    def open(
        self, package: str, version: str, *, engine_address: str, project_dir: str, env: Mapping[str, str]
    ) -> Plugin:
        """See `ProviderSource.open`."""
        environ = {**os.environ, **env}
        address = attached(package, environ)
        if address is not None:
            plugin = Plugin(address, lambda: None)
            plugin.greet(engine_address, project_dir, attach=True)
            return plugin
        process = _Process(
            package, self._command(package, version, environ), project_dir, environ, engine_address, self._say
        )
        plugin = Plugin(f"127.0.0.1:{process.port}", process.end)
        try:
            plugin.greet(engine_address, project_dir, attach=False)
        except BaseException:
            plugin.close()
            raise
        return plugin

    def _command(self, package: str, version: str, environ: Mapping[str, str]) -> list[str]:
        """What starts the plugin of a package."""
        name = f"pulumi-resource-{package}"
        if package in self._named:
            return _command_in(self._named[package], name)
        found = shutil.which(name, path=environ.get("PATH")) or _installed(package, version, environ)
        if found is None:
            at = f" at version v{version}" if version else ""
            raise ProviderError(
                f"no resource plugin '{name}' found in the workspace{at} or on your $PATH",
                fix=f"name it under `plugins: providers:` in Pulumi.yaml or put `{name}` on PATH",
            )
        return [found]


def attached(package: str, environ: Mapping[str, str]) -> str | None:
    """The address of the running provider that PULUMI_DEBUG_PROVIDERS names for a package; raises ProviderError."""
    for entry in filter(None, environ.get("PULUMI_DEBUG_PROVIDERS", "").split(",")):
        name, separator, address = entry.strip().partition(":")
        if not separator or not re.fullmatch(r"([\w.-]+:)?\d+", address):
            raise ProviderError(
                f"PULUMI_DEBUG_PROVIDERS has {entry!r}", fix="write name:port or name:host:port, separated by commas"
            )
        if name == package:
            return address if ":" in address else f"127.0.0.1:{address}"
    return None


def _command_in(path: Path, name: str) -> list[str]:
    """What starts the plugin at a path that the project names: an executable, or a folder with one or with a program."""
    if path.is_file():
        return [str(path)]
    if (path / name).is_file():
        return [str(path / name)]
    description = path / "PulumiPlugin.yaml"
    if not description.is_file():
        raise ProviderError(
            f"the plugin folder {path} has neither {name} nor PulumiPlugin.yaml", fix="correct `plugins` in Pulumi.yaml"
        )
    runtime = read_mapping(description).get("runtime")
    options = (runtime.get("options") or {}) if isinstance(runtime, dict) else {}
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    if language != "python":
        raise UnsupportedError(
            f"{description}: plugins in {language} are not started from source, only Python",
            fix=f"build the plugin and put the executable {name} into {path}",
        )
    python = path / str(options.get("virtualenv", "")) / "bin" / "python"
    return [str(python) if options.get("virtualenv") and python.is_file() else sys.executable, "-u", str(path)]


def _installed(package: str, version: str, environ: Mapping[str, str]) -> str | None:
    """A plugin that the pulumi command installed: of the version, or else the newest."""
    home = Path(environ.get("PULUMI_HOME") or Path.home() / ".pulumi") / "plugins"
    pattern = f"resource-{package}-v{version or '*'}"
    found = [p for p in home.glob(f"{pattern}/pulumi-resource-{package}") if p.is_file()]

    def newest(path: Path) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", path.parent.name.rpartition("-v")[2])]

    return str(max(found, key=newest)) if found else None


class _Process:
    """A plugin's process, from its start to its port."""

    def __init__(
        self,
        package: str,
        command: list[str],
        folder: str,
        environ: Mapping[str, str],
        engine_address: str,
        say: Callable[[str], None],
    ) -> None:
        try:
            self._process = subprocess.Popen(
                [*command, engine_address], cwd=folder, env=environ, text=True, errors="replace",
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                start_new_session=True,  # an interrupt is for the engine, which then asks its plugins to cancel
            )  # fmt: skip
        except OSError as error:
            raise ProviderError(f"the plugin {command[0]} of {package} does not start: {error.strerror}") from error
        self._tail: deque[str] = deque(maxlen=20)
        self._readers = [
            threading.Thread(target=self._read_errors, args=(say,), daemon=True),
            threading.Thread(target=self._read_rest, daemon=True),
        ]
        self._readers[0].start()
        watchdog = threading.Timer(_PATIENCE, self._process.kill)
        watchdog.start()
        assert self._process.stdout
        line = self._process.stdout.readline().strip()
        watchdog.cancel()
        if not line.isdigit():
            self._process.kill()
            self._process.wait()
            self._readers[0].join(1)
            said = "\n".join(self._tail) or repr(line)
            raise ProviderError(f"the plugin {command[0]} of {package} did not say its port, but: {said}")
        self._readers[1].start()
        self.port = int(line)

    def _read_errors(self, say: Callable[[str], None]) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self._tail.append(line.rstrip())
            say(line.rstrip())

    def _read_rest(self) -> None:
        assert self._process.stdout
        for _ in self._process.stdout:
            pass  # nobody listens, but a full pipe would block the plugin

    def end(self) -> None:
        """End the process."""
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
