"""Providers for plans without any cloud: they answer for every package, in this process.

Where the table of AWS types tells what a name, an id or an ARN looks like, a plan has it; what only a deployment can tell
stays unknown. So code in `apply` runs on names and ARNs and what it makes of them is seen, and nothing passes for known
that is not.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from mlinfra.engine.provider import (
    Checked,
    Configured,
    Created,
    Diffed,
    Held,
    Invoked,
    ProviderFailure,
    ReadResult,
)
from mlinfra.errors import ConfigError
from mlinfra.offline import aws, functions, kubernetes
from mlinfra.stack.urn import name_of, type_of
from mlinfra.stack.values import UNKNOWN, UNKNOWN_STRING, Properties, Secret, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_REGION = "us-east-1"


class OfflineSource:
    """A `ProviderSource` that has a provider for every package."""

    def open(
        self, package: str, version: str, *, engine_address: str, project_dir: str, env: Mapping[str, str]
    ) -> OfflineProvider:
        """See `ProviderSource.open`. AWS_REGION and AWS_DEFAULT_REGION count where a provider names no region."""
        del version, engine_address, project_dir
        environ = {**os.environ, **env}
        return OfflineProvider(package, environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or _REGION)


class OfflineProvider:
    """A `Provider` for plans. It never fails for want of a cloud; it cannot deploy."""

    plans_unconfigured = True
    """It plans even where its configuration is not known yet, such as the kubeconfig of a cluster in the same program."""

    def __init__(self, package: str, region: str = _REGION) -> None:
        self._package = package
        self._region = region
        self._account = aws.Account.configured({}, region)

    def check_config(self, urn: str, olds: Properties, news: Properties) -> Checked:
        """See `Provider`."""
        return Checked(news)

    def diff_config(self, old: Held, news: Properties, ignore: Sequence[str]) -> Diffed:
        """See `Provider`."""
        return Diffed(changes=old.inputs != news)

    def configure(self, urn: str, id: str, inputs: Properties) -> Configured:
        """See `Provider`."""
        if self._package == "aws":
            self._account = aws.Account.configured(inputs, self._region)
        return Configured()

    def check(self, urn: str, olds: Properties, news: Properties, seed: bytes) -> Checked:
        """See `Provider`."""
        given = {key: _unblended(value) for key, value in news.items()}
        if self._package == "aws":
            return aws.check(self._account, urn, given)
        return kubernetes.check(urn, given) if self._package == "kubernetes" else Checked(given)

    def diff(self, old: Held, news: Properties, ignore: Sequence[str]) -> Diffed:
        """See `Provider`. Every change is an update: what replaces a resource its provider would say."""
        changed = tuple(key for key in {**old.inputs, **news} if old.inputs.get(key) != news.get(key))
        return Diffed(changes=bool(changed), diffs=changed)

    def create(self, urn: str, inputs: Properties, *, timeout: float = 0, preview: bool = False) -> Created:
        """See `Provider`. Unlike others it gives an id in a preview, where it can be told."""
        if not preview:
            raise self._cannot("deploy", urn)
        identity: Any = f"{name_of(urn)}-{self._package}"
        outputs = dict(inputs)
        if self._package == "aws":
            identity, outputs = aws.create(self._account, urn, inputs)
        elif self._package == "kubernetes":
            identity, outputs = kubernetes.create(urn, inputs)
        return Created("" if identity is UNKNOWN else identity, outputs)

    def read(self, held: Held, *, timeout: float = 0) -> ReadResult:
        """See `Provider`. Of what exists already no more is known than its id."""
        found = aws.read(self._account, held.urn, held.id) if self._package == "aws" else {}
        return ReadResult(held.id, held.inputs, {**held.outputs, **found})

    def update(
        self, old: Held, news: Properties, *, ignore: Sequence[str] = (), timeout: float = 0, preview: bool = False
    ) -> Properties:
        """See `Provider`."""
        if not preview:
            raise self._cannot("update", old.urn)
        return {**old.outputs, **self.create(old.urn, news, preview=True).outputs}

    def delete(self, old: Held, *, timeout: float = 0) -> None:
        """See `Provider`."""
        raise self._cannot("delete", old.urn)

    def invoke(self, token: str, args: Properties, *, preview: bool = False) -> Invoked:
        """See `Provider`. What asks AWS itself (`aws:ec2/getAmi:getAmi`) is unknown."""
        given: dict[str, Any] = plain(args)
        if self._account.context.region is UNKNOWN:
            return Invoked({}, unknown=True)
        try:
            found = functions.answer(token, given, self._account.context) if self._package == "aws" else None
        except ConfigError as error:
            raise ProviderFailure(error.message, fix=error.fix) from error
        if found is not None:
            return Invoked(found)
        if self._package == "aws" and token.rpartition(":")[2].startswith("get"):
            return Invoked({}, unknown=True)
        raise ProviderFailure(
            f"the function {token} cannot be answered in a plan without the provider {self._package}",
            fix="plan with the provider (`mlinfra preview`), or give the value as configuration",
        )

    def call(
        self, token: str, args: Properties, dependencies: Mapping[str, Sequence[str]], *, preview: bool = False
    ) -> Invoked:
        """See `Provider`."""
        raise ProviderFailure(f"the method {token} cannot be called in a plan without the provider {self._package}")

    def cancel(self) -> None:
        """See `Provider`."""

    def close(self) -> None:
        """See `Provider`."""

    def _cannot(self, verb: str, urn: str) -> ProviderFailure:
        return ProviderFailure(
            f"the offline provider {self._package} cannot {verb} {type_of(urn)} {name_of(urn)!r}: it only plans"
        )


def _unblended(value: Any) -> Any:
    """The value with every text unknown that a program made with the result of a function that is not known."""
    if isinstance(value, str):
        return UNKNOWN if UNKNOWN_STRING in value else value
    if isinstance(value, dict):
        return {key: _unblended(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unblended(item) for item in value]
    return Secret(_unblended(value.value)) if isinstance(value, Secret) else value
