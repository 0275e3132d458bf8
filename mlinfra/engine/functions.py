"""Functions of providers that a program calls: invokes, and methods of resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlinfra.engine.outputs import dependencies_of
from mlinfra.engine.proto import provider_pb2, resource_pb2
from mlinfra.errors import MlinfraError
from mlinfra.stack import urn as urns
from mlinfra.stack.codec import SpecialValue, Wire, decode
from mlinfra.stack.values import ResourceRef

if TYPE_CHECKING:
    from mlinfra.engine.callbacks import Callbacks
    from mlinfra.engine.defaults import DefaultProviders
    from mlinfra.engine.parts import Parts
    from mlinfra.engine.provider import Invoked
    from mlinfra.engine.requests import Requests


class CallFailed(Exception):
    """A method failed, which ends the run; it has been reported."""


class Functions:
    """Calls functions. Errors that the program is told about are MlinfraErrors."""

    def __init__(self, parts: Parts, defaults: DefaultProviders, callbacks: Callbacks, requests: Requests) -> None:
        self.transforms: list[Any] = []
        self._parts, self._defaults, self._callbacks, self._requests = parts, defaults, callbacks, requests

    def invoke(self, request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:
        """Call a function of a package."""
        package = urns.package_of(request.tok)
        options = resource_pb2.TransformInvokeOptions(
            provider=request.provider or self._requests.provider(request.parent, package),
            version=request.version,
            plugin_download_url=request.pluginDownloadURL,
        )
        args = decode(request.args)
        for callback in self.transforms:
            args, options = self._callbacks.transform_invoke(callback, request.tok, args, options)
        reference = options.provider or self._defaults.get(
            package, options.version, options.plugin_download_url, request.tok
        )
        provider = self._parts.registry.get(reference)
        try:
            answer = provider.invoke(request.tok, args, preview=self._parts.dry_run)
        except MlinfraError as error:
            raise MlinfraError(f"invocation of {request.tok} returned an error: {error}") from error
        wire = Wire(resources=request.acceptResources or request.tok == "pulumi:pulumi:getResource")
        return resource_pb2.ResourceInvokeResponse(
            **{"return": wire.encode(answer.result)}, failures=_failures(answer), unknown=answer.unknown
        )

    def call(self, request: resource_pb2.ResourceCallRequest) -> provider_pb2.CallResponse:
        """Call a method of a resource; raises CallFailed."""
        special: list[SpecialValue] = []
        args = decode(request.args, special)
        depends = {key: list(value.urns) for key, value in request.argDependencies.items()}
        for key, value in args.items():
            depends[key] = list(dict.fromkeys([*depends.get(key, ()), *dependencies_of(value)]))
        reference = request.provider or self._provider_of(args.get("__self__"))
        package = urns.package_of(request.tok)
        reference = reference or self._defaults.get(package, request.version, request.pluginDownloadURL, request.tok)
        provider = self._parts.registry.get(reference)
        try:
            answer = provider.call(request.tok, args, depends, preview=self._parts.dry_run)
        except MlinfraError as error:
            self._parts.reporter.say("error", f"call to function '{request.tok}' failed: {error}")
            self._parts.abort()
            raise CallFailed from error
        returned = {
            key: provider_pb2.CallResponse.ReturnDependencies(urns=found)
            for key, found in answer.return_dependencies.items()
        }
        return provider_pb2.CallResponse(
            **{"return": Wire().encode(answer.result)}, failures=_failures(answer), returnDependencies=returned
        )

    def _provider_of(self, resource: Any) -> str:
        """The reference to the provider of a resource of this run; a provider's is its own."""
        if not isinstance(resource, ResourceRef):
            return ""
        if urns.is_provider(urns.type_of(resource.urn)):
            return f"{resource.urn}::{resource.id}"
        goal = self._requests.goals.get(resource.urn)
        return goal.state.provider if goal is not None else ""


def _failures(answer: Invoked) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=f.property, reason=f.reason) for f in answer.failures]
