"""Data-parallel training with Ray Train: this program asks for workers, Ray starts them wherever there is room.

A worker that is lost is replaced, and training goes on from the last checkpoint that was reported.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import ray
import ray.train
import ray.train.torch
import torch
import torch.distributed as dist
from torch import nn

BATCH = 64  # of all workers together, so that the result does not depend on how many there are
FEATURES = 16


def examples() -> tuple[torch.Tensor, torch.Tensor]:
    """A data set that every worker makes for itself: what a fixed network answers, with some noise."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(1024, FEATURES, generator=generator)
    teacher = torch.randn(FEATURES, 1, generator=generator)
    return inputs, torch.tanh(inputs @ teacher) + 0.05 * torch.randn(1024, 1, generator=generator)


def work(config: dict[str, Any]) -> None:
    """What every worker does. Ray has connected them already."""
    context = ray.train.get_context()
    rank, world = context.get_world_rank(), context.get_world_size()
    torch.manual_seed(1)
    plain = nn.Sequential(nn.Linear(FEATURES, 32), nn.Tanh(), nn.Linear(32, 1))
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.1, momentum=0.9)
    first = 0
    if (last := ray.train.get_checkpoint()) is not None:
        with last.as_directory() as folder:
            state = torch.load(Path(folder) / "state.pt", weights_only=True)
        plain.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        first = state["step"]
        print(f"worker {rank} resumed at step {first}")
    model = ray.train.torch.prepare_model(plain)  # DistributedDataParallel, on the worker's GPU when it has one
    device = ray.train.torch.get_device()
    inputs, targets = (one.to(device) for one in examples())

    for step in range(first, config["steps"]):
        start = step * BATCH % len(inputs)
        mine = range(start + rank, start + BATCH, world)  # every worker its part of the same batch
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(inputs[mine]), targets[mine])
        loss.backward()  # here the gradients of all workers are averaged
        optimizer.step()
        if world > 1:
            dist.all_reduce(loss := loss.detach())
        if (step + 1) % config["every"] == 0:
            report(rank, step + 1, loss.item() / world, plain, optimizer, first)


def report(rank: int, step: int, loss: float, model: nn.Module, optimizer: torch.optim.Optimizer, first: int) -> None:
    """Metrics from all workers, the checkpoint from the first."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = None
        if rank == 0:
            state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
            torch.save(state, Path(folder) / "state.pt")
            checkpoint = ray.train.Checkpoint.from_directory(folder)
            print(f"step {step}: loss {loss:.5f}")
        ray.train.report({"step": step, "loss": loss, "resumed_at": first}, checkpoint=checkpoint)


def main() -> None:
    """Train on the cluster that RAY_ADDRESS names, and write what came out to OUTPUT_DIR."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--gpu", action="store_true")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--checkpoint-every", type=int, default=10)
    options = parser.parse_args()

    ray.init()
    trainer = ray.train.torch.TorchTrainer(
        work,
        train_loop_config={"steps": options.steps, "every": options.checkpoint_every},
        scaling_config=ray.train.ScalingConfig(num_workers=options.workers, use_gpu=options.gpu),
        run_config=ray.train.RunConfig(
            name="train",
            storage_path=os.environ["CHECKPOINT_DIR"],
            failure_config=ray.train.FailureConfig(max_failures=3),
        ),
    )
    result = trainer.fit()

    with result.checkpoint.as_directory() as folder:
        state = torch.load(Path(folder) / "state.pt", weights_only=True)
    weights = torch.cat([one.flatten() for one in state["model"].values()]).tolist()
    nodes = len([node for node in ray.nodes() if node["Alive"]])
    output = Path(os.environ["OUTPUT_DIR"])
    torch.save(state["model"], output / "model.pt")
    (output / "report.json").write_text(
        json.dumps(
            {
                "nodes": nodes,
                "final_loss": result.metrics["loss"],
                "resumed_at": result.metrics["resumed_at"],
                "weights": weights,
            }
        )
    )
    print(f"done: loss {result.metrics['loss']:.5f}, on a cluster of {nodes} nodes")


if __name__ == "__main__":
    main()
