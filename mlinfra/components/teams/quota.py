"""What a team may use at most, and what its containers get when they say nothing. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from pulumi_kubernetes.core.v1 import LimitRangeItemArgs
from pydantic import field_validator

from mlinfra.components.args import Args
from mlinfra.components.pools.reference import EFA_RESOURCE, PoolReference
from mlinfra.components.problems import Invalid
from mlinfra.components.teams import names

GPU: Final = "nvidia.com/gpu"
NEURON: Final = "aws.amazon.com/neuron"
_OWN_FIELDS: Final = {GPU: "gpus", NEURON: "neuron_devices", EFA_RESOURCE: "efa_interfaces"}
_GPU_CLASS: Final = "gpu.nvidia.com"
_NVIDIA_CLASSES: Final = (_GPU_CLASS, "mig.nvidia.com")
"""The device classes of NVIDIA's DRA driver. Source: https://github.com/kubernetes-sigs/dra-driver-nvidia-gpu"""
_PER_CLASS: Final = "{}.deviceclass.resource.k8s.io/devices"
"""How a quota names devices of a class. Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/"""


class TeamQuota(Args):
    """What everything in a team's namespace may use together. What is not named cannot be used at all."""

    cpu: int
    """Processors that pods may ask for."""
    memory_gib: int
    """Memory that pods may ask for and use, in GiB."""
    gpus: int = 0
    """NVIDIA GPUs, whoever advertises them: nvidia.com/gpu, and gpu.nvidia.com where DRA does. Default: none."""
    neuron_devices: int = 0
    """Trainium and Inferentia devices: aws.amazon.com/neuron. Default: none."""
    efa_interfaces: int = 0
    """EFA interfaces: vpc.amazonaws.com/efa. Default: none."""
    devices: Mapping[str, int] = {}
    """Other devices by resource, such as nvidia.com/mig-1g.10gb. Default: none."""
    device_classes: Mapping[str, int] = {}
    """Devices claimed through DRA by device class, such as mig.nvidia.com. Default: none but those of `gpus`."""
    pods: int = 200
    """Pods that are not finished. Default: 200."""
    storage_gib: int = 1000
    """What all volume claims ask for together, in GiB. Default: 1000."""
    volumes: int = 50
    """Volume claims. Default: 50."""
    load_balancers: int = 0
    """Services of type LoadBalancer. Default: none."""

    @field_validator("cpu", "memory_gib", "pods")
    @classmethod
    def _some(cls, value: int) -> int:
        if value < 1:
            raise Invalid(f"with {value} nothing could run", fix="give a number from 1")
        return value

    @field_validator("gpus", "neuron_devices", "efa_interfaces", "storage_gib", "volumes", "load_balancers")
    @classmethod
    def _any(cls, value: int) -> int:
        return _amount(value)

    @field_validator("devices")
    @classmethod
    def _devices(cls, value: Mapping[str, int]) -> Mapping[str, int]:
        for device, amount in value.items():
            if device in _OWN_FIELDS:
                raise Invalid(f"{device!r} has an argument of its own", fix=f"give {_OWN_FIELDS[device]}")
            names.device(device)
            _amount(amount)
        return value

    @field_validator("device_classes")
    @classmethod
    def _classes(cls, value: Mapping[str, int]) -> Mapping[str, int]:
        for device_class, amount in value.items():
            if device_class == _GPU_CLASS:
                raise Invalid(f"{device_class!r} has an argument of its own", fix="give gpus")
            names.device_class(device_class)
            _amount(amount)
        return value

    def by_resource(self) -> Mapping[str, int]:
        """Devices by the resource that pods ask for, those of which there are none among them."""
        return {GPU: self.gpus, NEURON: self.neuron_devices, EFA_RESOURCE: self.efa_interfaces, **self.devices}

    def hard(self, pools: Sequence[PoolReference]) -> Mapping[str, str]:
        """The limits as a ResourceQuota has them. What pools offer and the quota does not name is limited to nothing."""
        offered = dict.fromkeys((device for pool in pools for device in pool.devices), 0)
        return {
            "requests.cpu": str(self.cpu),
            "requests.memory": f"{self.memory_gib}Gi",
            "limits.memory": f"{self.memory_gib}Gi",
            "pods": str(self.pods),
            "requests.storage": f"{self.storage_gib}Gi",
            "persistentvolumeclaims": str(self.volumes),
            "services.loadbalancers": str(self.load_balancers),
            "services.nodeports": "0",
            **{f"requests.{device}": str(amount) for device, amount in {**offered, **self.by_resource()}.items()},
            **{_PER_CLASS.format(name): str(amount) for name, amount in self._claimed(pools).items()},
        }

    def _claimed(self, pools: Sequence[PoolReference]) -> Mapping[str, int]:
        """Devices by device class; without a pool under DRA there is no driver, and no class of its."""
        offered = dict.fromkeys(_NVIDIA_CLASSES, 0) if any(pool.dra for pool in pools) else {}
        gpus = {_GPU_CLASS: self.gpus} if offered else {}
        return offered | gpus | dict(self.device_classes)


class ContainerDefaults(Args):
    """What a container gets when it says nothing, and what any may have at most."""

    cpu: str = "500m"
    """The processors that it asks for. Default: 500m, half of one."""
    memory: str = "2Gi"
    """The memory that it asks for and may use. Default: 2Gi."""
    volume_gib: int = 500
    """The size of a volume claim at most, in GiB. Default: 500."""

    @field_validator("cpu", "memory")
    @classmethod
    def _quantity(cls, value: str) -> str:
        return names.quantity(value)

    @field_validator("volume_gib")
    @classmethod
    def _size(cls, value: int) -> int:
        if value < 1:
            raise Invalid(f"{value} GiB hold nothing", fix="give a number from 1")
        return value

    def limits(self) -> Sequence[LimitRangeItemArgs]:
        """The limits as a LimitRange has them. Processors are not limited: a limit makes training stutter."""
        return [
            LimitRangeItemArgs(
                type="Container",
                default={"memory": self.memory},
                default_request={"cpu": self.cpu, "memory": self.memory},
            ),
            LimitRangeItemArgs(type="PersistentVolumeClaim", max={"storage": f"{self.volume_gib}Gi"}),
        ]


def _amount(value: int) -> int:
    if value < 0:
        raise Invalid(f"{value} is less than nothing", fix="give a number from 0")
    return value
