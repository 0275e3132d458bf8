"""The services that a program talks to: Pulumi's ResourceMonitor and Engine (sdk/proto/pulumi/{resource,engine}.proto)."""

# Methods are named as the protocol names them, and many need nothing of their request.
# ruff: noqa: N802, D102

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import grpc
from google.protobuf import empty_pb2

from mlinfra.engine.callbacks import CallbackError
from mlinfra.engine.executor import Stopped
from mlinfra.engine.functions import CallFailed
from mlinfra.engine.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc
from mlinfra.errors import MlinfraError, UnsupportedError
from mlinfra.stack import urn as urns
from mlinfra.stack.codec import SpecialValue, Wire, decode

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.engine.events import Severity
    from mlinfra.engine.functions import Functions
    from mlinfra.engine.parts import Parts
    from mlinfra.engine.proto import provider_pb2
    from mlinfra.engine.registrar import Registrar
    from mlinfra.engine.report import Reporter
    from mlinfra.engine.requests import Requests
    from mlinfra.stack.stack import Stack
    from mlinfra.stack.values import Properties

_Method = TypeVar("_Method", bound="Callable[..., Any]")
_FEATURES: Final = (
    "secrets", "resource_references", "output_values", "alias_specs", "replacement_trigger", "deleted_with",
    "replace_with", "transforms", "invoke_transforms", "resource_hooks", "error_hooks", "sends_options_to_hooks",
    "parameterization",  # refused by name rather than by a request to update the CLI
)  # fmt: skip
FEATURES: Final = tuple(
    resource_pb2.ResourceMonitorFeature.Value(f"RESOURCE_MONITOR_FEATURE_{name.upper()}") for name in _FEATURES
)
_LEGACY_FEATURES: Final = frozenset(name[0] + name.title().replace("_", "")[1:] for name in _FEATURES)
# The generated stubs lack the last, the wire does not.
_OUTCOMES: Final[dict[str, Any]] = {"success": 0, "fail": 1, "skip": 2}
_SEVERITIES: Final[tuple[Severity, ...]] = ("debug", "info", "warning", "error")


def _answering(method: _Method) -> _Method:
    """Raise a method's errors in the program; hold the program where the run is over."""

    @functools.wraps(method)
    def answer(self: Monitor, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except (Stopped, CallFailed):
            # The program learns nothing more until it is ended itself, as with Pulumi.
            self.closed.wait()
            context.abort(grpc.StatusCode.UNAVAILABLE, "the resource monitor was shut down")
        except (MlinfraError, CallbackError, ValueError, OSError, LookupError) as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        raise AssertionError  # abort raises

    return cast("_Method", answer)


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Takes what the program says from the wire to those whom it concerns, and their answers back."""

    def __init__(
        self,
        stack: Stack,
        parts: Parts,
        registrar: Registrar,
        requests: Requests,
        functions: Functions,
        *,
        begin: Callable[[], None],
        finished: Callable[[], None],
    ) -> None:
        self.closed = threading.Event()  # everything is over: calls that wait end
        self.stack_outputs: tuple[str, Properties] | None = None
        self._stack, self._parts, self._registrar, self._requests = stack, parts, registrar, requests
        self._functions, self._begin, self._finished = functions, begin, finished

    def GetDeploymentInfo(self, request: Any, context: grpc.ServicerContext) -> resource_pb2.DeploymentInfo:
        return resource_pb2.DeploymentInfo(
            project=self._stack.project.name,
            stack=self._stack.name,
            organization=self._stack.organization,
            config=self._stack.config.values(),
            configSecretKeys=self._stack.config.secret_keys,
            dryRun=self._parts.dry_run,
            parallel=self._parts.parallel,
            supportedFeatures=FEATURES,
        )

    def SupportsFeature(self, request: Any, context: grpc.ServicerContext) -> resource_pb2.SupportsFeatureResponse:
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _LEGACY_FEATURES)

    @_answering
    def RegisterPackage(self, request: Any, context: grpc.ServicerContext) -> Any:
        raise UnsupportedError(f"Parameterized packages ({request.name}) are not supported.")

    def RegisterStackTransform(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._requests.stack_transforms.append(request)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._functions.transforms.append(request)
        return empty_pb2.Empty()

    def RegisterResourceHook(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._parts.hooks.register(request)
        return empty_pb2.Empty()

    def RegisterErrorHook(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._parts.hooks.register_error(request)
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._begin()
        self._finished()
        self.closed.wait()
        return empty_pb2.Empty()

    @_answering
    def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest, context: grpc.ServicerContext
    ) -> resource_pb2.RegisterResourceResponse:
        goal, default = self._requests.goal(request)
        answer = self._registrar.register(goal, default)
        state = answer.state
        self._requests.remember(state.urn, goal, request)
        wire = Wire(
            secrets=request.acceptSecrets, resources=request.acceptResources, unknowns=request.supportsPartialValues
        )
        return resource_pb2.RegisterResourceResponse(
            urn=state.urn,
            id=state.id,
            object=wire.encode(state.outputs if request.custom else {}),
            result=_OUTCOMES[answer.outcome],
            unknown=answer.unknown,
        )

    @_answering
    def RegisterResourceOutputs(
        self, request: resource_pb2.RegisterResourceOutputsRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        self._begin()
        if self._parts.executor.stopping.is_set():
            raise Stopped
        special: list[SpecialValue] = []
        outputs = decode(request.outputs, special)
        if special:
            outputs = self._requests.finished(outputs)
        if urns.is_stack(request.urn):
            self.stack_outputs = request.urn, outputs  # until it is known how the run ends
        else:
            self._parts.executor.register_outputs(request.urn, outputs)
        return empty_pb2.Empty()

    @_answering
    def ReadResource(
        self, request: resource_pb2.ReadResourceRequest, context: grpc.ServicerContext
    ) -> resource_pb2.ReadResourceResponse:
        answer = self._registrar.read(*self._requests.read(request))
        wire = Wire(secrets=request.acceptSecrets, resources=request.acceptResources)
        return resource_pb2.ReadResourceResponse(
            urn=answer.state.urn,
            properties=wire.encode(answer.state.outputs),
            result=_OUTCOMES[answer.outcome],
            unknown=answer.unknown,
        )

    @_answering
    def Invoke(
        self, request: resource_pb2.ResourceInvokeRequest, context: grpc.ServicerContext
    ) -> resource_pb2.ResourceInvokeResponse:
        self._begin()
        return self._functions.invoke(request)

    @_answering
    def Call(
        self, request: resource_pb2.ResourceCallRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CallResponse:
        self._begin()
        return self._functions.call(request)


class Engine(engine_pb2_grpc.EngineServicer):
    """What programs and providers say, and the URN of the stack."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._root = ""

    def Log(self, request: engine_pb2.LogRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._reporter.say(
            _SEVERITIES[request.severity],
            request.message,
            request.urn,
            ephemeral=request.ephemeral,
            stream=request.streamId,
        )
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: grpc.ServicerContext) -> engine_pb2.GetRootResourceResponse:
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(
        self, request: engine_pb2.SetRootResourceRequest, context: grpc.ServicerContext
    ) -> engine_pb2.SetRootResourceResponse:
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def RequirePulumiVersion(self, request: Any, context: grpc.ServicerContext) -> Any:
        return engine_pb2.RequirePulumiVersionResponse()
