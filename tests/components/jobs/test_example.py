"""The program of the README: from nothing to a job of PyTorch on two nodes, in forty lines."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from mlinfra.testing import assert_compliant, plan

EXAMPLE = Path(__file__).parents[3] / "examples/training-platform"


def test_forty_lines_make_a_queued_checkpointed_job_with_efa_that_every_rule_accepts() -> None:
    lines = [line for line in (EXAMPLE / "__main__.py").read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) <= 40
    graph = plan(EXAMPLE, stack="dev")
    assert_compliant(
        graph, today=date(2026, 11, 22), undetermined=False, waivers=EXAMPLE / "mlinfra.waivers.yaml", fail_on="low"
    )
    (job,), (runtime,) = graph.named("finetune-train-job"), graph.named("finetune-training-runtime")
    assert job.get("metadata.labels")["kueue.x-k8s.io/queue-name"] == "training"
    assert job.get("spec.trainer.numNodes") == 2
    limits = job.get("spec.trainer.resourcesPerNode.limits")
    assert (limits["nvidia.com/gpu"], limits["vpc.amazonaws.com/efa"]) == ("8", "32")
    pods = json.dumps(runtime.get("spec.template.spec.replicatedJobs"))
    assert "CHECKPOINT_DIR" in pods
    assert "FI_PROVIDER" in pods
    assert {"main-vision-queue", "main-kueue"} <= {node.name for node in graph.dependencies(job)}
