"""Training with mirrored workers in TensorFlow: all have the model, each computes gradients of its part of a batch.

TF_CONFIG says who a process is; the first worker saves, and an evaluator beside them looks at what was saved. Without TF_CONFIG
everything happens in this one process, with the same model and data.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import tensorflow as tf

ROWS, FEATURES, BATCH, RATE = 4096, 64, 64, 0.1


def examples(seed: int) -> tuple[tf.Tensor, tf.Tensor]:
    """A data set that every process makes for itself: inputs, and what a fixed linear model with noise says of them."""
    inputs = tf.random.stateless_normal((ROWS, FEATURES), seed=(1, seed))
    teacher = tf.random.stateless_normal((FEATURES, 1), seed=(2, 2))
    noise = tf.random.stateless_normal((ROWS, 1), seed=(3, seed), stddev=0.1)
    return inputs, inputs @ teacher / FEATURES**0.5 + noise


class Model(tf.Module):
    """A linear model, and how many rounds it has been trained."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = tf.Variable(tf.zeros((FEATURES, 1)), name="weights")
        self.bias = tf.Variable(tf.zeros((1,)), name="bias")
        self.rounds = tf.Variable(0, dtype=tf.int64, trainable=False, name="rounds")

    def errors(self, inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Squared errors."""
        return (inputs @ self.weights + self.bias - targets) ** 2


def main() -> None:
    """Train or evaluate; the first worker writes what came out to OUTPUT_DIR."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--steps", type=int, default=8, help="steps of a round, after which there is a checkpoint")
    options = parser.parse_args()

    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    if resolver.task_type == "evaluator":
        evaluate(options.rounds)
    else:
        train(resolver, options.rounds, options.steps)


def evaluate(rounds: int) -> None:
    """The loss of every checkpoint on data that was never trained on, until the last one."""
    model, (inputs, targets) = Model(), examples(seed=9)
    checkpoint, seen = tf.train.Checkpoint(model=model), -1
    while seen < rounds:
        latest = tf.train.latest_checkpoint(os.environ["CHECKPOINT_DIR"])
        if latest:
            checkpoint.restore(latest).expect_partial()
        if latest and int(model.rounds.numpy()) != seen:
            seen = int(model.rounds.numpy())
            print(f"evaluated round {seen}: loss {float(tf.reduce_mean(model.errors(inputs, targets))):.5f}")
        time.sleep(0.2)


def train(resolver: tf.distribute.cluster_resolver.ClusterResolver, rounds: int, steps: int) -> None:
    """Rounds of steps, with a checkpoint after each."""
    workers = len(resolver.cluster_spec().as_dict().get("worker", [None]))
    index = resolver.task_id or 0
    strategy = tf.distribute.MultiWorkerMirroredStrategy() if workers > 1 else tf.distribute.get_strategy()
    with strategy.scope():
        model = Model()
    checkpoint = tf.train.Checkpoint(model=model)
    # All must save, for it may need all; what the others have is thrown away.
    folder = os.environ["CHECKPOINT_DIR"] if index == 0 else tempfile.mkdtemp()
    saved = tf.train.CheckpointManager(checkpoint, folder, 5)  # the evaluator may be some behind
    latest = tf.train.latest_checkpoint(os.environ["CHECKPOINT_DIR"])
    if latest:
        checkpoint.restore(latest)
        print(f"resumed after round {int(model.rounds.numpy())} from {latest}")
    first = int(model.rounds.numpy())
    inputs, targets = examples(seed=1)

    def gradients(x: tf.Tensor, y: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model.errors(x, y)) / BATCH  # of all workers' parts together
        return tape.gradient(loss, [model.weights, model.bias])

    @tf.function
    def step(number: tf.Tensor) -> None:
        start = number * BATCH % ROWS
        x, y = (one[start : start + BATCH][index::workers] for one in (inputs, targets))
        own = strategy.run(gradients, args=(x, y))
        for variable, gradient in zip((model.weights, model.bias), own, strict=True):
            whole = strategy.reduce(tf.distribute.ReduceOp.SUM, gradient, axis=None)
            strategy.extended.update(variable, lambda one, change: one.assign_sub(RATE * change), args=(whole,))

    losses: dict[int, float] = {}
    for now in range(first, rounds):
        for number in range(now * steps, (now + 1) * steps):
            step(tf.constant(number))
        model.rounds.assign(now + 1)
        saved.save()
        losses[now + 1] = float(tf.reduce_mean(model.errors(inputs, targets)))
        if index == 0:
            print(f"round {now + 1}: loss {losses[now + 1]:.5f}")

    if index == 0:
        report = {
            "workers": workers,
            "resumed_at": first,
            "losses": losses,
            "final_loss": losses[rounds],
            "weights": tf.convert_to_tensor(model.weights).numpy().flatten().tolist(),
        }
        (Path(os.environ["OUTPUT_DIR"]) / "report.json").write_text(json.dumps(report))
        print(f"done: loss {losses[rounds]:.5f} with {workers} workers")


if __name__ == "__main__":
    main()
