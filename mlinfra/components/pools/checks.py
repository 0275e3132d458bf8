"""Whether a pool can be had as it is asked for: every check, in the order in which a user would think of them."""

from typing import Any

from mlinfra.components.cluster.reference import ClusterReference
from mlinfra.components.pools import checks_capacity, checks_devices, checks_network, checks_size
from mlinfra.components.pools.shape import Shape


def check(args: Any, shape: Shape, cluster: ClusterReference) -> None:
    """Raises `Invalid` for the first thing that AWS, EKS, Karpenter or the devices would refuse, or ignore in silence."""
    checks_size.check(args, shape)
    checks_devices.check_types(args, shape)
    checks_capacity.check(args, shape)
    checks_network.check(args, shape, cluster)
    checks_devices.check_images(args, shape, cluster)
    checks_devices.check_sharing(args, shape, cluster)
