"""Who advertises which devices: what follows from a cluster and its pools, and what is refused. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from mlinfra.catalog.compatibility import at_least
from mlinfra.catalog.device_layers import limit
from mlinfra.components.pools.reference import PoolReference, Provisioner
from mlinfra.components.problems import Invalid

NVIDIA, AWS = "nvidia", "aws"
MIG_LABEL = "nvidia.com/mig.config"
SLICES_LABEL = "nvidia.com/device-plugin.config"


class Advertiser(StrEnum):
    """Who tells Kubernetes of devices."""

    NOBODY = "nobody"
    """There are none."""
    NODE = "node"
    """The nodes themselves: their image has a device plugin, or EKS Auto Mode does."""
    PLUGIN = "device-plugin"
    """A device plugin: pods ask for amounts of a resource."""
    DRA = "dra-driver"
    """A driver for dynamic resource allocation: pods claim devices by their attributes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What to install for a cluster, and for which pools."""

    gpu: Advertiser
    """Who advertises NVIDIA's GPUs, where more than the nodes themselves is needed for any pool."""
    efa: Advertiser
    """Who advertises EFA interfaces."""
    neuron: Advertiser
    """Who advertises Trainium and Inferentia."""
    operator: bool
    """Whether NVIDIA's GPU operator brings the device plugin, the metrics and what splits GPUs by MIG."""
    gpu_pools: tuple[PoolReference, ...] = field(repr=False)
    """The pools whose GPUs must be advertised."""
    metric_pools: tuple[PoolReference, ...] = field(repr=False)
    """Every pool with NVIDIA GPUs, those that advertise themselves among them."""
    efa_pools: tuple[PoolReference, ...] = field(repr=False)
    """The pools whose EFA interfaces must be advertised."""
    neuron_pools: tuple[PoolReference, ...] = field(repr=False)
    """The pools whose Trainium and Inferentia devices must be advertised."""


def choose(
    version: str,
    pools: Sequence[PoolReference],
    *,
    auto_mode: bool = False,
    gpu_operator: bool = False,
    efa_dra: bool | None = None,
) -> Choice:
    """What a cluster of that Kubernetes version needs for its pools.

    GPUs are advertised as the pools say: by claims when `dra` is set, else by a device plugin where neither image nor
    Auto Mode has one. The GPU operator comes where GPUs are split by MIG, or when asked for. EFA follows the GPUs unless
    `efa_dra` says otherwise. Raises Invalid for what AWS and NVIDIA do not support, with the source.
    """
    _possible(pools)
    own = [pool for pool in pools if not (auto_mode and pool.provisioner is Provisioner.KARPENTER)]
    nvidia = [pool for pool in pools if pool.accelerator_vendor == NVIDIA]
    bare = [pool for pool in nvidia if not pool.device_plugin_in_image]
    neuron = [pool for pool in own if pool.accelerator_vendor == AWS]
    efa = [pool for pool in own if pool.efa_per_node]
    gpu = _gpus(version, bare, nvidia, auto_mode=auto_mode)
    by_claims = efa_dra if efa_dra is not None else bool(efa) and all(pool.dra for pool in efa)
    if auto_mode and (installed := [pool for pool in own if pool in (*bare, *neuron, *efa)]):
        fix = "let EKS make the nodes (provisioner karpenter), run Bottlerocket, or use a cluster without Auto Mode"
        raise _refused("auto-plugins", what=_named(installed), fix=fix)
    if by_claims:
        _efa_claims(version, efa, auto_mode=auto_mode)
    split = [pool for pool in bare if MIG_LABEL in pool.labels]
    operator = bool(split) or gpu_operator
    if operator:
        _operator(nvidia, asked=gpu_operator)
    return Choice(
        gpu=gpu,
        efa=_advertiser(efa, by_claims=by_claims),
        neuron=_advertiser(neuron, by_claims=False),
        operator=operator,
        gpu_pools=tuple(bare),
        metric_pools=tuple(nvidia),
        efa_pools=tuple(efa),
        neuron_pools=tuple(neuron),
    )


