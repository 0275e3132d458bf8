"""PyTorch jobs of a stack."""

from typing import Optional

import pulumi

from mlinfra import jobs
from mlinfra.components.args import Args
from mlinfra.components.jobs.arguments import JobArgs, JobResources
from mlinfra.components.jobs.base import JobComponent
from mlinfra.jobs.pytorch import Strategy


class PyTorchLayout(Args):
    """Degrees of a model-parallel job. Together they make up all its processes."""

    tensor: int = 1
    """Processes that share each layer; keep them on one node. Default: 1."""
    pipeline: int = 1
    """Stages of layers one after the other. Default: 1."""
    data: int = 1
    """Copies of the model. Default: 1."""


class PyTorchElastic(Args):
    """A job that goes on with fewer nodes. It starts when there are enough for `min_nodes`."""

    min_nodes: int
    """The nodes that it can go on with."""


class PyTorchJobArgs(JobArgs):
    """Arguments of `PyTorchJob`."""

    resources: JobResources
    """What each node gives to the job."""
    nodes: int = 1
    """Nodes. Default: 1."""
    processes_per_node: Optional[int] = None
    """Processes on each node. Default: one for each GPU, or 1 without."""
    strategy: Strategy = Strategy.DDP
    """How the processes divide the work: ddp, fsdp or model-parallel. Default: ddp."""
    layout: Optional[PyTorchLayout] = None
    """The degrees of a model-parallel job."""
    elastic: Optional[PyTorchElastic] = None
    """Go on with fewer nodes when some are lost. Default: all start again together, from the checkpoint."""


class PyTorchJob(JobComponent[PyTorchJobArgs]):
    """A TrainJob of Kubeflow Trainer, with a TrainingRuntime of its own: torchrun on one or several nodes.

    It waits in the team's queue until all its nodes are there, and starts again from its checkpoint when one fails. On
    several nodes of GPUs it has their EFA interfaces, and is refused without. A changed job is another job: the old one
    is stopped, and the new one goes on from the checkpoint.

        finetune = ml.PyTorchJob("finetune", ml.PyTorchJobArgs(
            training=training.reference,
            team="vision",
            pool="h100",
            image=f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/vision/train@sha256:{'0' * 64}",
            script="train.py",
            nodes=2,
            resources=ml.JobResources(cpu="180", memory="1900Gi", gpus=8),
            strategy=ml.Strategy.FSDP,
            shm="64Gi",
            time_limit="2d",
        ), opts=pulumi.ResourceOptions(provider=cluster.kubernetes))
    """

    _args_type = PyTorchJobArgs
    _job_type = jobs.PyTorchJob
    _operator = "kubeflow-trainer"

    def __init__(self, name: str, args: PyTorchJobArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
