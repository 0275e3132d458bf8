"""Default providers: made when the first resource comes that names no provider, one for each package and version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mlinfra.engine.goal import Goal
from mlinfra.engine.registry import INTERNAL
from mlinfra.errors import ConfigError, MlinfraError
from mlinfra.stack import urn as urns
from mlinfra.stack.state import ResourceState
from mlinfra.stack.toolchain import find_python
from mlinfra.stack.urn import Reference

if TYPE_CHECKING:
    from mlinfra.engine.registrar import Registrar
    from mlinfra.stack.config import StackConfig
    from mlinfra.stack.stack import Stack
    from mlinfra.stack.values import Properties


class DefaultProviders:
    """References to default providers, which are configured by the stack's configuration under the package's name."""

    def __init__(self, registrar: Registrar, stack: Stack) -> None:
        self._registrar = registrar
        self._stack, self._config = stack.name, stack.config
        self._project = stack.project
        self._versions: dict[str, str] = {}
        self._references: dict[tuple[str, str, str], str] = {}
        self._denied = _denied(stack.config)

    def get(self, package: str, version: str, url: str, who: str) -> str:
        """The reference to the default provider; the first who asks registers it. Raises Stopped when that fails."""
        if package in self._denied or ("*" in self._denied and package != "pulumi"):
            raise MlinfraError(f"Default provider for '{package}' disabled. '{who}' must use an explicit provider.")
        key, turns = (package, version or self.version(package), url.rstrip("/")), self._registrar.turns
        if found := self._references.get(key):
            return found
        with turns:
            while (found := self._references.get(key)) == "":
                turns.park()
            if found is not None:
                return found
            self._references[key] = ""  # on its way
            try:
                self._references[key] = self._register(*key)
            except BaseException:
                del self._references[key]
                raise
            finally:
                turns.unpark()
            turns.after_next()  # as with Pulumi, where the first who waits overtakes the one who had it made
            return self._references[key]

    def version(self, package: str) -> str:
        """The version of a package's SDK that the program has installed; "" when it has none.

        Resources that say no version are for the plugin of that one (GetRequiredPackages of Pulumi's language host).
        """
        if package not in self._versions:
            python = find_python(self._project).executable
            pattern = f"lib*/python3*/*-packages/pulumi_{package.replace('-', '_')}/pulumi-plugin.json"
            found = next(python.parent.parent.glob(pattern), None)
            described = json.loads(found.read_bytes()) if found is not None else {}
            self._versions[package] = str(described.get("version") or "")
        return self._versions[package]

    def _register(self, package: str, version: str, url: str) -> str:
        inputs: Properties = dict(self._config.package(package))
        if version:
            inputs["version"] = version
        if version or url:
            inputs[INTERNAL] = {"pluginDownloadURL": url} if url else {}
        name = urns.default_provider_name(version, url)
        token = urns.PROVIDER_PREFIX + package
        urn = urns.make(self._stack, self._project.name, "", token, name)
        state = self._registrar.register(
            Goal(state=ResourceState(urn=urn, type=token, custom=True, inputs=inputs))
        ).state
        return str(Reference(state.urn, state.id))


def _denied(config: StackConfig) -> frozenset[str]:
    """The packages in the configuration's pulumi:disable-default-providers."""
    text = config.package("pulumi").get("disable-default-providers")
    if not text:
        return frozenset()
    try:
        names = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"pulumi:disable-default-providers is {text!r}", fix="give a list of package names")
    return frozenset(name.strip() for name in names)
