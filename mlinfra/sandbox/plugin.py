"""What the sandbox's Pulumi providers share: their gRPC server, their instances, and most of the protocol.

Attached to with PULUMI_DEBUG_PROVIDERS, one server stands for every provider instance of every engine. Each instance has
a connection of its own, so the peer tells whose call it is; what is configured on a connection holds for its calls.
"""

# ruff: noqa: N802 (names and parameters are the protocol's)

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent import futures
from importlib import metadata
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar, cast

import grpc
from google.protobuf import any_pb2, empty_pb2

from mlinfra.engine.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2
from mlinfra.engine.provider import Checked, Diffed, InitFailure, ProviderFailure
from mlinfra.stack.codec import Wire, decode
from mlinfra.stack.values import Properties, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlinfra.engine.provider import CheckFailure

MAX_PEERS: Final = 1024
MAX_MESSAGE: Final = 400 * 1024 * 1024  # what Pulumi itself allows
THREADS: Final = 64

Instance = TypeVar("Instance")


def serve(servicer: provider_pb2_grpc.ResourceProviderServicer, name: str, port: int = 0) -> tuple[grpc.Server, int]:
    """Serve a provider on 127.0.0.1; returns the started server and its port."""
    server = grpc.server(
        futures.ThreadPoolExecutor(THREADS, thread_name_prefix=f"{name}-provider"),
        options=[("grpc.max_receive_message_length", MAX_MESSAGE), ("grpc.max_send_message_length", MAX_MESSAGE)],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, bound


class Instances(Generic[Instance]):
    """The provider instances by the connections that they were configured on."""

    def __init__(self) -> None:
        self._instances: OrderedDict[str, Instance] = OrderedDict()
        self._lock = threading.Lock()

    def remember(self, context: grpc.ServicerContext, instance: Instance) -> None:
        """Have this instance answer the calls of this connection."""
        with self._lock:
            self._instances[context.peer()] = instance
            self._instances.move_to_end(context.peer())
            while len(self._instances) > MAX_PEERS:
                self._instances.popitem(last=False)

    def of(self, context: grpc.ServicerContext) -> Instance:
        """The instance of this connection. Raises ProviderFailure when nobody can tell which it is."""
        found = self._instances.get(context.peer())
        if found is None:
            # A connection that was lost and made again: safe to go on only where it cannot matter whose it was.
            with self._lock:
                instances = list(self._instances.values())
            if not instances or any(one != instances[0] for one in instances):
                raise ProviderFailure("the connection to the sandbox's provider was lost; run the command again")
            found = instances[0]
        return found


class Servicer(provider_pb2_grpc.ResourceProviderServicer, Generic[Instance]):
    """Pulumi's ResourceProvider for every engine that attaches, on instances that subclasses configure.

    `package` is the SDK whose provider is stood in for, `refusal` what the provider's cloud raises where it refuses.
    """

    package: ClassVar[str]
    wire: ClassVar[Wire]
    refusal: ClassVar[type[Exception]]

    def __init__(self) -> None:
        self.instances: Instances[Instance] = Instances()

    def received(self, struct: Any) -> Properties:
        """Properties from the wire."""
        found: Properties = decode(struct)
        return found

    def limits(self, request: Any) -> dict[str, Any]:
        """What a change is told beyond what it is: nothing, unless the provider heeds it."""
        return {}

    def moves(self, name: str, olds: Properties, news: Properties) -> bool:
        """Whether another value of this setting makes another provider."""
        raise NotImplementedError

    def refused(self, settings: Properties) -> Iterable[CheckFailure]:
        """What is wrong with the provider's settings."""
        raise NotImplementedError

    def answered(self, context: grpc.ServicerContext, work: Callable[[Any], Any]) -> Any:
        """What the work makes of the connection's instance."""
        return answered(context, lambda: work(self.instances.of(context)), self.wire, self.refusal)

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Nothing to do: the engine finds this server by its port."""
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The version of the SDK: engines compare it with what the program was written for."""
        return plugin_pb2.PluginInfo(version=metadata.version(self.package))

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Calls are short, or end with the engine's connection."""
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refuse settings that do not exist, and those that the sandbox has nothing for."""
        news = decode(request.news)
        return checked(Checked(news, tuple(self.refused(news))), self.wire)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """What leads elsewhere is another provider; everything else changes in place."""
        olds, news = (plain(decode(one)) for one in (request.old_inputs, request.news))
        changed = sorted(name for name in olds.keys() | news.keys() if olds.get(name) != news.get(name))
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=changed,
            replaces=[name for name in changed if self.moves(name, olds, news)],
        )

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Complete and check inputs."""
        olds, news = self.received(request.olds), self.received(request.news)
        given = request.urn, olds, news, request.randomSeed, proposed_name(request)
        return self.answered(context, lambda instance: checked(instance.check(*given), self.wire))

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Make a resource. One that was made for an engine that is gone is taken back."""

        def work(instance: Any) -> Any:
            settings = {**self.limits(request), "preview": request.preview, "wanted": context.is_active}
            made = instance.create(request.urn, self.received(request.properties), **settings)
            return provider_pb2.CreateResponse(id=made.id, properties=self.wire.encode(made.outputs))

        return self.answered(context, work)

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Read a resource as it is."""

        def work(instance: Any) -> Any:
            inputs, outputs = self.received(request.inputs), self.received(request.properties)
            found = instance.read(request.urn, request.id, inputs, outputs)
            return provider_pb2.ReadResponse(
                id=found.id, properties=self.wire.encode(found.outputs), inputs=self.wire.encode(found.inputs)
            )

        return self.answered(context, work)

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Change a resource in place."""

        def work(instance: Any) -> Any:
            given = (self.received(one) for one in (request.old_inputs, request.olds, request.news))
            settings = {**self.limits(request), "preview": request.preview, "wanted": context.is_active}
            outputs = instance.update(request.urn, request.id, *given, **settings)
            return provider_pb2.UpdateResponse(properties=self.wire.encode(outputs))

        return self.answered(context, work)

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Delete a resource."""

        def work(instance: Any) -> Any:
            given = self.received(request.old_inputs), self.received(request.properties)
            instance.delete(request.urn, request.id, *given, **self.limits(request), wanted=context.is_active)
            return empty_pb2.Empty()

        return self.answered(context, work)


def proposed_name(request: Any) -> str:
    """The name that the engine wants for a resource, by the user's rules for names; empty without such rules."""
    naming = request.autonaming if request.HasField("autonaming") else None
    return str(naming.proposed_name) if naming is not None and naming.mode != naming.DISABLE else ""


def failures(found: Iterable[CheckFailure]) -> list[Any]:
    """Refused inputs for the wire."""
    return [provider_pb2.CheckFailure(property=one.property, reason=one.reason) for one in found]


def checked(found: Checked, wire: Wire) -> Any:
    """A check's answer for the wire."""
    return provider_pb2.CheckResponse(inputs=wire.encode(found.inputs), failures=failures(found.failures))


def diffed(found: Diffed) -> Any:
    """A diff's answer for the wire."""
    places: dict[str, Any] = {
        path: provider_pb2.PropertyDiff(kind=cast("Any", one.kind.value), inputDiff=one.input_diff)
        for path, one in (found.detailed or {}).items()
    }
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if found.changes else provider_pb2.DiffResponse.DIFF_NONE,
        replaces=found.replaces,
        diffs=found.diffs,
        deleteBeforeReplace=found.delete_before_replace,
        hasDetailedDiff=True,
        detailedDiff=places,
    )


def answered(context: grpc.ServicerContext, work: Callable[[], Any], wire: Wire, refusal: type[Exception]) -> Any:
    """The work's answer; a failure becomes the call's status, a half-made resource with its details.

    `refusal` is what the provider's cloud raises where it refuses.
    """
    try:
        return work()
    except InitFailure as failure:
        details = any_pb2.Any()
        details.Pack(
            provider_pb2.ErrorResourceInitFailed(
                id=failure.id,
                properties=wire.encode(failure.outputs),
                reasons=failure.reasons,
                inputs=wire.encode(failure.inputs),
            )
        )
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=failure.message, details=[details])
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.UNKNOWN, failure.message)
    except (ProviderFailure, refusal) as failure:
        context.abort(grpc.StatusCode.UNKNOWN, str(failure))
