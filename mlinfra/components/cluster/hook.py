"""The resource hook that drains a cluster before it goes (`drain.py`)."""

import asyncio
import os
from pathlib import Path
from typing import Final

import pulumi

from mlinfra.components.cluster.drain import Progress, drain

KUBECONFIG: Final = "MLINFRA_DRAIN_KUBECONFIG"
"""The environment variable with the path of another kubeconfig to drain by, through a tunnel to a private endpoint for
instance. Empty, it says that no controllers run in the cluster, so that nothing outlives it."""


def drain_hook(name: str, kubeconfig: pulumi.Output[str]) -> pulumi.ResourceHookBinding:
    """Drains the cluster before the resource that it is given to is deleted.

    Pulumi runs it at `pulumi up` that takes the cluster away, and at `pulumi destroy --run-program`; without that flag
    it refuses to destroy.
    """

    async def before_delete(_: pulumi.ResourceHookArgs) -> None:
        from mlinfra.components.cluster.api import ClusterObjects

        other = os.environ.get(KUBECONFIG)
        if other == "":
            pulumi.log.info(f"{name}: nothing to drain, no controllers run in the cluster")
            return
        config = await asyncio.to_thread(Path(other).read_text) if other else await kubeconfig.future()
        if config is None:
            raise pulumi.RunError(f"{name}: the cluster's kubeconfig is not known, so that it cannot be drained")
        said: set[str] = set()

        def report(progress: Progress) -> None:
            if progress.step not in said:
                said.add(progress.step)
                pulumi.log.info(f"{name}: deleting {progress.step}: {', '.join(progress.waiting)}")

        await asyncio.to_thread(drain, ClusterObjects.of(config), report)

    return pulumi.ResourceHookBinding(before_delete=[pulumi.ResourceHook(f"{name}-drain", before_delete)])
