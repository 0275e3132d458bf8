"""Data-parallel training with PyTorch: every process has the whole model and a part of each batch.

Started by torchrun, which says in RANK and WORLD_SIZE who a process is. Runs anywhere: NCCL with GPUs, Gloo without.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

BATCH = 64  # of all processes together, so that the result does not depend on how many there are
FEATURES = 16


def examples() -> tuple[torch.Tensor, torch.Tensor]:
    """A data set that every process makes for itself: what a fixed network answers, with some noise."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(1024, FEATURES, generator=generator)
    teacher = torch.randn(FEATURES, 1, generator=generator)
    return inputs, torch.tanh(inputs @ teacher) + 0.05 * torch.randn(1024, 1, generator=generator)


def save(path: Path, state: dict[str, object]) -> None:
    """Write a checkpoint whole or not at all: whoever is killed while writing leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def main() -> None:
    """Train, and write what came out to OUTPUT_DIR."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--checkpoint-every", type=int, default=10)
    options = parser.parse_args()

    gpu = torch.cuda.is_available()
    dist.init_process_group("nccl" if gpu else "gloo")
    rank, world = dist.get_rank(), dist.get_world_size()
    device = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if gpu else torch.device("cpu")

    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(FEATURES, 32), nn.Tanh(), nn.Linear(32, 1)).to(device)
    parallel = DistributedDataParallel(model, device_ids=[device] if gpu else None)
    optimizer = torch.optim.SGD(parallel.parameters(), lr=0.1, momentum=0.9)

    checkpoint, first = Path(os.environ["CHECKPOINT_DIR"]) / "ddp.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        first = state["step"]
        if rank == 0:
            print(f"resumed at step {first} from {checkpoint}")

    inputs, targets = (one.to(device) for one in examples())
    losses: dict[int, float] = {}
    for step in range(first, options.steps):
        start = step * BATCH % len(inputs)
        mine = range(start + rank, start + BATCH, world)  # every process its part of the same batch
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(parallel(inputs[mine]), targets[mine])
        loss.backward()  # here DistributedDataParallel averages the gradients of all processes
        optimizer.step()

        dist.all_reduce(loss := loss.detach())
        losses[step + 1] = loss.item() / world
        if rank == 0 and (step + 1) % options.checkpoint_every == 0:
            save(checkpoint, {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1})
            print(f"step {step + 1}: loss {losses[step + 1]:.5f}")

    with torch.no_grad():
        final = nn.functional.mse_loss(model(inputs), targets).item()
    weights = torch.cat([one.detach().flatten() for one in model.parameters()]).cpu()
    everyone = [torch.empty_like(weights) for _ in range(world)]
    if gpu:
        everyone = [one.to(device) for one in everyone]
    dist.all_gather(everyone, weights.to(device))
    if rank == 0:
        report = {
            "world_size": world,
            "resumed_at": first,
            "losses": losses,
            "final_loss": final,
            "weights": weights.tolist(),
            "same_on_every_rank": all(torch.equal(everyone[0], one) for one in everyone),
        }
        output = Path(os.environ["OUTPUT_DIR"])
        torch.save(model.state_dict(), output / "ddp.pt")
        (output / "report.json").write_text(json.dumps(report))
        print(f"done: loss {final:.5f} over all data, with {world} processes")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
