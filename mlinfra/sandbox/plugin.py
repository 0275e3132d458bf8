"""What the sandbox's Pulumi providers share: their gRPC server, their instances, and answers on the wire.

Attached to with PULUMI_DEBUG_PROVIDERS, one server stands for every provider instance of every engine. Each instance has
a connection of its own, so the peer tells whose call it is; what is configured on a connection holds for its calls.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent import futures
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

import grpc
from google.protobuf import any_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from mlinfra.engine.provider import Checked, Diffed, InitFailure, ProviderFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlinfra.engine.provider import CheckFailure
    from mlinfra.stack.codec import Wire

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
