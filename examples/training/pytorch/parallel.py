"""Tensor and pipeline parallel training with PyTorch: each process has some of the layers, and of these some of the columns.

Started by torchrun. The job's layout says how the processes divide the model; TENSOR_PARALLEL_SIZE and its siblings tell it here.
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
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_state_dict, set_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.pipelining import PipelineStage, ScheduleGPipe
from torch.distributed.tensor import DTensor
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

BATCH, MICROBATCHES = 64, 4
WORDS, WIDTH, LAYERS = 32, 32, 4
# What the optimizer keeps is saved by the names of parameters: their numbers are others in every stage.
NAMED = StateDictOptions(flatten_optimizer_state_dict=True)


def batch(step: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pairs of words, and the word that follows: the first counted on by three. The second only distracts."""
    generator = torch.Generator().manual_seed(step + 1)
    pairs = torch.randint(WORDS, (BATCH, 2), generator=generator)
    return pairs, (pairs[:, 0] + 3) % WORDS


class Layer(nn.Module):
    """A feed-forward layer, whose columns and rows tensor parallelism divides."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(2 * WIDTH)
        self.up, self.down = nn.Linear(2 * WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, 2 * WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Transform, and add."""
        return x + self.down(nn.functional.gelu(self.up(self.norm(x))))


class Stage(nn.Module):
    """The layers of one stage. The first has the words as well, the last what tells the next one."""

    def __init__(self, stage: int, stages: int) -> None:
        super().__init__()
        torch.manual_seed(1)  # every process makes the whole model, and keeps its part
        words, layers = nn.Embedding(WORDS, WIDTH), [Layer() for _ in range(LAYERS)]
        out = nn.Linear(2 * WIDTH, WORDS)
        self.words = words if stage == 0 else None
        own = range(stage * LAYERS // stages, (stage + 1) * LAYERS // stages)
        self.layers = nn.ModuleDict({str(i): layers[i] for i in own})
        self.out = out if stage == stages - 1 else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """What the next stage gets, or the logits of the next word."""
        if self.words:
            x = self.words(x).flatten(1)
        for layer in self.layers.values():
            x = layer(x)
        return self.out(x) if self.out else x


def main() -> None:
    """Train, and write what came out to OUTPUT_DIR."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--checkpoint-every", type=int, default=10)
    options = parser.parse_args()

    gpu = torch.cuda.is_available()
    dist.init_process_group("nccl" if gpu else "gloo")
    rank = dist.get_rank()
    device = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if gpu else torch.device("cpu")
    copies, stages, parts = (int(os.environ.get(f"{one}_PARALLEL_SIZE", "1")) for one in ("DATA", "PIPELINE", "TENSOR"))
    # Neighbours share layers, which is what talks most: tensor is the innermost dimension.
    mesh = init_device_mesh(device.type, (copies, stages, parts), mesh_dim_names=("data", "pipeline", "tensor"))
    copy, stage = mesh["data"].get_local_rank(), mesh["pipeline"].get_local_rank()

    model = Stage(stage, stages).to(device)
    for layer in model.layers.values():
        parallelize_module(layer, mesh["tensor"], {"up": ColwiseParallel(), "down": RowwiseParallel()})
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, eps=1e-6)
    pipe = ScheduleGPipe(
        PipelineStage(model, stage, stages, device, group=mesh["pipeline"].get_group()),
        n_microbatches=MICROBATCHES,
        loss_fn=nn.functional.cross_entropy,
    )

    folder, first = Path(os.environ["CHECKPOINT_DIR"]) / "parallel", 0
    latest = folder / "latest"  # names the last checkpoint that is whole
    if latest.exists():
        first = int(latest.read_text())
        parameters, moments = get_state_dict(model, optimizer, options=NAMED)
        state = {"model": parameters, "optimizer": moments}
        dcp.load(state, checkpoint_id=folder / str(first))
        parameters, moments = state["model"], state["optimizer"]
        set_state_dict(model, optimizer, model_state_dict=parameters, optim_state_dict=moments, options=NAMED)
        if rank == 0:
            print(f"resumed at step {first} from {folder}")

    losses: dict[int, float] = {}
    for step in range(first, options.steps):
        words, following = (one[copy::copies].to(device) for one in batch(step))
        optimizer.zero_grad()
        found: list[torch.Tensor] = []
        given = (words,) if stage == 0 else ()
        wanted = {"target": following, "losses": found} if stage == stages - 1 else {}
        pipe.step(*given, **wanted)
        for one in model.parameters():
            gradient = one.grad.to_local() if isinstance(one.grad, DTensor) else one.grad
            dist.all_reduce(gradient, group=mesh["data"].get_group())
            gradient /= copies
        optimizer.step()

        # Only the last stages know the loss, each of their processes the same.
        loss = torch.stack(found).mean().detach() if found else torch.zeros((), device=device)
        dist.all_reduce(loss)
        losses[step + 1] = loss.item() / (copies * parts)
        if (step + 1) % options.checkpoint_every == 0:
            parameters, moments = get_state_dict(model, optimizer, options=NAMED)
            dcp.save({"model": parameters, "optimizer": moments}, checkpoint_id=folder / str(step + 1))
            if rank == 0:
                (folder / "latest.new").write_text(str(step + 1))
                (folder / "latest.new").replace(latest)
                print(f"step {step + 1}: loss {losses[step + 1]:.5f}")

    held = sum((one.to_local() if isinstance(one, DTensor) else one).numel() for one in model.parameters())
    whole = {
        name: (one.full_tensor() if isinstance(one, DTensor) else one).detach().cpu()
        for name, one in model.named_parameters()
    }
    everybody: list[tuple[int, dict[str, torch.Tensor]]] = [(0, {})] * dist.get_world_size()
    dist.all_gather_object(everybody, (held, whole))
    if rank == 0:
        weights = {name: one for _, part in everybody for name, one in part.items()}
        report = {
            "layout": {"tensor": parts, "pipeline": stages, "data": copies},
            "resumed_at": first,
            "losses": losses,
            "final_loss": losses[options.steps],
            "parameters": sum(one.numel() for one in weights.values()),
            "parameters_of_ranks": [count for count, _ in everybody],
            "weights": torch.cat([weights[name].flatten() for name in sorted(weights)]).tolist(),
        }
        output = Path(os.environ["OUTPUT_DIR"])
        torch.save(weights, output / "parallel.pt")
        (output / "report.json").write_text(json.dumps(report))
        print(f"done: loss {losses[options.steps]:.5f}, {report['parameters_of_ranks']} parameters in the processes")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
