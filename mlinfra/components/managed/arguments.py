"""What managed jobs are told: the arguments of job components, as far as they mean the same without Kubernetes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

import pulumi
from pydantic import TypeAdapter, ValidationError, field_validator

from mlinfra.components.args import Args
from mlinfra.components.jobs.arguments import JobTracking
from mlinfra.components.jobs.pytorch_job import PyTorchLayout
from mlinfra.components.problems import Invalid
from mlinfra.jobs.pytorch import Strategy
from mlinfra.jobs.quantities import Duration

_LENGTH: Final = TypeAdapter(Duration)


def seconds(text: str) -> int:
    """A length of time such as 90m or 1d6h, in seconds. Raises Invalid for what is none."""
    try:
        found: int = _LENGTH.validate_python(text)
    except ValidationError:
        raise Invalid("not a length of time", fix="write it like 90m, 12h or 1d6h") from None
    return found


def _text(value: Any) -> Any:
    """A number of seconds, as job files may have it, as a text."""
    return f"{value}s" if isinstance(value, int) and not isinstance(value, bool) else value


class ManagedJobArgs(Args):
    """Arguments of every managed PyTorch job. They mean what they mean to a `PyTorchJob`."""

    image: pulumi.Input[str]
    """The container image with its digest, in a private registry: registry/repository@sha256:…"""
    nodes: int = 1
    """Nodes. Default: 1."""
    processes_per_node: Optional[int] = None
    """Processes on each node. Default: one for each GPU, or 1 without."""
    strategy: Strategy = Strategy.DDP
    """How the processes divide the work: ddp, fsdp or model-parallel. Default: ddp."""
    layout: Optional[PyTorchLayout] = None
    """The degrees of a model-parallel job."""
    script: str = ""
    """The program, relative to `directory`. Give it or module."""
    module: str = ""
    """The Python module to run instead of a script, as in `python -m`."""
    args: Sequence[str] = ()
    """The program's arguments. Default: none."""
    directory: str = "/workspace"
    """Where the image has the program. Default: /workspace."""
    env: Mapping[str, pulumi.Input[str]] = {}
    """More environment variables for every node. No secrets."""
    tracking: Optional[JobTracking] = None
    """Where metrics are recorded. Default: nowhere."""
    time_limit: str = "1d"
    """How long it may run, such as 90m or 1d6h. Default: one day."""
    retries: int = 3
    """How often it starts again, from its checkpoint, after a failure. Default: 3."""
    slow_network: bool = False
    """Accept TCP between the nodes of a job with GPUs, at a hundredth of EFA's bandwidth. Default: false."""

    _time = field_validator("time_limit", mode="before")(_text)
