"""Proof that nodes can train together: what all-reduce and storage do, and one real training, judged against what is wanted.

Runs under torchrun on every node, in any image with PyTorch. Every measurement is a line of JSON. It exits with 1 when something
is below what is wanted, and says what.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

# In an image that trains it is there. What is not PyTorch's can be used without.
torch: Any = importlib.import_module("torch") if importlib.util.find_spec("torch") else None
dist: Any = torch and torch.distributed

WARM_UP, ROUNDS, STEPS = 5, 20, 30
MIB, GB = 2**20, 10**9


def bus_bandwidth(size: int, seconds: float, ranks: int) -> float:
    """GB/s of an all-reduce as nccl-tests count it: independent of the number of ranks, so that it can be compared."""
    return size / seconds * 2 * (ranks - 1) / ranks / GB


def shortfalls(found: dict[str, float], wanted: dict[str, float]) -> list[str]:
    """What is below what is wanted, in words. A figure that is no number is below everything."""
    return [
        f"{name} is {found[name]:.2f} GB/s, wanted {least:.2f}"
        for name, least in wanted.items()
        if least and not found[name] >= least
    ]


def storage_bandwidth(folder: Path, size: int) -> dict[str, float]:
    """GB/s of writing a file of so many bytes to the end, and of reading it back from where it is stored."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"validation-{os.environ.get('GROUP_RANK', '0')}"
    block = os.urandom(MIB)
    blocks = max(1, size // MIB)
    try:
        start = time.perf_counter()
        with file.open("wb") as stream:
            for _ in range(blocks):
                stream.write(block)
            stream.flush()
            os.fsync(stream.fileno())
        written = time.perf_counter()
        with file.open("rb", buffering=0) as stream:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # not from this node's memory
            again = time.perf_counter()
            intact = all(stream.read(MIB) == block for _ in range(blocks))
        read = time.perf_counter()
    finally:
        file.unlink(missing_ok=True)
    if not intact:
        raise RuntimeError(f"{folder} gave back something else than was written")
    return {"storage_write": blocks * MIB / (written - start) / GB, "storage_read": blocks * MIB / (read - again) / GB}


def all_reduce(size: int, device: Any) -> float:
    """Bus bandwidth in GB/s of reducing so many bytes over all ranks, by the slowest of them."""
    ranks = dist.get_world_size()
    data = torch.ones(size // 4, dtype=torch.float32, device=device)
    dist.all_reduce(data)
    if data[0].item() != ranks or data[-1].item() != ranks:
        raise RuntimeError(f"the sum of {ranks} ones is {data[0].item()}")
    data.zero_()  # so that sums stay finite
    for _ in range(WARM_UP):
        dist.all_reduce(data)
    _settle(device)
    start = time.perf_counter()
    for _ in range(ROUNDS):
        dist.all_reduce(data)
    _settle(device)
    seconds = torch.tensor((time.perf_counter() - start) / ROUNDS, device=device)
    dist.all_reduce(seconds, op=dist.ReduceOp.MAX)
    return bus_bandwidth(size, seconds.item(), ranks)


def train(device: Any) -> tuple[float, float]:
    """Loss before and after a few steps of a small model, each rank with data of its own. Raises RuntimeError if ranks differ."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(64, 256), torch.nn.ReLU(), torch.nn.Linear(256, 1)).to(device)
    together = torch.nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.Adam(together.parameters(), lr=1e-2)
    torch.manual_seed(1 + dist.get_rank())
    inputs = torch.randn(256, 64, device=device)
    target = inputs.sum(dim=1, keepdim=True) / 8
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(together(inputs), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    for parameter in model.parameters():
        highest = parameter.detach().clone()
        dist.all_reduce(highest, op=dist.ReduceOp.MAX)
        lowest = parameter.detach().clone()
        dist.all_reduce(lowest, op=dist.ReduceOp.MIN)
        if not torch.equal(highest, lowest):
            raise RuntimeError("after training together, ranks have different parameters: gradients are not exchanged")
    return losses[0], losses[-1]


def _settle(device: Any) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _slowest(found: dict[str, float], device: Any) -> dict[str, float]:
    """The figures of the slowest rank."""
    values = torch.tensor([*found.values()], device=device, dtype=torch.float32)
    dist.all_reduce(values, op=dist.ReduceOp.MIN)
    return dict(zip(found, values.tolist(), strict=True))


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Proof that nodes can train together.")
    parser.add_argument("--bytes", type=int, default=64 * MIB, help="how much is reduced")
    parser.add_argument(
        "--bus-bandwidth", type=float, default=0, help="the least for all-reduce, in GB/s; 0: only measured"
    )
    parser.add_argument("--storage", type=Path, help="a folder of the storage; none: not measured")
    parser.add_argument("--storage-bytes", type=int, default=1024 * MIB, help="how much every node writes and reads")
    parser.add_argument(
        "--storage-bandwidth", type=float, default=0, help="the least for both, in GB/s; 0: only measured"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Measure, train, judge. Returns the exit code."""
    options = _options(sys.argv[1:] if arguments is None else arguments)
    local = int(os.environ.get("LOCAL_RANK", "0"))
    accelerated = torch.cuda.is_available()
    device = torch.device("cuda", local) if accelerated else torch.device("cpu")
    if accelerated:
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if accelerated else "gloo")
    try:
        first = dist.get_rank() == 0
        wanted = {"bus_bandwidth": options.bus_bandwidth}
        found = {"bus_bandwidth": all_reduce(options.bytes, device)}
        if options.storage:
            names = ("storage_write", "storage_read")
            wanted |= dict.fromkeys(names, options.storage_bandwidth)
            # One process of each node: the others wait in the reduction.
            own = storage_bandwidth(options.storage, options.storage_bytes) if local == 0 else {}
            found |= _slowest({name: own.get(name, math.inf) for name in names}, device)
        before, after = train(device)
        failures = shortfalls(found, wanted)
        if not after < before / 2:
            failures.append(f"the loss went from {before:.4f} to {after:.4f}")
        if first:
            ranks = {"ranks": dist.get_world_size(), "device": device.type}
            for line in ({**ranks, **found, "loss": [before, after]}, *({"failure": one} for one in failures)):
                sys.stdout.write(f"{json.dumps(line)}\n")
        return 1 if failures else 0
    finally:
        dist.destroy_process_group()


if __name__ == "__main__":
    sys.exit(main())
