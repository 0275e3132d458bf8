"""The sandbox as a deployment sees it: running, reachable by program and providers, and still the account it was.

A stack's state says what is in the account, but the account lives in the sandbox's memory and can be lost: reset,
killed, or the machine rebooted. Each account has a `generation`. The one that a stack was last deployed to is kept
beside the stack's state, and compared before that state is believed.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlinfra.errors import ConfigError
from mlinfra.sandbox.server import control
from mlinfra.sandbox.server.files import HOST, SandboxError, ServerFiles, ServerInfo, write_private
from mlinfra.stack.state import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from pathlib import Path

    from mlinfra.stack.store import Store

ACCOUNT: Final = "123456789012"
DEFAULT_REGION: Final = "us-east-1"
PACKAGES: Final = ("aws", "kubernetes")
"""The Pulumi packages whose providers the sandbox serves."""
ABANDON: Final = "{}:mlinfra/abandon:abandon"
"""The function by which a package's provider deletes what was made for URNs and no state has."""


@dataclass(frozen=True, slots=True)
class Session:
    """A running sandbox. `started` tells whether it was started for this session."""

    server: ServerInfo
    started: bool = False

    @classmethod
    def open(cls, home: Path) -> Session:
        """The sandbox of `home`, started when it does not run. Raises SandboxError when it does not come up."""
        running = control.status(home)
        server = running or control.start(home, idle_seconds=idle_seconds(os.environ))
        if not server.provider_port:
            raise SandboxError(
                f"the sandbox at {server.endpoint_url} serves no provider; why stands in {ServerFiles(home).log}",
                fix="run `mlinfra sandbox stop` and try again",
            )
        return cls(server, started=running is None)

    def clients(self, region: str = DEFAULT_REGION) -> dict[str, str]:
        """The environment that leads any AWS client to the sandbox, whatever profiles the user has."""
        return {
            "AWS_ENDPOINT_URL": self.server.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def exports(self, environ: Mapping[str, str], region: str = DEFAULT_REGION) -> dict[str, str]:
        """What leads AWS clients and Pulumi engines to the sandbox. Other providers attached in `environ` stay."""
        theirs = [entry for entry in environ.get("PULUMI_DEBUG_PROVIDERS", "").split(",") if entry]
        kept = [entry for entry in theirs if entry.partition(":")[0] not in PACKAGES]
        ports = zip(PACKAGES, (self.server.provider_port, self.server.kubernetes_port), strict=True)
        attached = ",".join([*(f"{package}:{port}" for package, port in ports if port), *kept])
        # A cluster that is deleted is drained by its kubeconfig, whose endpoint is nowhere. This one leads to its objects;
        # it is empty where no control plane runs, and so no controllers that would make anything.
        drained = {"MLINFRA_DRAIN_KUBECONFIG": self.server.kubeconfig}
        return {**self.clients(region), **drained, "PULUMI_DEBUG_PROVIDERS": attached}

    def enter(self, environ: MutableMapping[str, str], region: str = DEFAULT_REGION) -> None:
        """Turn a process's environment towards the sandbox: what it starts cannot reach a real account by accident."""
        for name in [name for name in environ if name.startswith("AWS_")]:
            del environ[name]
        environ.update(self.exports(environ, region))
        direct = [entry for entry in (environ.get("NO_PROXY"), HOST, "localhost") if entry]
        environ["NO_PROXY"] = environ["no_proxy"] = ",".join(direct)

    def lost(self, stack: Store) -> bool:
        """Whether the stack has resources in an account that is gone."""
        known = _generation(stack)
        if known in (None, self.server.generation):
            return False
        snapshot = stack.load()
        resources = [*snapshot.resources, *(operation.resource for operation in snapshot.pending)]
        return any(resource.type.partition(":")[0] in PACKAGES for resource in resources)

    def adopt(self, stack: Store) -> None:
        """Note that the stack's resources are in this account."""
        if _generation(stack) != self.server.generation:
            write_private(_record(stack), self.server.generation.encode())


def idle_seconds(environ: Mapping[str, str]) -> float:
    """After how many seconds without a request the sandbox ends: MLINFRA_SANDBOX_IDLE, or eight hours."""
    said = environ.get("MLINFRA_SANDBOX_IDLE", "")
    if not said:
        return control.DEFAULT_IDLE_SECONDS
    try:
        seconds = float(said)
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise ConfigError(f"MLINFRA_SANDBOX_IDLE is {said!r}", fix="give a number of seconds")
    return seconds


def forget(stack: Store) -> Path:
    """Empty the state of a stack whose account is lost; returns where the old state is kept."""
    backup = stack.file.with_name(f"{stack.file.name}.lost-{time.strftime('%Y%m%dT%H%M%S')}")
    write_private(backup, json.dumps(stack.export(), indent=4).encode())
    stack.save(Snapshot())
    stack.journal_file.unlink(missing_ok=True)
    return backup


def _record(stack: Store) -> Path:
    return stack.file.with_name(f"{stack.name}.account")


def _generation(stack: Store) -> str | None:
    try:
        return _record(stack).read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None
