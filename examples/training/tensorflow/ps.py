"""Training with parameter servers in TensorFlow: the chief coordinates, workers compute gradients, servers hold variables.

TF_CONFIG says who a process is. Without it everything happens in this one process, with the same model and data.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import tensorflow as tf

ROWS, FEATURES, BATCH = 4096, 64, 64


def examples() -> tuple[tf.Tensor, tf.Tensor]:
    """A data set that every process makes for itself: inputs, and what a fixed linear model with noise says of them."""
    inputs = tf.random.stateless_normal((ROWS, FEATURES), seed=(1, 1))
    teacher = tf.random.stateless_normal((FEATURES, 1), seed=(2, 2))
    noise = tf.random.stateless_normal((ROWS, 1), seed=(3, 3), stddev=0.1)
    return inputs, inputs @ teacher / FEATURES**0.5 + noise


class Model(tf.Module):
    """A linear model with its optimizer, stochastic gradient descent."""

    def __init__(self) -> None:
        super().__init__()
        # Under the strategy each parameter server gets a part of the rows of this variable.
        self.weights = tf.Variable(tf.zeros((FEATURES, 1)), name="weights")
        self.bias = tf.Variable(tf.zeros((1,)), name="bias")

    def loss(self, inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """The mean squared error."""
        return tf.reduce_mean((inputs @ tf.convert_to_tensor(self.weights) + self.bias - targets) ** 2)

    def improve(self, inputs: tf.Tensor, targets: tf.Tensor, rate: float) -> tf.Tensor:
        """One step: gradients from here go to wherever the variables are."""
        parts = [*getattr(self.weights, "variables", [self.weights]), self.bias]
        with tf.GradientTape() as tape:
            weights = tf.concat(parts[:-1], axis=0)
            loss = tf.reduce_mean((inputs @ weights + parts[-1] - targets) ** 2)
        for part, gradient in zip(parts, tape.gradient(loss, parts), strict=True):
            part.assign_sub(rate * gradient)
        return loss


def main() -> None:
    """Train, and write what came out to OUTPUT_DIR; only the chief gets that far."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--steps", type=int, default=8, help="steps of a round, after which there is a checkpoint")
    options = parser.parse_args()

    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    cluster = resolver.cluster_spec().as_dict()
    if resolver.task_type in {"worker", "ps"}:
        server = tf.distribute.Server(
            resolver.cluster_spec(),
            job_name=resolver.task_type,
            task_index=resolver.task_id,
            protocol="grpc",
            start=True,
        )
        print(f"{resolver.task_type} {resolver.task_id} serves at {server.target}")
        server.join()
    strategy = tf.distribute.get_strategy()
    if cluster:
        partitioner = tf.distribute.experimental.partitioners.FixedShardsPartitioner(len(cluster["ps"]))
        strategy = tf.distribute.ParameterServerStrategy(resolver, variable_partitioner=partitioner)
    train(strategy, cluster, options.rounds, options.steps)


def train(strategy: tf.distribute.Strategy, cluster: dict[str, list[str]], rounds: int, steps: int) -> None:
    """Rounds of steps, with a checkpoint after each. In a cluster the steps of a round are taken by whoever is free."""
    coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy) if cluster else None
    with strategy.scope():
        model = Model()
        done = tf.Variable(0, dtype=tf.int64, name="rounds")
    saved = tf.train.CheckpointManager(tf.train.Checkpoint(model=model, rounds=done), os.environ["CHECKPOINT_DIR"], 2)
    if saved.restore_or_initialize():
        print(f"resumed after round {int(done)} from {saved.latest_checkpoint}")
    first = int(done)

    @tf.function
    def step(number: tf.Tensor) -> tf.Tensor:
        inputs, targets = examples()
        start = number * BATCH % ROWS
        return model.improve(inputs[start : start + BATCH], targets[start : start + BATCH], rate=0.1)

    losses: dict[int, float] = {}
    inputs, targets = examples()
    for now in range(first, rounds):
        for number in range(now * steps, (now + 1) * steps):
            if coordinator:
                coordinator.schedule(step, args=(tf.constant(number),))
            else:
                step(tf.constant(number))
        if coordinator:
            coordinator.join()
        losses[now + 1] = float(model.loss(inputs, targets))
        done.assign(now + 1)
        saved.save()
        print(f"round {now + 1}: loss {losses[now + 1]:.5f}")

    devices = sorted({one.device for one in getattr(model.weights, "variables", [model.weights])})
    final = float(model.loss(inputs, targets))
    weights = tf.convert_to_tensor(model.weights).numpy().flatten().tolist()
    report = {
        "cluster": {role: len(tasks) for role, tasks in cluster.items()},
        "resumed_at": first,
        "losses": losses,
        "final_loss": final,
        "weights": weights,
        "weights_live_on": devices,
    }
    output = Path(os.environ["OUTPUT_DIR"])
    (output / "report.json").write_text(json.dumps(report))
    print(f"done: loss {final:.5f}, weights on {', '.join(devices)}")


if __name__ == "__main__":
    main()
