"""Which cluster a provider means: an EKS cluster of the account, or the sandbox's own for programs that have none.

The user's own kubeconfig is never looked at: what runs in the sandbox cannot reach a real cluster.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, Protocol

from mlinfra.catalog import eks
from mlinfra.sandbox.kubernetes import config
from mlinfra.sandbox.kubernetes.backend import Target, UnreachableError
from mlinfra.stack.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mlinfra.sandbox.kubernetes.config import Kubeconfig, ProviderConfig

DEFAULT_REGION: Final = "us-east-1"
OWN: Final = Target(key="sandbox", name="sandbox", version=eks.DEFAULT)
"""The cluster of a provider without a kubeconfig."""
_REMEMBERED: Final = 1.0  # seconds


class Caller(Protocol):
    """The way to the emulated account, such as `mlinfra.sandbox.aws.account.Account`."""

    def call(self, service: str, operation: str, params: Any, region: str = DEFAULT_REGION) -> Any:
        """The answer of an AWS operation."""
        ...


class Clusters:
    """The clusters of the account. `regions` are those where EKS was used so far."""

    def __init__(self, account: Caller, regions: Callable[[], Iterable[str]]) -> None:
        self._account = account
        self._regions = regions
        self._known: dict[ProviderConfig, tuple[float, Target]] = {}

    def target(self, settings: ProviderConfig) -> Target:
        """The cluster of a provider. Raises UnreachableError when there is none."""
        if settings.kubeconfig is UNKNOWN:
            raise UnreachableError("the kubeconfig is not known before its cluster is deployed")
        if not settings.kubeconfig:
            return OWN
        when, found = self._known.get(settings, (0.0, OWN))
        if time.monotonic() - when > _REMEMBERED:
            found = self._found(config.read(settings))
            self._known[settings] = time.monotonic(), found
        return found

    def keys(self) -> set[str]:
        """The keys of every cluster that exists."""
        return {OWN.key, *(one.key for one in self._all())}

    def _found(self, kubeconfig: Kubeconfig) -> Target:
        regions = [kubeconfig.region] if kubeconfig.region else list(self._regions())
        for name in kubeconfig.names:
            for region in regions:
                target = self._described(name.rpartition("/")[2], region)
                if target is None:
                    continue
                if kubeconfig.server and _plain(kubeconfig.server) != _plain(target.endpoint):
                    message = f"the kubeconfig's server {kubeconfig.server} is not the endpoint of the EKS cluster {target.name}, which is {target.endpoint}"
                    raise UnreachableError(message)
                return target
        for target in self._all():
            if target.endpoint and _plain(target.endpoint) == _plain(kubeconfig.server):
                return target
        named = f"{kubeconfig.names[0]!r} at {kubeconfig.server}" if kubeconfig.names else kubeconfig.server
        raise UnreachableError(
            f"the kubeconfig leads to the cluster {named}, which is no EKS cluster of the sandbox's account: it was never made,"
            " or is deleted, or is a real one"
        )

    def _all(self) -> Iterator[Target]:
        for region in self._regions():
            for name in self._account.call("eks", "list_clusters", {}, region)["clusters"]:
                target = self._described(name, region)
                if target is not None:
                    yield target

    def _described(self, name: str, region: str) -> Target | None:
        from mlinfra.sandbox.aws.account import AwsError

        try:
            found = self._account.call("eks", "describe_cluster", {"name": name}, region)["cluster"]
        except AwsError as error:
            if error.code in {"ResourceNotFoundException", "InvalidParameterException"}:
                return None
            raise
        return Target(
            key=f"{found['arn']}@{found['createdAt']}",
            name=found["name"],
            version=found["version"],
            endpoint=str(found.get("endpoint") or ""),
            region=region,
            auto_mode=bool((found.get("computeConfig") or {}).get("enabled")),
        )


def _plain(server: str) -> str:
    return server.lower().removesuffix("/").removeprefix("https://")
