"""A pool as other components see it."""

import re
from typing import Any

from mlinfra.components.cluster.nodes import NodeSystem
from mlinfra.components.pools.reference import EFA_RESOURCE, POOL_LABEL, PoolReference, Taint
from mlinfra.components.pools.shape import Shape

ACCELERATOR_LABEL = "mlinfra/accelerator"
"""The label of nodes that names the model of their accelerators, such as h100."""


def describe(name: str, args: Any, shape: Shape) -> PoolReference:
    """The pool's reference: names, labels and taints, and what its nodes offer."""
    found, sharing = shape.accelerator, getattr(args, "sharing", None)
    nvidia_in_image = found is not None and found.vendor == "nvidia" and args.system is NodeSystem.BOTTLEROCKET
    return PoolReference(
        name=name,
        provisioner=shape.provisioner,
        capacity=args.capacity.kind,
        instance_types=[one.name for one in shape.types],
        zones=list(shape.zones),
        min_nodes=shape.least,
        max_nodes=shape.most,
        labels=labels(name, args, shape),
        taints=taints(args, shape),
        accelerator_vendor=found.vendor if found else "",
        accelerator_model=found.model if found else "",
        accelerators_per_node=found.count if found else 0,
        resource=found.resource if found else "",
        efa_per_node=shape.efa_per_node,
        devices=shape.devices(sharing),
        driver_in_image=found is not None,
        device_plugin_in_image=found is not None and (shape.auto or nvidia_in_image),
        dra=getattr(args, "dra", False),
    )


def labels(name: str, args: Any, shape: Shape) -> dict[str, str]:
    """The labels of every node. Those of NVIDIA are what its device plugin and its operator look for."""
    own = {POOL_LABEL: name}
    found, sharing = shape.accelerator, getattr(args, "sharing", None)
    if found:
        own[ACCELERATOR_LABEL] = re.sub(r"[^a-z0-9]+", "-", found.model.lower()).strip("-")
    if found and found.vendor == "nvidia":
        own["nvidia.com/gpu.present"] = "true"
        if sharing and args.system is NodeSystem.AL2023:
            if sharing.mig_profile is not None:
                own["nvidia.com/mig.config"] = f"all-{sharing.mig_profile}"
            else:
                own["nvidia.com/device-plugin.config"] = f"slices-{sharing.time_slices}"
    if shape.efa:
        own[f"{EFA_RESOURCE}.present"] = "true"
    return {**args.labels, **own}


def taints(args: Any, shape: Shape) -> list[Taint]:
    """The taints of every node: that of its accelerators first."""
    found = shape.accelerator
    own = [Taint(key=found.resource, value="true")] if found else []
    return [*own, *(one for one in args.taints if not found or one.key != found.resource)]
