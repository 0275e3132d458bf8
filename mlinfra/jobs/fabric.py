"""EFA, the network between the nodes of one job: which jobs need it, and what they must be given to use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.catalog import nccl
from mlinfra.jobs.errors import Invalid

if TYPE_CHECKING:
    from mlinfra.jobs.model import Job, Role

EFA_RESOURCE: Final = "vpc.amazonaws.com/efa"
HUGE_PAGES: Final = "hugepages-2Mi"


def spans_nodes(job: Job) -> bool:
    """Whether accelerators of several nodes work on the job together."""
    replicas = sum(role.count for role in job.roles() if role.resources.gpus)
    per_node = job.pool.accelerators_per_node if job.pool else 0
    several = [role for role in job.roles() if role.resources.gpus]
    # Replicas that fit a node together may still be spread, unless the pool says how many GPUs a node has.
    return replicas > 1 and not (per_node and sum(one.count * one.resources.gpus for one in several) <= per_node)


def interfaces(job: Job, role: Role) -> int:
    """EFA interfaces of one replica: what its resources say, else every one of the node for a job over several."""
    if role.resources.efa is not None:
        return role.resources.efa
    if not role.resources.gpus or not spans_nodes(job) or job.slow_network or job.pool is None:
        return 0
    # A replica that takes a part of the node's GPUs gets that part of its interfaces.
    whole = job.pool.accelerators_per_node or role.resources.gpus
    return job.pool.efa_per_node * min(role.resources.gpus, whole) // whole


def check_fabric(job: Job) -> None:
    """Raise Invalid for a job over several nodes of accelerators that would talk over TCP without having said so."""
    if not spans_nodes(job) or job.slow_network:
        return
    without = [role.name for role in job.roles() if role.resources.gpus and not interfaces(job, role)]
    if without:
        where = f"the pool {job.pool.name} has none to give" if job.pool else "the job names no pool"
        raise Invalid(
            f"accelerators on several nodes need EFA between them, and {where}; NCCL would fall back to TCP in silence",
            fix="run it in a pool with EFA (pool: {name, instance_types, accelerators_per_node, efa_per_node}), "
            "on one node, or accept TCP with slow_network: true",
            field="pool",
        )


def resources(job: Job, role: Role) -> dict[str, str]:
    """The extended resources of a replica that uses EFA."""
    count = interfaces(job, role)
    return {EFA_RESOURCE: str(count), HUGE_PAGES: nccl.huge_pages()} if count else {}


def environment(job: Job, role: Role) -> dict[str, str]:
    """The environment by which NCCL and libfabric use EFA, for the instance types of the job's pool."""
    if not interfaces(job, role):
        return {}
    types = job.pool.instance_types if job.pool else ()
    found = [nccl.environment(kind) for kind in types] or [nccl.environment("")]
    # What holds for some types of the pool only is left out: the job does not know which of them it gets.
    return {name: value for name, value in found[0].items() if all(one.get(name) == value for one in found)}
