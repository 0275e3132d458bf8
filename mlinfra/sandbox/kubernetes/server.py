"""The gRPC server of the Pulumi provider `kubernetes`."""
# ruff: noqa: N802 (names and parameters are the protocol's)

from __future__ import annotations

import json
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from mlinfra.engine.provider import Checked, ProviderFailure
from mlinfra.sandbox import plugin
from mlinfra.sandbox.kubernetes import config, rendering
from mlinfra.sandbox.kubernetes.backend import ApiError, UnreachableError
from mlinfra.sandbox.kubernetes.config import ProviderConfig
from mlinfra.sandbox.kubernetes.provider import KubernetesProvider
from mlinfra.sandbox.kubernetes.waiting import PATIENCE_SECONDS
from mlinfra.sandbox.session import ABANDON
from mlinfra.stack.codec import Wire, decode
from mlinfra.stack.values import UNKNOWN, Properties, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    import grpc

    from mlinfra.sandbox.kubernetes.backend import Backend
    from mlinfra.sandbox.kubernetes.clusters import Clusters

WIRE: Final = Wire(resources=False)


def serve(
    backend: Backend, clusters: Clusters, port: int = 0, *, patience: float = PATIENCE_SECONDS
) -> tuple[grpc.Server, int]:
    """Serve the provider on 127.0.0.1; returns the started server and its port.

    `patience` is for how many seconds a resource waits for a namespace or a kind that another one may be making.
    """
    return plugin.serve(Servicer(backend, clusters, patience), "kubernetes", port)


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Pulumi's ResourceProvider for every engine that attaches."""

    def __init__(self, backend: Backend, clusters: Clusters, patience: float) -> None:
        self._backend, self._clusters, self._patience = backend, clusters, patience
        self._instances: plugin.Instances[KubernetesProvider] = plugin.Instances()

    # --- the instance ------------------------------------------------------------------------------------------------

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Say what is understood: secrets, and names that the engine proposes."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Nothing to do: the engine finds this server by its port."""
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The version of the pulumi-kubernetes that is stood in for."""
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi-kubernetes"))

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refuse settings that do not exist, or that the sandbox has nothing for."""
        news = decode(request.news)
        return plugin.checked(Checked(news, tuple(config.failures(news))), WIRE)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Another cluster is another provider; everything else changes in place."""
        olds, news = (plain(decode(one)) for one in (request.old_inputs, request.news))
        changed = sorted(name for name in olds.keys() | news.keys() if olds.get(name) != news.get(name))
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=changed,
            replaces=[name for name in changed if name in {"kubeconfig", "context", "cluster"} and _moves(olds, news)],
        )

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Remember the configuration of the instance on this connection."""
        settings = decode(request.args) or {
            name.removeprefix("kubernetes:config:"): value for name, value in request.variables.items()
        }
        found = ProviderConfig.parse(settings)
        self._instances.remember(context, KubernetesProvider(self._backend, self._clusters, found, self._patience))
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Calls that wait end with the engine's connection."""
        return empty_pb2.Empty()

    # --- resources ---------------------------------------------------------------------------------------------------

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Complete and check inputs."""

        def work() -> Any:
            seed, proposed = request.randomSeed, plugin.proposed_name(request)
            olds, news = decode(request.olds), decode(request.news)
            return plugin.checked(self._instances.of(context).check(request.urn, olds, news, seed, proposed), WIRE)

        return _answered(context, work)

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Compare new inputs with the object as it was last seen."""

        def work() -> Any:
            olds, outputs, news = decode(request.old_inputs), decode(request.olds), decode(request.news)
            return plugin.diffed(self._instances.of(context).diff(request.urn, request.id, olds, outputs, news))

        return _answered(context, work)

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Make an object."""

        def work() -> Any:
            made = self._instances.of(context).create(
                request.urn,
                decode(request.properties),
                timeout=request.timeout,
                preview=request.preview,
                wanted=context.is_active,
            )
            return provider_pb2.CreateResponse(id=made.id, properties=WIRE.encode(made.outputs))

        return _answered(context, work)

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Read an object as it is."""

        def work() -> Any:
            inputs, outputs = decode(request.inputs), decode(request.properties)
            found = self._instances.of(context).read(request.urn, request.id, inputs, outputs)
            return provider_pb2.ReadResponse(
                id=found.id, properties=WIRE.encode(found.outputs), inputs=WIRE.encode(found.inputs)
            )

        return _answered(context, work)

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Change an object in place."""

        def work() -> Any:
            outputs = self._instances.of(context).update(
                request.urn,
                request.id,
                decode(request.old_inputs),
                decode(request.olds),
                decode(request.news),
                timeout=request.timeout,
                preview=request.preview,
                wanted=context.is_active,
            )
            return provider_pb2.UpdateResponse(properties=WIRE.encode(outputs))

        return _answered(context, work)

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Delete an object."""

        def work() -> Any:
            self._instances.of(context).delete(
                request.urn,
                request.id,
                decode(request.old_inputs),
                decode(request.properties),
                timeout=request.timeout,
                wanted=context.is_active,
            )
            return empty_pb2.Empty()

        return _answered(context, work)

    def Construct(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refuse components that live in the real provider."""

        def work() -> Any:
            other = {"helm.sh/v4": "kubernetes.helm.v3.Release", "yaml/v2": "kubernetes.yaml.ConfigGroup"}
            module = request.type.split(":")[1]
            raise ProviderFailure(
                f"{request.type} is a component that the real provider makes, and the sandbox's does not",
                fix=f"use {other.get(module, 'the objects themselves')} for what is tried in the sandbox",
            )

        return _answered(context, work)

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Answer a function call."""

        def work() -> Any:
            response = provider_pb2.InvokeResponse()
            args = plain(decode(request.args))
            if request.tok == ABANDON.format("kubernetes"):
                found = {"ids": self._instances.of(context).abandon(args["lost"])}
            else:
                found = {"result": _invoked(request.tok, args)}
            getattr(response, "return").CopyFrom(WIRE.encode(found))
            return response

        return _answered(context, work)


def _invoked(function: str, args: Properties) -> list[Any]:
    if function == "kubernetes:yaml:decode":
        return rendering.split(str(args.get("text", "")))
    if function == "kubernetes:kustomize:directory":
        return [*rendering.kustomized(str(args.get("directory", "")))]
    if function == "kubernetes:helm:template":
        options = json.loads(args.get("jsonOpts") or "{}")
        release = {
            "name": options.get("release_name") or "release",
            "namespace": options.get("namespace") or "default",
            "chart": options.get("path") or options.get("chart") or "",
            "skipCrds": options.get("skip_crd_rendering"),
        }
        found = rendering.rendered(release, options.get("values") or {}, str(options.get("kube_version") or "1.35"))
        if not found:
            raise ProviderFailure(
                f"the chart {release['chart']!r} cannot be rendered here: that takes the helm binary and a chart on this machine",
                fix="use kubernetes.helm.v3.Release, which the sandbox records",
            )
        return [*found]
    raise ProviderFailure(f"the sandbox's provider kubernetes has no function {function}")


def _moves(olds: Properties, news: Properties) -> bool:
    """Whether the provider goes to another cluster. What cannot be told counts as another, as pulumi-kubernetes has it."""
    if any(news.get(name) is UNKNOWN for name in ("kubeconfig", "context", "cluster")):
        return True
    if olds.get("clusterIdentifier") and news.get("clusterIdentifier"):
        return bool(olds["clusterIdentifier"] != news["clusterIdentifier"])
    try:
        before, after = (config.read(ProviderConfig.parse(one)).server for one in (olds, news))
    except UnreachableError:
        return olds.get("kubeconfig") != news.get("kubeconfig")
    return before != after


def _answered(context: grpc.ServicerContext, work: Callable[[], Any]) -> Any:
    return plugin.answered(context, work, WIRE, ApiError)
