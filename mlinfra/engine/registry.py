"""The providers of a run: opened once, configured by the states of provider resources, found by reference.

Provider resources are resources like any other; it is the registry that creates, updates and deletes them.
"""

from __future__ import annotations

import re
import threading
import uuid
from typing import TYPE_CHECKING, Final

from mlinfra.engine import diff
from mlinfra.engine.instance import Instance
from mlinfra.engine.provider import (
    Checked,
    CheckFailure,
    Created,
    Diffed,
    Held,
    Provider,
    ProviderFailure,
    ReadResult,
)
from mlinfra.stack import urn as urns
from mlinfra.stack.urn import Reference
from mlinfra.stack.values import UNKNOWN_STRING, Properties

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlinfra.engine.provider import Keeper
    from mlinfra.stack.state import ResourceState

INTERNAL: Final = "__internal"  # what the engine keeps in a provider resource's inputs for itself


class Registry:
    """Provider instances by reference, and the keeper of provider resources.

    `open_provider` opens a provider for a package and version ("" is any); `previous` finds the provider resource of
    before that a reference means.
    """

    def __init__(
        self,
        open_provider: Callable[[str, str], Provider],
        previous: Callable[[str], ResourceState | None],
        warn: Callable[[str], None],
        *,
        dry_run: bool,
    ) -> None:
        self._open = open_provider
        self._previous = previous
        self._warn = warn
        self._dry_run = dry_run
        self._instances: dict[Reference, Instance] = {}
        self._checked: dict[str, Instance] = {}  # by URN: checked and not yet configured
        self._opened: list[Instance] = []
        self._aliases: dict[str, str] = {}
        self._lock = threading.RLock()
        self._loading: dict[Reference, threading.Lock] = {}

    def of(self, state: ResourceState) -> Keeper:
        """The provider that looks after a resource; raises ProviderFailure when it is not there."""
        return self if urns.is_provider(state.type) else self.get(state.provider)

    def get(self, reference: str) -> Instance:
        """The provider of a reference; one of before is opened and configured as it was."""
        parsed = Reference.parse(reference)
        with self._lock:
            found = self._instances.get(parsed)
            lock = self._loading.setdefault(parsed, threading.Lock())
        if found is not None:
            return found
        with lock:
            found = self._instances.get(parsed)
            if found is None:
                before = self._previous(reference)
                if before is None:
                    raise ProviderFailure(f"unknown provider '{reference}'")
                found = self._start(before.urn, before.inputs)
                self._configure(found, before.urn, before.id, before.inputs)
            return found

    def known(self, reference: str) -> bool:
        """Whether the provider of a reference is there without loading one of before."""
        return Reference.parse(reference) in self._instances

    def replaces(self, reference: str, then: ResourceState, now: ResourceState) -> bool:
        """Whether a provider, configured as `now`, cannot go on with what one configured as `then` made."""
        held = Held(now.urn, "", _external(then.inputs), then.outputs)
        return diff.replaces(self.get(reference).diff_config(held, _external(now.inputs), ()))

    def same(self, state: ResourceState, inputs: Properties) -> None:
        """A provider resource did not change: configure its instance with the inputs of before."""
        if Reference(state.urn, state.id) not in self._instances:
            instance = self._checked.pop(state.urn, None) or self._start(state.urn, inputs)
            self._configure(instance, state.urn, state.id, inputs)

    def alias(self, urn: str, before: str) -> None:
        """A provider resource had another URN before: resources of before still refer to that."""
        with self._lock:
            self._aliases[urn] = before

    def cancel(self) -> None:
        """Ask all providers to give up what they are doing."""
        with self._lock:
            opened = list(self._opened)
        for instance in opened:
            instance.cancel()

    def close(self) -> None:
        """End all providers."""
        with self._lock:
            opened, self._opened = self._opened, []
        for instance in opened:
            instance.close()

    def _start(self, urn: str, inputs: Properties) -> Instance:
        package = urns.package_of(urns.type_of(urn))
        version = inputs.get("version")
        wanted = version if isinstance(version, str) else ""
        raw = self._open(package, wanted)
        instance = Instance(raw, dry_run=self._dry_run)
        with self._lock:
            self._opened.append(instance)
        has = getattr(raw, "version", "")
        if wanted and has and _numbers(has) < _numbers(wanted):
            self._warn(
                f"resource plugin {package} is expected to have version >={wanted}, but has {has}; "
                "the wrong version may be on your path, or this may be a bug in the plugin"
            )
        return instance

    def _configure(self, instance: Instance, urn: str, identity: str, inputs: Properties) -> None:
        instance.configure(urn, identity, _external(inputs))
        with self._lock:
            self._instances[Reference(urn, identity)] = instance
            if urn in self._aliases:
                self._instances[Reference(self._aliases[urn], identity)] = instance

    # A provider resource's own provider.

    def check(self, urn: str, olds: Properties, news: Properties, seed: bytes) -> Checked:
        """Open the provider and have it check its configuration."""
        version = news.get("version")
        if version is not None and not isinstance(version, str):
            return Checked(news, (CheckFailure("version", "'version' must be a string"),))
        instance = self._start(urn, news)
        checked = instance.check_config(urn, _external(olds), _external(news))
        if checked.failures:
            return checked
        with self._lock:
            self._checked[urn] = instance
        kept: Properties = {key: news[key] for key in ("version", INTERNAL) if key in news}
        return Checked({**checked.inputs, **kept})

    def diff(self, old: Held, news: Properties, ignore: Sequence[str]) -> Diffed:
        """Have the provider compare its configurations."""
        instance = self._checked.get(old.urn) or self.get(str(Reference(old.urn, old.id)))
        return instance.diff_config(Held(old.urn, "", _external(old.inputs), old.outputs), _external(news), ignore)

    def create(self, urn: str, inputs: Properties, *, timeout: float = 0, preview: bool = False) -> Created:
        """Configure the provider under a new id."""
        del timeout
        identity = UNKNOWN_STRING if preview else str(uuid.uuid4())
        instance = self._checked.pop(urn, None) or self._start(urn, inputs)
        self._configure(instance, urn, identity, inputs)
        return Created(identity, _external(inputs))

    def update(
        self, old: Held, news: Properties, *, ignore: Sequence[str] = (), timeout: float = 0, preview: bool = False
    ) -> Properties:
        """Configure the provider anew under its id."""
        del ignore, timeout, preview
        instance = self._checked.pop(old.urn, None) or self._start(old.urn, news)
        self._configure(instance, old.urn, old.id, news)
        return _external(news)

    def delete(self, old: Held, *, timeout: float = 0) -> None:
        """Let go of the provider."""
        del timeout
        with self._lock:
            instance = self._instances.pop(Reference(old.urn, old.id), None)
            if instance in self._opened:
                self._opened.remove(instance)
        if instance is not None:
            instance.close()

    def read(self, held: Held, *, timeout: float = 0) -> ReadResult:
        """Provider resources are not read."""
        raise ProviderFailure("provider resources may not be read")


def _external(inputs: Properties) -> Properties:
    return {key: value for key, value in inputs.items() if key != INTERNAL}


def _numbers(version: str) -> tuple[int, ...]:
    """A version's numbers, for comparing; what comes after them does not count."""
    match = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(map(int, match[1].split("."))) if match else ()
