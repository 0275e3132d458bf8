"""Which programs the control plane is made of, and the Go modules they come from (`programs.toml`)."""

from __future__ import annotations

import functools
import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class Module:
    """A Go module and the programs to build from it.

    `go` is the oldest Go that compiles it. `programs` gives each program's folder in the module. `staging` is the
    version of the modules that it replaces by folders of its own repository. `stamp` sets variables when linking.
    `files` of the module are kept beside the programs.
    """

    path: str
    version: str
    go: str
    source: str
    programs: Mapping[str, str]
    staging: str = ""
    stamp: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[str] = ()

    @property
    def packages(self) -> list[str]:
        """The import paths of the programs, in the order of their names."""
        return [f"{self.path}/{folder}".rstrip("/") for _, folder in sorted(self.programs.items())]

    @property
    def key(self) -> str:
        """Names what a build gives. Not by the version of Go: what is built runs on when Go is updated, or gone."""
        digest = hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()
        return f"{self.path.replace('/', '-')}-{self.version}-{digest[:12]}"


def modules() -> tuple[Module, ...]:
    """The modules of the control plane, quick ones first."""
    return tuple(Module(**entry) for entry in _table()["modules"])


def kubernetes_version() -> str:
    """The control plane's version of Kubernetes, as 1.35.4."""
    return next(m.version for m in modules() if m.path == "k8s.io/kubernetes").removeprefix("v")


@functools.cache
def _table() -> dict[str, Any]:
    return tomllib.loads((resources.files("mlinfra.sandbox.controlplane") / "programs.toml").read_text("utf-8"))
