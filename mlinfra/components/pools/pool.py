"""What every node pool does: it says what it is, and declares its nodes one way or the other."""

from typing import Any, Optional, TypeVar

import pulumi

from mlinfra.components.component import Component
from mlinfra.components.pools.arguments import NodePoolArgs
from mlinfra.components.pools.description import describe
from mlinfra.components.pools.fabric import fabric
from mlinfra.components.pools.karpenter import karpenter_pool
from mlinfra.components.pools.managed import managed_pool
from mlinfra.components.pools.reference import PoolReference, Provisioner

PoolArgsT = TypeVar("PoolArgsT", bound=NodePoolArgs)


class Pool(Component[PoolArgsT]):
    """The base of node pools."""

    pool_name: pulumi.Output[str]

    _reference: PoolReference

    def __init__(self, name: str, args: PoolArgsT, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args, shape = self._args, self._args.shape()
        self._reference = describe(name, args, shape)
        near = fabric(self, name, args.cluster, efa=shape.efa, placement_group=shape.placement_group)
        make = managed_pool if shape.managed else karpenter_pool
        self.pool_name = make(self, name, args, shape, self._reference, near)
        self.finish()

    @property
    def reference(self) -> PoolReference:
        """The pool as device layers, teams and jobs see it: plain values."""
        return self._reference

    @classmethod
    def _declares_kubernetes(cls, args: Any) -> bool:
        return bool(args.shape().provisioner is Provisioner.KARPENTER)
