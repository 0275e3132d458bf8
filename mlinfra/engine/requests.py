"""From what a program asks for to a `Goal`: what parents pass on, transforms, dependencies and the provider."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from mlinfra.engine.callbacks import CallbackError, Callbacks
from mlinfra.engine.goal import Goal, Positions, goal_of, inherit, options_of
from mlinfra.engine.outputs import as_outputs, dependencies_of, with_dependencies, without_outputs
from mlinfra.engine.registry import INTERNAL
from mlinfra.errors import MlinfraError, UnsupportedError
from mlinfra.stack import urn as urns
from mlinfra.stack.assets import hashed
from mlinfra.stack.codec import SpecialValue, decode
from mlinfra.stack.state import ResourceState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlinfra.engine.defaults import DefaultProviders
    from mlinfra.engine.proto import resource_pb2
    from mlinfra.stack.stack import Stack
    from mlinfra.stack.values import Properties


class Requests:
    """Understands the requests of one run, and remembers what later ones take from those before."""

    def __init__(
        self, stack: Stack, defaults: DefaultProviders, callbacks: Callbacks, begin: Callable[[], None]
    ) -> None:
        self.goals: dict[str, Goal] = {}
        self.stack_transforms: list[Any] = []
        self._stack, self._defaults, self._callbacks, self._begin = stack, defaults, callbacks, begin
        self._positions = Positions(stack.project.root)
        self._providers: dict[str, dict[str, str]] = {}  # of components, by URN and package
        self._transforms: dict[str, list[Any]] = {}

    def goal(self, request: resource_pb2.RegisterResourceRequest) -> tuple[Goal, Callable[[str], str] | None]:
        """What a registration wants, and what finds its provider if it names none and needs one."""
        if request.remote:
            raise UnsupportedError(
                f"The component {request.type} ({request.name}) is implemented by its package's plugin (remote "
                "components), which is not supported.",
                fix="use a component written in Python in the program's own process",
            )
        package, parent = urns.package_of(request.type), self.goals.get(request.parent)
        if parent is not None:
            inherit(request, parent, package)
        if request.custom and not request.provider:
            request.provider = request.providers.get(package) or self.provider(request.parent, package)
        options, properties, depends, by_property = self._transformed(request)
        if urns.is_provider(request.type):
            properties = {**properties, **_plugin(options.version, options.plugin_download_url)}
        if not request.custom or urns.is_provider(request.type):
            options.provider = ""
        default = None
        if request.custom and not options.provider and not urns.is_provider(request.type):
            default = functools.partial(self._defaults.get, package, options.version, options.plugin_download_url)
        state = self._state(request, properties)
        state.custom, state.dependencies, state.property_dependencies = request.custom, list(depends), by_property
        try:
            return goal_of(state, options), default
        except ValueError:
            if default is not None:
                default(request.name)  # which Pulumi makes before it looks at the options
            raise

    def _transformed(
        self, request: resource_pb2.RegisterResourceRequest
    ) -> tuple[resource_pb2.TransformResourceOptions, Properties, Iterable[str], dict[str, list[str]]]:
        """Options, properties, and dependencies as a whole and by property, after all transforms."""
        options, special = options_of(request), list[SpecialValue]()
        properties = decode(request.object, special)
        depends: Iterable[str] = request.dependencies
        by_property = {key: list(value.urns) for key, value in request.propertyDependencies.items()}
        if not by_property:
            by_property = {key: list(depends) for key in properties}
        transforms = [*request.transforms, *self._inherited_transforms(request.parent), *self.stack_transforms]
        if transforms:
            self._begin()  # others may go first: transforms may call functions
            properties = {key: as_outputs(value) for key, value in properties.items()}
        if request.transforms:
            properties = {k: with_dependencies(v, by_property.get(k, ())) for k, v in properties.items()}
        for callback in transforms:
            try:
                properties, options = self._callbacks.transform(callback, request, properties, options, special)
            except CallbackError as error:
                raise MlinfraError(f"invoke transform: {error}") from error
        if request.transforms:
            by_property = {key: dependencies_of(value) for key, value in properties.items()}
            depends = dict.fromkeys([*options.depends_on, *(urn for found in by_property.values() for urn in found)])
        elif special:
            for key, value in properties.items():
                by_property[key] = list(dict.fromkeys([*by_property.get(key, ()), *dependencies_of(value)]))
        if special or transforms:
            properties = self.finished(properties)
        return options, properties, depends, by_property

    def remember(self, urn: str, goal: Goal, request: resource_pb2.RegisterResourceRequest) -> None:
        """Keep what the children of a resource take from it."""
        self.goals[urn] = goal
        if not request.custom:
            self._providers[urn] = {**self._providers.get(request.parent, {}), **goal.providers}
        if request.transforms:
            self._transforms[urn] = list(request.transforms)

    def read(self, request: resource_pb2.ReadResourceRequest) -> tuple[ResourceState, Callable[[str], str] | None]:
        """The resource that a program looks up, and what finds its provider if it names none."""
        default = None
        if not request.provider:
            package = urns.package_of(request.type)
            default = functools.partial(self._defaults.get, package, request.version, request.pluginDownloadURL)
        state = self._state(request, decode(request.properties))
        state.custom = state.external = True
        state.id, state.provider, state.dependencies = request.id, request.provider, list(request.dependencies)
        state.additional_secret_outputs = list(request.additionalSecretOutputs)
        return state, default

    def _state(
        self, request: resource_pb2.RegisterResourceRequest | resource_pb2.ReadResourceRequest, inputs: Properties
    ) -> ResourceState:
        """Who a resource is, what it is made of, and where the program says so."""
        return ResourceState(
            urn=urns.make(self._stack.name, self._stack.project.name, request.parent, request.type, request.name),
            type=request.type,
            parent=request.parent,
            inputs=inputs,
            source_position=self._positions.position(request.sourcePosition),
            stack_trace=self._positions.trace(request.stackTrace),
        )

    def provider(self, parent: str, package: str) -> str:
        """The reference to the provider that a component has for a package; "" when it has none."""
        return self._providers.get(parent, {}).get(package, "")

    def finished(self, properties: Properties) -> Properties:
        """Properties without output values, and with the hashes of assets."""
        known: Properties = hashed(without_outputs(properties), self._stack.project.workdir)
        return known

    def _inherited_transforms(self, parent: str) -> list[Any]:
        found = list[Any]()
        while parent:
            found += self._transforms.get(parent, ())
            goal = self.goals.get(parent)
            parent = goal.state.parent if goal else ""
        return found


def _plugin(version: str, url: str) -> Properties:
    """The inputs of a provider that say which plugin it needs."""
    if not version and not url:
        return {}
    return {**({"version": version} if version else {}), INTERNAL: {"pluginDownloadURL": url} if url else {}}
