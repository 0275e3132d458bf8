"""A provider as the engine uses it: configured or not, with or without a notion of secrets, in a preview or for real."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlinfra.engine import diff
from mlinfra.engine.provider import (
    Checked,
    Configured,
    Created,
    Diffed,
    Held,
    InitFailure,
    Invoked,
    Provider,
    ProviderFailure,
    ReadResult,
)
from mlinfra.stack.paths import reset_all
from mlinfra.stack.values import UNKNOWN, Properties, ResourceRef, Secret, has_secrets, has_unknowns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class DiffUnavailable(ProviderFailure):
    """There is no telling what differs, because the provider's configuration is not known yet."""


class Instance:
    """One provider instance, and a `Provider` itself.

    Gives a provider only what it understands and marks its answers, so that secrets stay secret with providers that
    know none. A provider whose configuration is unknown in a preview is not asked anything.
    """

    def __init__(self, raw: Provider, *, dry_run: bool) -> None:
        self.raw = raw
        self._dry_run = dry_run
        self._known = True
        self._does = Configured()
        self._failure: ProviderFailure | None = None

    def check_config(self, urn: str, olds: Properties, news: Properties) -> Checked:
        """See `Provider`. Providers are configured without marks of secrets; these are put back on the answer."""
        checked = self.raw.check_config(urn, _stripped(olds), _stripped(news))
        diff.annotate_secrets(checked.inputs, news)
        return checked

    def diff_config(self, old: Held, news: Properties, ignore: Sequence[str]) -> Diffed:
        """See `Provider`."""
        found = self.raw.diff_config(_held(old, _stripped), _stripped(news), ignore)
        if found.changes is None:
            return replace(found, changes=not diff.equal(old.outputs, news))
        return found

    def configure(self, urn: str, id: str, inputs: Properties) -> Configured:
        """Configure the provider. A failure is kept for the first call that needs the provider, as in Pulumi."""
        known = not any(has_unknowns(value) for key, value in inputs.items() if key != "version")
        self._known = known or getattr(self.raw, "plans_unconfigured", False)  # the offline provider needs no cloud
        if self._known:
            try:
                self._does = self.raw.configure(urn, id, inputs)
            except ProviderFailure as error:
                self._failure = error
        return self._does

    def _ready(self) -> bool:
        if self._failure is not None:
            raise self._failure
        return self._known

    def _understood(self, properties: Properties) -> Properties:
        """The properties without what the provider has no notion of."""
        does = self._does
        if does.accept_secrets and does.accept_resources:
            return properties
        return _stripped(properties, secrets=not does.accept_secrets, references=not does.accept_resources)

    def _given(self, properties: Properties) -> Properties:
        """The properties as the provider takes them."""
        properties = self._understood(properties)
        return properties if self._dry_run else _without_unknowns(properties)

    def _marked(self, answer: Properties, given: Properties) -> Properties:
        if not self._does.accept_secrets:
            diff.annotate_secrets(answer, given)
        return answer

    def check(self, urn: str, olds: Properties, news: Properties, seed: bytes) -> Checked:
        """See `Provider`."""
        if not self._ready():
            return Checked(news)
        checked = self.raw.check(urn, self._given(olds), self._given(news), seed)
        return replace(checked, inputs=self._marked(checked.inputs, news))

    def diff(self, old: Held, news: Properties, ignore: Sequence[str]) -> Diffed:
        """See `Provider`; `changes` is never None. Raises DiffUnavailable."""
        if not self._ready():
            raise DiffUnavailable(
                "The provider for this resource has inputs that are not known during preview.\n"
                "This preview may not correctly represent the changes that will be applied during an update."
            )
        found = self.raw.diff(_held(old, self._understood), self._understood(news), ignore)
        if found.changes is not None:
            return found
        compared = diff.compare(old.inputs, reset_all(list(ignore), old.inputs, news)[0])
        return replace(
            found,
            changes=compared.changes,
            diffs=compared.diffs if compared.changes else found.diffs,
            detailed=compared.detailed if compared.changes else found.detailed,
        )

    def create(self, urn: str, inputs: Properties, *, timeout: float = 0, preview: bool = False) -> Created:
        """See `Provider`."""
        if not self._ready():
            return Created("", {})
        if preview and not self._does.supports_preview:
            return Created("", dict(inputs))
        try:
            made = self.raw.create(urn, self._given(inputs), timeout=timeout, preview=preview)
        except InitFailure as error:
            self._marked(error.outputs, inputs)
            raise
        return replace(made, outputs=self._marked(made.outputs, inputs))

    def read(self, held: Held, *, timeout: float = 0) -> ReadResult:
        """See `Provider`."""
        if not self._ready():
            return ReadResult("")
        try:
            found = self.raw.read(_held(held, self._given), timeout=timeout)
        except InitFailure as error:
            self._marked(error.inputs, held.inputs)
            self._marked(error.outputs, held.outputs)
            raise
        inputs, outputs = self._marked(found.inputs, held.inputs), self._marked(found.outputs, held.outputs)
        return replace(found, inputs=inputs, outputs=outputs)

    def update(
        self, old: Held, news: Properties, *, ignore: Sequence[str] = (), timeout: float = 0, preview: bool = False
    ) -> Properties:
        """See `Provider`."""
        if not self._ready():
            return {}
        if preview and not self._does.supports_preview:
            return dict(news)
        try:
            held, wanted = _held(old, self._given), self._given(news)
            outputs = self.raw.update(held, wanted, ignore=ignore, timeout=timeout, preview=preview)
        except InitFailure as error:
            self._marked(error.outputs, news)
            raise
        return self._marked(outputs, news)

    def delete(self, old: Held, *, timeout: float = 0) -> None:
        """See `Provider`."""
        if self._ready():
            self.raw.delete(_held(old, self._given), timeout=timeout)

    def invoke(self, token: str, args: Properties, *, preview: bool = False) -> Invoked:
        """See `Provider`. From a provider that knows no secrets everything is secret once an argument was."""
        if not self._ready():
            return Invoked({})
        answer = self.raw.invoke(token, self._given(args), preview=preview)
        if not self._does.accept_secrets and has_secrets(args):
            hidden = {k: v if isinstance(v, Secret) else Secret(v) for k, v in answer.result.items()}
            return replace(answer, result=hidden)
        return answer

    def call(
        self, token: str, args: Properties, dependencies: Mapping[str, Sequence[str]], *, preview: bool = False
    ) -> Invoked:
        """See `Provider`."""
        if not self._ready():
            return Invoked({})
        return self.raw.call(token, args, dependencies, preview=preview)

    def cancel(self) -> None:
        """See `Provider`."""
        self.raw.cancel()

    def close(self) -> None:
        """See `Provider`."""
        self.raw.close()


