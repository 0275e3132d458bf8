"""Fully sharded training with PyTorch: every process has a part of the parameters, gradients and optimizer state.

Started by torchrun. The checkpoint is written in parts, too, and can be read by another number of processes.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch import nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_state_dict,
    set_state_dict,
)
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

BATCH = 64  # of all processes together, so that the result does not depend on how many there are
WORDS, LENGTH, WIDTH = 32, 12, 32


def batch(step: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Sequences that count upwards, from anywhere, in steps of one to three: the next word can be learned."""
    generator = torch.Generator().manual_seed(step + 1)
    start = torch.randint(WORDS, (BATCH, 1), generator=generator)
    stride = torch.randint(1, 4, (BATCH, 1), generator=generator)
    words = (start + stride * torch.arange(LENGTH + 1)) % WORDS
    return words[:, :-1], words[:, 1:]


class Block(nn.Module):
    """A layer of a small decoder."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, 4, batch_first=True)
        self.feed = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))
        self.before, self.after = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Attend to what came before, then transform."""
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1], device=x.device)
        normal = self.before(x)
        x = x + self.attention(normal, normal, normal, attn_mask=mask, is_causal=True, need_weights=False)[0]
        return x + self.feed(self.after(x))


class Decoder(nn.Module):
    """Words in, the logits of each next word out."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(WORDS, WIDTH), nn.Embedding(LENGTH, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(2))
        self.out = nn.Linear(WIDTH, WORDS)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        """The logits."""
        x = self.words(words) + self.places(torch.arange(words.shape[1], device=words.device))
        for block in self.blocks:
            x = block(x)
        return self.out(x)


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
    mesh = init_device_mesh(device.type, (world,))

    torch.manual_seed(1)
    model = Decoder().to(device)
    for block in model.blocks:
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, eps=1e-6)

    folder, first = Path(os.environ["CHECKPOINT_DIR"]) / "fsdp", 0
    latest = folder / "latest"  # names the last checkpoint that is whole
    if latest.exists():
        first = int(latest.read_text())
        parameters, moments = get_state_dict(model, optimizer)
        state = {"model": parameters, "optimizer": moments}
        dcp.load(state, checkpoint_id=folder / str(first))
        set_state_dict(model, optimizer, model_state_dict=state["model"], optim_state_dict=state["optimizer"])
        if rank == 0:
            print(f"resumed at step {first} from {folder}")

    losses: dict[int, float] = {}
    for step in range(first, options.steps):
        words, following = (one[rank::world].to(device) for one in batch(step))
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(words).flatten(0, 1), following.flatten())
        loss.backward()  # gradients are summed up and scattered: each process keeps those of its part
        optimizer.step()

        dist.all_reduce(loss := loss.detach())
        losses[step + 1] = loss.item() / world
        if (step + 1) % options.checkpoint_every == 0:
            parameters, moments = get_state_dict(model, optimizer)
            dcp.save({"model": parameters, "optimizer": moments}, checkpoint_id=folder / str(step + 1))
            if rank == 0:
                (folder / "latest.new").write_text(str(step + 1))
                (folder / "latest.new").replace(latest)
                print(f"step {step + 1}: loss {losses[step + 1]:.5f}")

    shards: list[int] = [0] * world
    dist.all_gather_object(shards, sum(one.to_local().numel() for one in model.parameters()))
    with torch.no_grad():
        words, following = (one[rank::world].to(device) for one in batch(-1))  # one that was never trained on
        loss = nn.functional.cross_entropy(model(words).flatten(0, 1), following.flatten())
        dist.all_reduce(loss)
    final = loss.item() / world
    whole = get_model_state_dict(model, options=StateDictOptions(full_state_dict=True, cpu_offload=True))
    if rank == 0:
        report = {
            "world_size": world,
            "resumed_at": first,
            "losses": losses,
            "final_loss": final,
            "parameters": sum(one.numel() for one in whole.values()),
            "parameters_of_ranks": shards,
            "weights": torch.cat([whole[name].flatten() for name in sorted(whole)]).tolist(),
        }
        output = Path(os.environ["OUTPUT_DIR"])
        torch.save(whole, output / "fsdp.pt")
        (output / "report.json").write_text(json.dumps(report))
        print(f"done: loss {final:.5f} on new data, with {world} processes of {shards} parameters each")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
