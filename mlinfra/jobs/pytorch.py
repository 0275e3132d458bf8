"""PyTorch jobs: processes of torchrun on one or several nodes."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from mlinfra.jobs.errors import Invalid
from mlinfra.jobs.model import Job, Model, Resources, Role
from mlinfra.jobs.replicas import Index, Launch
from mlinfra.jobs.sites import Site

NODE: Final = "node"
"""The only role. Trainer's own name for its pods: their DNS names depend on it."""
INJECTED: Final = frozenset({"PET_NNODES", "PET_NPROC_PER_NODE", "PET_NODE_RANK", "PET_MASTER_ADDR", "PET_MASTER_PORT"})
"""What Trainer v2 injects itself and lets no job set.

TorchRunReservedEnvNames in pkg/constants of github.com/kubeflow/trainer, release 2.3.
"""
_ONE: Final = Field(default=1, ge=1)


class Strategy(StrEnum):
    """How the processes divide the work."""

    DDP = "ddp"
    """Each has the whole model and a part of the data."""
    FSDP = "fsdp"
    """Each has a part of the model's parameters, gradients and optimizer, and a part of the data."""
    MODEL_PARALLEL = "model-parallel"
    """Layers and tensors are divided as `layout` says."""


class Layout(Model):
    """Degrees of a model-parallel job. Together they make up all its processes."""

    tensor: Annotated[int, _ONE]
    """Processes that share each layer; keep them on one node. Default: 1."""
    pipeline: Annotated[int, _ONE]
    """Stages of layers one after the other. Default: 1."""
    data: Annotated[int, _ONE]
    """Copies of the model. Default: 1."""

    @property
    def processes(self) -> int:
        """The processes that the layout needs."""
        return self.tensor * self.pipeline * self.data


class Elastic(Model):
    """A job that goes on with fewer nodes. It starts when there are enough for `min_nodes`."""

    min_nodes: Annotated[int, Field(ge=1)]
    """The nodes that it can go on with."""


class PyTorchJob(Job):
    """Processes of torchrun, which find each other through the first node."""

    framework: ClassVar[str] = "PyTorch"

    kind: Literal["PyTorchJob"] = "PyTorchJob"
    """PyTorchJob."""
    nodes: Annotated[int, _ONE]
    """Nodes. Default: 1."""
    processes_per_node: Annotated[int, Field(ge=1)] | None = None
    """Processes on each node. Default: one for each GPU, or 1 without."""
    resources: Resources
    """What each node gives to the job."""
    strategy: Strategy = Strategy.DDP
    """How the processes divide the work: ddp, fsdp or model-parallel. Default: ddp."""
    layout: Layout | None = None
    """The degrees of a model-parallel job."""
    elastic: Elastic | None = None
    """Go on with fewer nodes when some are lost. Default: all start again together, from the checkpoint."""

    @model_validator(mode="after")
    def _layout_fits(self) -> Self:
        if (self.strategy is Strategy.MODEL_PARALLEL) != (self.layout is not None):
            raise Invalid(
                "goes with strategy: model-parallel, and only with that",
                fix="give both or neither",
                field="layout",
            )
        if self.layout and self.layout.processes != self.world_size:
            degrees = f"{self.layout.tensor} x {self.layout.pipeline} x {self.layout.data} = {self.layout.processes}"
            raise Invalid(
                f"tensor x pipeline x data is {degrees}, and there are {self.nodes} nodes x "
                f"{self.processes} processes = {self.world_size}",
                fix="make the degrees multiply out to the number of processes",
                field="layout",
            )
        if self.layout and self.processes % self.layout.tensor:
            raise Invalid(
                f"tensor is {self.layout.tensor} and a node has {self.processes} processes: layers would be torn over nodes",
                fix="use a tensor degree that divides the processes of a node",
                field="layout",
            )
        if self.elastic and (self.layout or self.elastic.min_nodes >= self.nodes):
            raise Invalid(
                "a layout fixes the number of nodes" if self.layout else f"min_nodes is not below nodes = {self.nodes}",
                fix="leave elastic out, or lower min_nodes",
                field="elastic",
            )
        if self.resources.gpus and self.processes > self.resources.gpus:
            raise Invalid(
                f"a node has {self.resources.gpus} GPUs for {self.processes} processes",
                fix="one process for each GPU, or fewer",
                field="processes_per_node",
            )
        return self

    @property
    def processes(self) -> int:
        """Processes on each node."""
        return self.processes_per_node or self.resources.gpus or 1

    @property
    def world_size(self) -> int:
        """Processes of all nodes."""
        return self.nodes * self.processes

    def ranks(self, node: int) -> range:
        """The ranks of a node's processes, when all nodes are there."""
        return range(node * self.processes, (node + 1) * self.processes)

    def roles(self) -> tuple[Role, ...]:  # noqa: D102
        return (Role(NODE, self.nodes, self.resources, decides=True, alone=self.retries if self.elastic else 0),)

    def launch(self, role: str, index: Index, site: Site) -> Launch:
        """`torchrun` reads PET_* as it reads its options (torch.distributed.argparse_util)."""
        env = {
            "PET_NPROC_PER_NODE": str(self.processes),
            "OMP_NUM_THREADS": str(site.threads(self.role(role), self.processes)),
            **self._rendezvous(role, index, site),
        }
        if self.layout:
            env["TENSOR_PARALLEL_SIZE"] = str(self.layout.tensor)
            env["PIPELINE_PARALLEL_SIZE"] = str(self.layout.pipeline)
            env["DATA_PARALLEL_SIZE"] = str(self.layout.data)
        return Launch(("torchrun", *self.program), env)

    def _rendezvous(self, role: str, index: Index, site: Site) -> dict[str, str]:
        host, port = site.host(role, 0), str(site.port(role, 0, "rendezvous"))
        if self.elastic is None:
            return {
                "PET_NNODES": str(self.nodes),
                "PET_NODE_RANK": str(index),
                "PET_MASTER_ADDR": host,
                "PET_MASTER_PORT": port,
            }
        return {
            "PET_NNODES": f"{self.elastic.min_nodes}:{self.nodes}",
            "PET_RDZV_BACKEND": "c10d",
            "PET_RDZV_ENDPOINT": f"{host}:{port}",
            "PET_RDZV_ID": self.name,
            "PET_LOCAL_ADDR": site.host(role, index),
            "PET_MAX_RESTARTS": str(self.retries),
        }
