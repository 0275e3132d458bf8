"""The gRPC server of the Pulumi provider `aws`."""
# ruff: noqa: N802 (names and parameters are the protocol's)

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING, Any, Final

from mlinfra.engine.proto import provider_pb2
from mlinfra.sandbox import plugin
from mlinfra.sandbox.aws import config
from mlinfra.sandbox.aws.account import Account, AwsError
from mlinfra.sandbox.aws.claims import Claims
from mlinfra.sandbox.aws.config import ProviderConfig
from mlinfra.sandbox.aws.invokes import invoke
from mlinfra.sandbox.aws.provider import AwsProvider
from mlinfra.stack.codec import Wire, decode
from mlinfra.stack.values import Properties, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    import grpc

    from mlinfra.engine.provider import CheckFailure
    from mlinfra.sandbox.aws.transport import Application

log = logging.getLogger("mlinfra.sandbox")
WIRE: Final = Wire(secrets=False, resources=False)
PATIENCE_SECONDS: Final = 3.0  # pulumi-aws tries for minutes, but here nothing takes that long to come or to go
WARM: Final = {
    "ec2": "describe_vpcs",
    "s3": "list_buckets",
    "iam": "list_roles",
    "kms": "list_keys",
    "logs": "describe_log_groups",
}


def serve(
    endpoint_url: str, port: int = 0, application: Application | None = None, claims: Claims | None = None
) -> tuple[grpc.Server, int]:
    """Serve the provider for the account at `endpoint_url` on 127.0.0.1; returns the started server and its port.

    `application` is the account's WSGI application, if it lives in this process: that saves the way over HTTP. `claims`
    are those on the account so far.
    """
    account = Account(endpoint_url, application, patience=PATIENCE_SECONDS)
    server, bound = plugin.serve(Servicer(account, claims or Claims()), "aws", port)
    if application is not None:
        threading.Thread(target=_warm, args=(account,), daemon=True).start()
    return server, bound


def _warm(account: Account) -> None:
    """Make the first calls of what nearly every stack uses, which take seconds, while its program still starts."""
    for service, operation in WARM.items():
        with contextlib.suppress(AwsError):
            account.call(service, operation, {})


class Servicer(plugin.Servicer[AwsProvider]):
    """Pulumi's ResourceProvider for `aws`."""

    package = "pulumi-aws"
    wire = WIRE
    refusal = AwsError

    def __init__(self, account: Account, claims: Claims) -> None:
        super().__init__()
        self._account = account
        self._claims = claims

    def received(self, struct: Any) -> Properties:
        """Properties from the wire, without marks of secrets."""
        found: Properties = plain(decode(struct))
        return found

    def moves(self, name: str, olds: Properties, news: Properties) -> bool:
        """Another region is another provider."""
        return name == "region"

    def refused(self, settings: Properties) -> Iterable[CheckFailure]:
        """Settings that do not exist, and accounts that may not be touched."""
        return config.failures(settings)

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Say what is understood: plain values only, as pulumi-aws does."""
        return provider_pb2.ProviderHandshakeResponse(supports_autonaming_configuration=True)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Remember the configuration of the instance on this connection."""
        settings = decode(request.args) or {
            name.removeprefix("aws:config:"): value for name, value in request.variables.items()
        }
        for note in config.notes(settings):
            log.warning("%s", note)
        instance = AwsProvider(self._account, self._claims, ProviderConfig.parse(settings), request.id)
        self.instances.remember(context, instance)
        return provider_pb2.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Compare new inputs with old ones."""
        olds, news = self.received(request.old_inputs), self.received(request.news)
        return self.answered(
            context, lambda instance: plugin.diffed(instance.diff(request.urn, request.id, olds, news))
        )

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Answer a function call."""

        def work(instance: AwsProvider) -> Any:
            found = invoke(instance, request.tok, self.received(request.args))
            response = provider_pb2.InvokeResponse(failures=plugin.failures(found.failures))
            getattr(response, "return").CopyFrom(WIRE.encode(found.result))
            return response

        return self.answered(context, work)