def _possible(pools: Sequence[PoolReference]) -> None:
    """Refuses pools whose devices nobody can advertise."""
    if not any(pool.accelerators_per_node or pool.efa_per_node for pool in pools):
        raise _refused("no-devices", fix="name pools with accelerators, or leave the component out")
    accelerated = [pool for pool in pools if pool.accelerators_per_node]
    if other := [pool for pool in accelerated if pool.accelerator_vendor not in (NVIDIA, AWS)]:
        raise _refused("vendor", what=_named(other), fix="leave the pools out, and bring a device plugin for them")
    if driverless := [pool for pool in accelerated if not pool.driver_in_image]:
        raise _refused("driver", what=_named(driverless), fix="use an accelerated image for the pools")


def _gpus(
    version: str, bare: Sequence[PoolReference], nvidia: Sequence[PoolReference], *, auto_mode: bool
) -> Advertiser:
    claimed = [pool for pool in nvidia if pool.dra]
    if not claimed:
        return _advertiser(bare, by_claims=False) if bare or not nvidia else Advertiser.NODE
    if in_image := [pool for pool in claimed if pool.device_plugin_in_image]:
        limit_id = "auto-dra" if auto_mode else "image-advertises"
        raise _refused(
            limit_id, what=_named(in_image), fix="leave dra out for the pools, or use AL2023 on managed nodes"
        )
    _claims(version, claimed, auto_mode=auto_mode)
    if others := [pool for pool in bare if not pool.dra]:
        what = f"DRA for {_named(claimed)}, a device plugin for {_named(others)}"
        raise _refused("one-advertiser", what=what, fix="set dra for all of them, or for none")
    return Advertiser.DRA


def _claims(version: str, pools: Sequence[PoolReference], *, auto_mode: bool) -> None:
    if auto_mode:
        raise _refused("auto-dra", what=_named(pools), fix="leave dra out, or use a cluster without Auto Mode")
    least = limit("dra-kubernetes").values["kubernetes"]
    if not at_least(version, least):
        fix = f"upgrade the cluster to {least} or later, or use device plugins"
        raise _refused("dra-kubernetes", what=f"Kubernetes {version}", fix=fix)
    if elastic := [pool for pool in pools if _elastic(pool)]:
        fix = "give the pools a fixed number of nodes, or use device plugins"
        raise _refused("dra-elastic", what=_named(elastic), fix=fix)


def _efa_claims(version: str, efa: Sequence[PoolReference], *, auto_mode: bool) -> None:
    if auto_mode:
        raise _refused("auto-dra", fix="leave efa_dra out", argument="efa_dra")
    if not efa:
        raise _refused("efa-none", fix="leave efa_dra out", argument="efa_dra")
    try:
        _claims(version, efa, auto_mode=False)
    except Invalid as error:
        raise Invalid(error.reason, fix=error.fix, argument="efa_dra") from None


def _operator(nvidia: Sequence[PoolReference], *, asked: bool) -> None:
    argument = "gpu_operator" if asked else "pools"
    if not nvidia:
        raise _refused("operator-none", fix="leave gpu_operator out", argument=argument)
    if in_image := [pool for pool in nvidia if pool.device_plugin_in_image]:
        fix = "run AL2023 on all pools with GPUs, or split none by MIG there and leave gpu_operator out"
        raise _refused("operator-image", what=_named(in_image), fix=fix, argument=argument)


def _elastic(pool: PoolReference) -> bool:
    return pool.provisioner is Provisioner.KARPENTER and pool.min_nodes != pool.max_nodes


def _advertiser(pools: Sequence[PoolReference], *, by_claims: bool) -> Advertiser:
    if not pools:
        return Advertiser.NOBODY
    return Advertiser.DRA if by_claims else Advertiser.PLUGIN


def _named(pools: Sequence[PoolReference]) -> str:
    return f"pool{'s' if len(pools) > 1 else ''} {', '.join(pool.name for pool in pools)}"


def _refused(id: str, *, fix: str, what: str = "", argument: str = "pools") -> Invalid:
    found = limit(id)
    reason = f"{what}: {found.reason}" if what else found.reason
    return Invalid(f"{reason} ({found.source})", fix=fix, argument=argument)
