"""Nodes of AWS Batch and of SageMaker as places where replicas of a job run: only there it is known who is who.

Both tell it when a node starts, and neither replaces variables within others, so a shell does.
"""

from collections.abc import Mapping
from typing import ClassVar, Final, Optional

from mlinfra.jobs.model import Job, Role, Store
from mlinfra.jobs.quantities import amount
from mlinfra.jobs.replicas import Index, Launch, launch
from mlinfra.jobs.sites import PORTS

NODE: Final = "node"
_START: Final = 'exec "$@"'


class ManagedSite:
    """Nodes of which a shell knows the number and the first one's address."""

    index: ClassVar[str]
    """What the shell makes the node's number of."""
    first: ClassVar[str]
    """What the shell makes the address of the first node of."""

    def host(self, role: str, index: Index) -> str:  # noqa: D102
        return self.first

    def port(self, role: str, index: Index, purpose: str) -> int:  # noqa: D102
        return PORTS[purpose]

    def path(self, kind: str, store: Store) -> str:  # noqa: D102
        return store.url

    def scratch(self, role: str, index: Index) -> str:  # noqa: D102
        return "/tmp"  # noqa: S108 (a folder of the node's disk)

    def tracking(self, url: str) -> str:  # noqa: D102
        return url

    def threads(self, role: Role, processes: int) -> int:  # noqa: D102
        return max(1, int(amount(role.resources.cpu)) // processes)


class BatchNodes(ManagedSite):
    """Nodes of a multi-node parallel job. The main one is told no address of its own: there it is at home.

    Source: https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html
    """

    index = "${AWS_BATCH_JOB_NODE_INDEX:-0}"
    first = "${AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS:-127.0.0.1}"


class SageMakerNodes(ManagedSite):
    """Nodes of a training job, which find a file that names them all, and their data in folders.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
    """

    index = "$NODE"
    first = "$FIRST"

    def path(self, kind: str, store: Store) -> str:
        """The folders in which SageMaker puts channels, and from which it takes what is kept."""
        own = {"checkpoint": "checkpoints", "output": "model"}
        return f"/opt/ml/{own[kind]}" if kind in own else f"/opt/ml/input/{kind}"


def start(job: Job, site: ManagedSite, before: str = "") -> tuple[list[str], dict[str, str]]:
    """The command and the environment of every node; `before` is what its shell does first.

    What differs from node to node the shell adds to the environment, and gives way to the command.
    """
    found: Launch = launch(job, NODE, site.index, site)
    own = {name: value for name, value in found.env.items() if name not in job.env and _late(value, site)}
    exports = "".join(f'; export {name}="{value}"' for name, value in own.items())
    shell = f"{before}{exports}; {_START}".removeprefix("; ")
    plain = {name: value for name, value in found.env.items() if name not in own}
    # HOME: libraries keep caches there, and the image itself is read-only.
    return ["sh", "-c", shell, "sh", *found.command], {**plain, "HOME": "/tmp"}  # noqa: S108


def _late(value: str, site: ManagedSite) -> bool:
    return site.index in value or site.first in value


def variables(env: Mapping[str, str], *, extra: Optional[Mapping[str, str]] = None) -> list[dict[str, str]]:
    """Variables as a container of Batch has them."""
    return [{"name": name, "value": value} for name, value in {**env, **(extra or {})}.items()]
