"""The gRPC server of the Pulumi provider `kubernetes`."""
# ruff: noqa: N802 (names and parameters are the protocol's)

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from mlinfra.engine.proto import provider_pb2
from mlinfra.engine.provider import ProviderFailure
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
    from collections.abc import Iterable

    import grpc

    from mlinfra.engine.provider import CheckFailure
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


class Servicer(plugin.Servicer[KubernetesProvider]):
    """Pulumi's ResourceProvider for `kubernetes`."""

    package = "pulumi-kubernetes"
    wire = WIRE
    refusal = ApiError

    def __init__(self, backend: Backend, clusters: Clusters, patience: float) -> None:
        super().__init__()
        self._backend, self._clusters, self._patience = backend, clusters, patience

    def limits(self, request: Any) -> dict[str, Any]:
        """How long the change may take."""
        return {"timeout": request.timeout}

    def moves(self, name: str, olds: Properties, news: Properties) -> bool:
        """Another cluster is another provider."""
        return name in {"kubeconfig", "context", "cluster"} and _moves(olds, news)

    def refused(self, settings: Properties) -> Iterable[CheckFailure]:
        """Settings that do not exist, or that the sandbox has nothing for."""
        return config.failures(settings)

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Say what is understood: secrets, and names that the engine proposes."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Remember the configuration of the instance on this connection."""
        settings = decode(request.args) or {
            name.removeprefix("kubernetes:config:"): value for name, value in request.variables.items()
        }
        found = ProviderConfig.parse(settings)
        self.instances.remember(context, KubernetesProvider(self._backend, self._clusters, found, self._patience))
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Compare new inputs with the object as it was last seen."""
        given = [self.received(one) for one in (request.old_inputs, request.olds, request.news)]
        return self.answered(context, lambda instance: plugin.diffed(instance.diff(request.urn, request.id, *given)))

    def Construct(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refuse components that live in the real provider."""

        def work(_: Any) -> Any:
            other = {"helm.sh/v4": "kubernetes.helm.v3.Release", "yaml/v2": "kubernetes.yaml.ConfigGroup"}
            module = request.type.split(":")[1]
            raise ProviderFailure(
                f"{request.type} is a component that the real provider makes, and the sandbox's does not",
                fix=f"use {other.get(module, 'the objects themselves')} for what is tried in the sandbox",
            )

        return self.answered(context, work)

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Answer a function call."""

        def work(instance: KubernetesProvider) -> Any:
            response = provider_pb2.InvokeResponse()
            args = plain(self.received(request.args))
            if request.tok == ABANDON.format("kubernetes"):
                found = {"ids": instance.abandon(args["lost"])}
            else:
                found = {"result": _invoked(request.tok, args)}
            getattr(response, "return").CopyFrom(WIRE.encode(found))
            return response

        return self.answered(context, work)


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