def _held(held: Held, form: Callable[[Properties], Properties]) -> Held:
    """The resource with its properties in another form."""
    return Held(held.urn, held.id, form(held.inputs), form(held.outputs))


def _stripped(properties: Properties, *, secrets: bool = True, references: bool = True) -> Properties:
    """The properties without marks of secrets, and with ids or URNs in place of references to resources."""
    if not secrets and not references:
        return properties

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items()}
        if isinstance(value, list):
            return [strip(item) for item in value]
        if isinstance(value, Secret):
            return strip(value.value) if secrets else Secret(strip(value.value))
        if isinstance(value, ResourceRef) and references:
            return value.urn if value.id is None else value.id
        return value

    return {key: strip(value) for key, value in properties.items()}


def _without_unknowns(properties: Properties) -> Properties:
    """The properties without what is unknown. In a real run something is only after an error that was passed over."""
    if not has_unknowns(properties):
        return properties

    def known(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: known(item) for key, item in value.items() if not _unknown(item)}
        if isinstance(value, list):
            return [known(item) for item in value if not _unknown(item)]
        return Secret(known(value.value)) if isinstance(value, Secret) else value

    kept: Properties = known(properties)
    return kept


def _unknown(value: Any) -> bool:
    return value is UNKNOWN or (isinstance(value, Secret) and _unknown(value.value))
