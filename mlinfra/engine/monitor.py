"""The services that a program talks to: Pulumi's ResourceMonitor and Engine (sdk/proto/pulumi/{resource,engine}.proto)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Final, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    resource_pb2,
    resource_pb2_grpc,
)

from mlinfra.engine import urn as urns
from mlinfra.engine.assets import hashed
from mlinfra.engine.callbacks import CallbackError, Callbacks, Hooks
from mlinfra.engine.codec import SpecialValue, Wire, decode, plain_output
from mlinfra.engine.defaults import DefaultProviders
from mlinfra.engine.executor import Stopped
from mlinfra.engine.goal import Goal, Positions, goal_of, inherit, options_of
from mlinfra.engine.parts import Parts
from mlinfra.engine.provider import Invoked
from mlinfra.engine.registrar import Registered, Registrar
from mlinfra.engine.registry import INTERNAL
from mlinfra.engine.report import Reporter
from mlinfra.engine.stack import Stack
from mlinfra.engine.state import ResourceState
from mlinfra.engine.values import OutputValue, Properties, ResourceRef, children
from mlinfra.errors import MlinfraError, UnsupportedError

_R = resource_pb2
FEATURES: Final = (
    _R.RESOURCE_MONITOR_FEATURE_SECRETS,
    _R.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    _R.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    _R.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    _R.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    _R.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    _R.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    _R.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
    _R.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
    _R.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,  # refused by name rather than by a request to update the CLI
    _R.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
    _R.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
    _R.RESOURCE_MONITOR_FEATURE_SENDS_OPTIONS_TO_HOOKS,
)
_LEGACY_FEATURES: Final = frozenset(
    "secrets resourceReferences outputValues aliasSpecs replacementTrigger deletedWith replaceWith transforms "
    "invokeTransforms parameterization resourceHooks errorHooks sendsOptionsToHooks".split()
)
_OUTCOMES: Final = {"success": 0, "fail": 1, "skip": 2}  # the generated stubs lack the last, the wire does not
_SEVERITIES: Final = ("debug", "info", "warning", "error")


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Takes registrations, reads and invokes from the wire to the registrar and the providers, and back."""

    def __init__(
        self,
        stack: Stack,
        parts: Parts,
        registrar: Registrar,
        defaults: DefaultProviders,
        callbacks: Callbacks,
        hooks: Hooks,
        *,
        parallel: int,
        finished: Callable[[], None],
    ) -> None:
        self.closed = threading.Event()  # everything is over: calls that wait end
        self.stack_outputs: tuple[str, Properties] | None = None
        self._stack, self._parts, self._registrar, self._defaults = stack, parts, registrar, defaults
        self._callbacks, self._hooks, self._parallel, self._finished = callbacks, hooks, parallel, finished
        self._positions = Positions(stack.project.root)
        self._goals: dict[str, Goal] = {}
        self._providers: dict[str, dict[str, str]] = {}  # of components, by URN and package
        self._transforms: dict[str, list[Any]] = {}
        self._stack_transforms: list[Any] = []
        self._invoke_transforms: list[Any] = []

    def GetDeploymentInfo(self, request: Any, context: grpc.ServicerContext) -> resource_pb2.DeploymentInfo:
        return resource_pb2.DeploymentInfo(
            project=self._stack.project.name,
            stack=self._stack.name,
            organization=self._stack.organization,
            config=self._stack.config.values(),
            configSecretKeys=self._stack.config.secret_keys,
            dryRun=self._parts.dry_run,
            parallel=self._parallel,
            supportedFeatures=FEATURES,
        )

    def SupportsFeature(self, request: Any, context: grpc.ServicerContext) -> resource_pb2.SupportsFeatureResponse:
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _LEGACY_FEATURES)

    def RegisterPackage(self, request: Any, context: grpc.ServicerContext) -> NoReturn:
        self._refuse(context, UnsupportedError(f"Parameterized packages ({request.name}) are not supported."))

    def RegisterStackTransform(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._stack_transforms.append(request)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._invoke_transforms.append(request)
        return empty_pb2.Empty()

    def RegisterResourceHook(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._hooks.register(request)
        return empty_pb2.Empty()

    def RegisterErrorHook(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._hooks.register_error(request)
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._finished()
        self.closed.wait()
        return empty_pb2.Empty()

    def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest, context: grpc.ServicerContext
    ) -> resource_pb2.RegisterResourceResponse:
        try:
            return self._register(request)
        except Stopped:
            self._wait_for_end(context)
        except CallbackError as error:
            context.abort(grpc.StatusCode.UNKNOWN, f"invoke transform: {error}")
        except (MlinfraError, ValueError, OSError) as error:
            self._refuse(context, error)

    def _register(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:
        if request.remote:
            raise UnsupportedError(
                f"The component {request.type} ({request.name}) is implemented by its package's plugin (remote components), "
                "which is not supported.",
                fix="use a component written in Python in the program's own process",
            )
        package, parent = urns.package_of(request.type), self._goals.get(request.parent)
        if parent is not None:
            inherit(request, parent, package)
        if request.custom and not request.provider:
            request.provider = request.providers.get(package) or self._providers.get(request.parent, {}).get(package, "")
        options, special = options_of(request), list[SpecialValue]()
        properties = decode(request.object, special)
        depends: Iterable[str] = request.dependencies
        by_property = {key: list(value.urns) for key, value in request.propertyDependencies.items()}
        if not by_property:
            by_property = dict.fromkeys(properties, list(depends))
        if request.transforms:
            properties = {k: _with_dependencies(v, by_property.get(k, ())) for k, v in properties.items()}
        transforms = [*request.transforms, *self._inherited_transforms(request.parent), *self._stack_transforms]
        for callback in transforms:
            properties, options = self._callbacks.transform(callback, request, properties, options, special)
        if request.transforms:
            by_property = {key: _output_dependencies(value) for key, value in properties.items()}
            depends = dict.fromkeys([*options.depends_on, *(urn for found in by_property.values() for urn in found)])
        elif special:
            for key, value in properties.items():
                by_property[key] = list(dict.fromkeys([*by_property.get(key, ()), *_output_dependencies(value)]))
        if special:
            properties = hashed(_without_outputs(properties), self._stack.project.workdir)
        providers = {**(self._providers.get(request.parent) or {}), **options.providers}
        options.provider, properties = self._resolve_provider(request, options, properties)
        goal = goal_of(request, options, properties, depends, by_property)
        goal.source_position = self._positions.position(request.sourcePosition)
        goal.stack_trace = self._positions.trace(request.stackTrace)
        answer = self._registrar.register(goal)
        urn = answer.state.urn
        self._goals[urn] = goal
        if not request.custom:
            self._providers[urn] = providers
        if request.transforms:
            self._transforms[urn] = list(request.transforms)
        return self._answer(request, answer)

    def _resolve_provider(
        self,
        request: resource_pb2.RegisterResourceRequest,
        options: resource_pb2.TransformResourceOptions,
        properties: Properties,
    ) -> tuple[str, Properties]:
        """The provider of a resource, and its properties: for a provider, with the version of its plugin."""
        version, url = options.version, options.plugin_download_url
        if not request.custom:
            return "", properties
        if not urns.is_provider(request.type):
            return options.provider or self._defaults.get(urns.package_of(request.type), version, url), properties
        if version or url:
            known = {"version": version} if version else {}
            properties = {**properties, **known, INTERNAL: {"pluginDownloadURL": url} if url else {}}
        return "", properties

    def _inherited_transforms(self, parent: str) -> list[Any]:
        found = []
        while parent:
            found += self._transforms.get(parent, ())
            goal = self._goals.get(parent)
            parent = goal.parent if goal else ""
        return found

    def _answer(
        self, request: resource_pb2.RegisterResourceRequest, answer: Registered
    ) -> resource_pb2.RegisterResourceResponse:
        state = answer.state
        wire = Wire(secrets=request.acceptSecrets, resources=request.acceptResources, unknowns=request.supportsPartialValues)
        return resource_pb2.RegisterResourceResponse(
            urn=state.urn,
            id=state.id,
            object=wire.encode(state.outputs if request.custom else {}),
            result=_OUTCOMES[answer.outcome],
            unknown=answer.unknown,
        )

    def RegisterResourceOutputs(
        self, request: resource_pb2.RegisterResourceOutputsRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        special: list[SpecialValue] = []
        try:
            outputs = decode(request.outputs, special)
            if special:
                outputs = hashed(_without_outputs(outputs), self._stack.project.workdir)
            if urns.is_stack(request.urn):
                self.stack_outputs = request.urn, outputs  # until it is known how the run ends
            else:
                self._parts.executor.register_outputs(request.urn, outputs)
        except (MlinfraError, ValueError, OSError, LookupError) as error:
            self._refuse(context, error)
        return empty_pb2.Empty()

    def ReadResource(
        self, request: resource_pb2.ReadResourceRequest, context: grpc.ServicerContext
    ) -> resource_pb2.ReadResourceResponse:
        try:
            package = urns.package_of(request.type)
            provider = request.provider or self._defaults.get(package, request.version, request.pluginDownloadURL)
            new = ResourceState(
                urn=urns.make(self._stack.name, self._stack.project.name, request.parent, request.type, request.name),
                type=request.type,
                custom=True,
                external=True,
                id=request.id,
                inputs=decode(request.properties),
                parent=request.parent,
                dependencies=list(request.dependencies),
                provider=provider,
                additional_secret_outputs=list(request.additionalSecretOutputs),
                source_position=self._positions.position(request.sourcePosition),
                stack_trace=self._positions.trace(request.stackTrace),
            )
            answer = self._registrar.read(new)
        except Stopped:
            self._wait_for_end(context)
        except (MlinfraError, ValueError) as error:
            self._refuse(context, error)
        wire = Wire(secrets=request.acceptSecrets, resources=request.acceptResources)
        return resource_pb2.ReadResourceResponse(
            urn=new.urn,
            properties=wire.encode(answer.state.outputs),
            result=_OUTCOMES[answer.outcome],
            unknown=answer.unknown,
        )

    def Invoke(
        self, request: resource_pb2.ResourceInvokeRequest, context: grpc.ServicerContext
    ) -> resource_pb2.ResourceInvokeResponse:
        package = urns.package_of(request.tok)
        options = resource_pb2.TransformInvokeOptions(
            provider=request.provider or self._providers.get(request.parent, {}).get(package, ""),
            version=request.version,
            plugin_download_url=request.pluginDownloadURL,
        )
        try:
            args = decode(request.args)
            for callback in self._invoke_transforms:
                args, options = self._callbacks.transform_invoke(callback, request.tok, args, options)
            reference = options.provider or self._defaults.get(package, options.version, options.plugin_download_url)
            provider = self._parts.registry.get(reference)
        except Stopped:
            self._wait_for_end(context)
        except (MlinfraError, CallbackError, ValueError) as error:
            self._refuse(context, error)
        try:
            answer = provider.invoke(request.tok, args, preview=self._parts.dry_run)
        except MlinfraError as error:
            context.abort(grpc.StatusCode.UNKNOWN, f"invocation of {request.tok} returned an error: {error}")
        wire = Wire(resources=request.acceptResources or request.tok == "pulumi:pulumi:getResource")
        return resource_pb2.ResourceInvokeResponse(
            **{"return": wire.encode(answer.result)}, failures=_failures(answer), unknown=answer.unknown
        )

    def Call(
        self, request: resource_pb2.ResourceCallRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CallResponse:
        try:
            special: list[SpecialValue] = []
            args = decode(request.args, special)
            depends = {key: list(value.urns) for key, value in request.argDependencies.items()}
            for key, value in args.items():
                depends[key] = list(dict.fromkeys([*depends.get(key, ()), *_output_dependencies(value)]))
            self_ref = args.get("__self__")
            reference = request.provider
            if not reference and isinstance(self_ref, ResourceRef):
                if urns.is_provider(urns.type_of(self_ref.urn)):
                    reference = f"{self_ref.urn}::{self_ref.id}"
                elif (goal := self._goals.get(self_ref.urn)) is not None:
                    reference = goal.provider
            package = urns.package_of(request.tok)
            reference = reference or self._defaults.get(package, request.version, request.pluginDownloadURL)
            provider = self._parts.registry.get(reference)
        except Stopped:
            self._wait_for_end(context)
        except (MlinfraError, ValueError) as error:
            self._refuse(context, error)
        try:
            answer = provider.call(request.tok, args, depends, preview=self._parts.dry_run)
        except MlinfraError as error:
            self._parts.reporter.say("error", f"call to function '{request.tok}' failed: {error}")
            self._parts.abort()
            self._wait_for_end(context)
        returned = {
            key: provider_pb2.CallResponse.ReturnDependencies(urns=urns_)
            for key, urns_ in answer.return_dependencies.items()
        }
        return provider_pb2.CallResponse(
            **{"return": Wire().encode(answer.result)}, failures=_failures(answer), returnDependencies=returned
        )

    def _wait_for_end(self, context: grpc.ServicerContext) -> NoReturn:
        """The run was stopped. The program learns nothing more until it is ended itself, as with Pulumi."""
        self.closed.wait()
        context.abort(grpc.StatusCode.UNAVAILABLE, "the resource monitor was shut down")
        raise AssertionError

    def _refuse(self, context: grpc.ServicerContext, error: Exception) -> NoReturn:
        """Raise the error in the program."""
        context.abort(grpc.StatusCode.UNKNOWN, str(error))
        raise AssertionError


class Engine(engine_pb2_grpc.EngineServicer):
    """What programs and providers say, and the URN of the stack."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._root = ""

    def Log(self, request: engine_pb2.LogRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._reporter.say(
            _SEVERITIES[request.severity],  # type: ignore[arg-type]
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


def _failures(answer: Invoked) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=f.property, reason=f.reason) for f in answer.failures]


def _output_dependencies(value: Any) -> list[str]:
    """What the output values in a value depend on, each once."""
    found = list(value.dependencies) if isinstance(value, OutputValue) else []
    for child in children(value):
        found += _output_dependencies(child)
    return list(dict.fromkeys(found))


def _with_dependencies(value: Any, depends: Iterable[str]) -> Any:
    """The value as an output value that depends on what the program said for its property."""
    known = _output_dependencies(value)
    if set(known).issuperset(depends):
        return value
    if isinstance(value, OutputValue):
        return OutputValue(value.value, value.secret, tuple(dict.fromkeys([*value.dependencies, *depends])))
    return OutputValue(value, dependencies=tuple(depends))


def _without_outputs(value: Any) -> Any:
    """The value with plain values, secrets and unknowns in place of output values."""
    if isinstance(value, dict):
        return {key: _without_outputs(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_outputs(item) for item in value]
    if isinstance(value, OutputValue):
        return _without_outputs(plain_output(value))
    return value
