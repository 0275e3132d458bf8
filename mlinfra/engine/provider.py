"""What the engine asks of a provider. A plugin over gRPC and the offline planner both answer it.

Property maps carry the value classes of `mlinfra.stack.values`; a provider that refuses secrets or resource
references says so in `Configured`, and the caller strips them. Every failure is a `ProviderFailure`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from mlinfra.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlinfra.stack.state import ResourceState
    from mlinfra.stack.values import Properties


class ProviderFailure(ProviderError):
    """A provider call that failed; the text is the provider's."""


class InitFailure(ProviderFailure):
    """The resource exists but is not ready: keep it, report the reasons, fail the step."""

    def __init__(
        self, message: str, *, id: str, outputs: Properties, inputs: Properties, reasons: Sequence[str]
    ) -> None:
        super().__init__(message)
        self.id, self.outputs, self.inputs, self.reasons = id, outputs, inputs, tuple(reasons)


@dataclass(frozen=True, slots=True)
class Held:
    """A resource that a provider made: its inputs then, and its outputs as last known."""

    urn: str
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)


def held(state: ResourceState) -> Held:
    """What a provider is told of a resource in the state."""
    return Held(state.urn, state.id, state.inputs, state.outputs)


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """An input that the provider refuses, and why."""

    property: str
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The inputs as the provider takes them, with its defaults and names, and what it refuses."""

    inputs: Properties
    failures: tuple[CheckFailure, ...] = ()


class DiffKind(Enum):
    """How a property changes, numbered as on the wire (`PropertyDiff.Kind` of provider.proto)."""

    ADD = 0
    ADD_REPLACE = 1
    DELETE = 2
    DELETE_REPLACE = 3
    UPDATE = 4
    UPDATE_REPLACE = 5


@dataclass(frozen=True, slots=True)
class PropertyDiff:
    """One change. `input_diff`: it is between inputs, not between state and inputs."""

    kind: DiffKind
    input_diff: bool = False


@dataclass(frozen=True, slots=True)
class Diffed:
    """`changes` is None when the provider did not say; then the engine compares inputs itself."""

    changes: bool | None
    replaces: tuple[str, ...] = ()
    diffs: tuple[str, ...] = ()
    detailed: Mapping[str, PropertyDiff] | None = None
    stables: tuple[str, ...] = ()
    delete_before_replace: bool = False


@dataclass(frozen=True, slots=True)
class Configured:
    """What the provider understands on the wire."""

    accept_secrets: bool = True
    accept_resources: bool = True
    supports_preview: bool = True
    accept_outputs: bool = False


@dataclass(frozen=True, slots=True)
class Created:
    """A new resource."""

    id: str  # empty in a preview
    outputs: Properties


@dataclass(frozen=True, slots=True)
class ReadResult:
    """`id` is empty when the resource does not exist."""

    id: str
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Invoked:
    """`unknown`: there will be a result, but it cannot be told yet."""

    result: Properties
    failures: tuple[CheckFailure, ...] = ()
    return_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: bool = False


class Keeper(Protocol):
    """Who looks after resources. Calls may come from several threads at once. Timeouts are in seconds, 0: none."""

    def check(self, urn: str, olds: Properties, news: Properties, seed: bytes) -> Checked: ...
    def diff(self, old: Held, news: Properties, ignore: Sequence[str]) -> Diffed: ...
    def create(self, urn: str, inputs: Properties, *, timeout: float = 0, preview: bool = False) -> Created: ...
    def read(self, held: Held, *, timeout: float = 0) -> ReadResult: ...
    def update(
        self, old: Held, news: Properties, *, ignore: Sequence[str] = (), timeout: float = 0, preview: bool = False
    ) -> Properties: ...
    def delete(self, old: Held, *, timeout: float = 0) -> None: ...


class Provider(Keeper, Protocol):
    """One configured provider instance."""

    def check_config(self, urn: str, olds: Properties, news: Properties) -> Checked: ...
    def diff_config(self, old: Held, news: Properties, ignore: Sequence[str]) -> Diffed: ...
    def configure(self, urn: str, id: str, inputs: Properties) -> Configured: ...
    def invoke(self, token: str, args: Properties, *, preview: bool = False) -> Invoked: ...
    def call(
        self, token: str, args: Properties, dependencies: Mapping[str, Sequence[str]], *, preview: bool = False
    ) -> Invoked: ...
    def cancel(self) -> None: ...
    def close(self) -> None: ...


class ProviderSource(Protocol):
    """Where providers come from: found as plugins on this machine, attached to a running server, or offline."""

    def open(
        self, package: str, version: str, *, engine_address: str, project_dir: str, env: Mapping[str, str]
    ) -> Provider:
        """A fresh, unconfigured provider; raises ProviderError naming package and version when there is none."""
        ...
