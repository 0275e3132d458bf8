"""The device layer of a cluster."""

from collections.abc import Mapping, Sequence
from typing import Optional

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import (
    NetworkPolicyIngressRuleArgs,
    NetworkPolicyPeerArgs,
    NetworkPolicyPortArgs,
    NetworkPolicySpecArgs,
)
from pydantic import field_validator, model_validator

from mlinfra.components.args import Args
from mlinfra.components.cluster.reference import ClusterReference
from mlinfra.components.component import Component, together
from mlinfra.components.devices import values
from mlinfra.components.devices.choice import Advertiser, Choice, choose
from mlinfra.components.devices.values import Values
from mlinfra.components.pools.reference import PoolReference
from mlinfra.components.problems import Invalid
from mlinfra.components.releases import chart_versions, pinned, release

NAMESPACE = "nvidia"
METRICS_PORT = 9400
_CHARTS = (
    *("nvidia-device-plugin", "nvidia-dra-driver", "gpu-operator", "dcgm-exporter"),
    *("aws-efa-k8s-device-plugin", "aws-dranet", "neuron-helm-chart"),
)


class DeviceLayerArgs(Args):
    """Arguments of `DeviceLayer`."""

    cluster: ClusterReference
    """The cluster, a `Cluster`'s reference."""
    pools: Sequence[PoolReference]
    """Every pool of the cluster with GPUs, Trainium, Inferentia or EFA: the references of `GpuNodePool`s."""
    gpu_operator: bool = False
    """Whether NVIDIA's GPU operator brings the device plugin and the metrics, also where no GPU is split by MIG, which
    needs it. Default: false."""
    efa_dra: Optional[bool] = None
    """Whether pods claim EFA interfaces through DRA instead of asking for vpc.amazonaws.com/efa. Default: where all
    pools with EFA have their GPUs claimed so, which is how GPUs and interfaces next to each other are found."""
    metrics: bool = True
    """Whether DCGM's exporter measures GPUs: use, memory, temperature, errors. Default: true."""
    service_monitors: bool = False
    """Whether Prometheus' operator is told of the metrics; its definitions must be there. Default: false."""
    metrics_from: str = "monitoring"
    """The namespace that reads the metrics. Default: monitoring."""
    versions: Mapping[str, str] = {}
    """Versions of charts that differ from the version lock, by chart. Default: none."""

    @field_validator("pools")
    @classmethod
    def _pools(cls, value: Sequence[PoolReference]) -> Sequence[PoolReference]:
        names = [pool.name for pool in value]
        if again := sorted({name for name in names if names.count(name) > 1}):
            raise Invalid(f"two pools are called {', '.join(again)}", fix="name every pool once")
        return value

    @field_validator("versions")
    @classmethod
    def _versions(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        return chart_versions(value, _CHARTS)

    @model_validator(mode="after")
    def _possible(self) -> "DeviceLayerArgs":
        self.choice()
        return self

    def choice(self) -> Choice:
        """What is to be installed."""
        return choose(
            self.cluster.version,
            self.pools,
            auto_mode=self.cluster.auto_mode,
            gpu_operator=self.gpu_operator,
            efa_dra=self.efa_dra,
        )


class DeviceLayer(Component[DeviceLayerArgs]):
    """Makes the devices of nodes known to Kubernetes, once each, and measures GPUs.

    Device plugins or DRA drivers for NVIDIA's GPUs, for EFA and for Trainium and Inferentia, as the cluster's version and
    the pools need them; the GPU operator where MIG splits GPUs, never with a driver, which EKS's images bring. Nothing is
    installed where EKS Auto Mode or the image of the nodes has it built in. The charts are those of the version lock.

        devices = ml.DeviceLayer("devices", ml.DeviceLayerArgs(
            cluster=cluster.reference,
            pools=[h100.reference],
        ), opts=pulumi.ResourceOptions(provider=cluster.kubernetes))
    """

    releases: pulumi.Output[Mapping[str, str]]
    """What was installed: versions by chart, known once it runs."""
    namespace: pulumi.Output[str]
    """The namespace of NVIDIA's software; empty when there is none."""

    _args_type = DeviceLayerArgs
    _needs_kubernetes = True

    def __init__(self, name: str, args: DeviceLayerArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        choice = self._args.choice()
        nvidia, system = self._nvidia(choice), self._system(choice)
        space = self._space(name) if nvidia else None
        self.namespace = space.metadata.name if space else pulumi.Output.from_input("")
        installed = {
            **{chart: self._release(name, chart, given, self.namespace) for chart, given in nvidia.items()},
            **{chart: self._release(name, chart, given, "kube-system") for chart, given in system.items()},
        }
        self.releases = together(installed)
        self.finish()

    def _nvidia(self, choice: Choice) -> Mapping[str, Values]:
        """The charts of NVIDIA's software, with their values."""
        args, charts = self._args, {}
        if choice.operator:
            charts["gpu-operator"] = values.gpu_operator(
                choice, metrics=args.metrics, service_monitors=args.service_monitors
            )
        elif choice.gpu is Advertiser.PLUGIN:
            charts["nvidia-device-plugin"] = values.device_plugin(choice.gpu_pools)
        if choice.gpu is Advertiser.DRA:
            charts["nvidia-dra-driver"] = values.dra_driver(choice.gpu_pools)
        if args.metrics and choice.metric_pools and not choice.operator:
            charts["dcgm-exporter"] = values.metrics_exporter(
                choice.metric_pools,
                service_monitors=args.service_monitors,
                claims=choice.gpu is Advertiser.DRA,
            )
        return charts

    def _system(self, choice: Choice) -> Mapping[str, Values]:
        """The charts of AWS's software, with their values."""
        charts = {}
        if choice.efa is Advertiser.PLUGIN:
            charts["aws-efa-k8s-device-plugin"] = values.efa_plugin(choice.efa_pools)
        if choice.efa is Advertiser.DRA:
            charts["aws-dranet"] = values.efa_driver(choice.efa_pools)
        if choice.neuron is Advertiser.PLUGIN:
            charts["neuron-helm-chart"] = values.neuron_plugin(choice.neuron_pools)
        return charts

    def _space(self, name: str) -> kubernetes.core.v1.Namespace:
        """A namespace for agents of nodes, which nobody calls but who reads the metrics."""
        space = kubernetes.core.v1.Namespace(
            f"{name}-namespace",
            metadata=ObjectMetaArgs(name=NAMESPACE, labels={"pod-security.kubernetes.io/enforce": "privileged"}),
            opts=self.child(),
        )
        readers = NetworkPolicyPeerArgs(
            namespace_selector=LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": self._args.metrics_from})
        )
        every = LabelSelectorArgs()
        for role, ingress in {
            "default-deny": None,
            "metrics": [
                NetworkPolicyIngressRuleArgs(
                    from_=[readers], ports=[NetworkPolicyPortArgs(protocol="TCP", port=METRICS_PORT)]
                )
            ],
        }.items():
            kubernetes.networking.v1.NetworkPolicy(
                f"{name}-{role}",
                metadata=ObjectMetaArgs(name=role, namespace=space.metadata.name),
                spec=NetworkPolicySpecArgs(pod_selector=every, policy_types=["Ingress"], ingress=ingress),
                opts=self.child(),
            )
        return space

    def _release(self, name: str, chart: str, given: Values, namespace: pulumi.Input[str]) -> pulumi.Output[str]:
        """Installs a chart. Returns its version, known once it runs."""
        lock = pinned(chart, self._args.versions)
        made = release(self, f"{name}-{chart}", lock, values=given, namespace=namespace)
        return made.id.apply(lambda _: lock.version)
