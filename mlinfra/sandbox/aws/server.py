"""The gRPC server of the Pulumi provider `aws`."""
# ruff: noqa: N802 (names and parameters are the protocol's)

from __future__ import annotations

import contextlib
import logging
import threading
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from mlinfra.engine.provider import Checked
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
    from collections.abc import Callable

    import grpc

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


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Pulumi's ResourceProvider for every engine that attaches."""

    def __init__(self, account: Account, claims: Claims) -> None:
        self._account = account
        self._claims = claims
        self._instances: plugin.Instances[AwsProvider] = plugin.Instances()

    # --- the instance ------------------------------------------------------------------------------------------------

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Say what is understood: plain values only, as pulumi-aws does."""
        return provider_pb2.ProviderHandshakeResponse(supports_autonaming_configuration=True)

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Nothing to do: the engine finds this server by its port."""
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The version of the pulumi-aws whose types are emulated: engines compare it with what the program was written for."""
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi-aws"))

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refuse settings that do not exist and accounts that may not be touched."""
        news = decode(request.news)
        return plugin.checked(Checked(news, tuple(config.failures(news))), WIRE)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Another region is another provider; everything else changes in place."""
        olds, news = (plain(decode(one)) for one in (request.old_inputs, request.news))
        changed = sorted(name for name in olds.keys() | news.keys() if olds.get(name) != news.get(name))
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=changed,
            replaces=[name for name in changed if name == "region"],
        )

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Remember the configuration of the instance on this connection."""
        settings = decode(request.args) or {
            name.removeprefix("aws:config:"): value for name, value in request.variables.items()
        }
        for note in config.notes(settings):
            log.warning("%s", note)
        instance = AwsProvider(self._account, self._claims, ProviderConfig.parse(settings), request.id)
        self._instances.remember(context, instance)
        return provider_pb2.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Calls under way are short; they end by themselves."""
        return empty_pb2.Empty()

    # --- resources ---------------------------------------------------------------------------------------------------

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Complete and check inputs."""

        def work() -> Any:
            found = self._instances.of(context).check(
                request.urn,
                _in(request.olds),
                _in(request.news),
                request.randomSeed,
                plugin.proposed_name(request),
            )
            return plugin.checked(found, WIRE)

        return _answered(context, work)

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Compare new inputs with old ones."""
        return _answered(
            context,
            lambda: plugin.diffed(
                self._instances.of(context).diff(request.urn, request.id, _in(request.old_inputs), _in(request.news))
            ),
        )

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Make a resource. One that was made for an engine that is gone is taken back."""

        def work() -> Any:
            made = self._instances.of(context).create(
                request.urn, _in(request.properties), preview=request.preview, wanted=context.is_active
            )
            return provider_pb2.CreateResponse(id=made.id, properties=WIRE.encode(made.outputs))

        return _answered(context, work)

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Read a resource as it is."""

        def work() -> Any:
            found = self._instances.of(context).read(
                request.urn, request.id, _in(request.inputs), _in(request.properties)
            )
            return provider_pb2.ReadResponse(
                id=found.id, properties=WIRE.encode(found.outputs), inputs=WIRE.encode(found.inputs)
            )

        return _answered(context, work)

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Change a resource in place."""

        def work() -> Any:
            outputs = self._instances.of(context).update(
                request.urn,
                request.id,
                _in(request.old_inputs),
                _in(request.olds),
                _in(request.news),
                preview=request.preview,
                wanted=context.is_active,
            )
            return provider_pb2.UpdateResponse(properties=WIRE.encode(outputs))

        return _answered(context, work)

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Delete a resource."""

        def work() -> Any:
            self._instances.of(context).delete(
                request.urn, request.id, _in(request.old_inputs), _in(request.properties), wanted=context.is_active
            )
            return empty_pb2.Empty()

        return _answered(context, work)

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Answer a function call."""

        def work() -> Any:
            found = invoke(self._instances.of(context), request.tok, _in(request.args))
            response = provider_pb2.InvokeResponse(failures=plugin.failures(found.failures))
            getattr(response, "return").CopyFrom(WIRE.encode(found.result))
            return response

        return _answered(context, work)


def _in(struct: Any) -> Properties:
    """Properties from the wire, without marks of secrets."""
    found: Properties = plain(decode(struct))
    return found


def _answered(context: grpc.ServicerContext, work: Callable[[], Any]) -> Any:
    return plugin.answered(context, work, WIRE, AwsError)
