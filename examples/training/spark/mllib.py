"""Machine learning with Spark MLlib: prepare the data once, then find the best of several logistic regressions.

Each candidate is fitted by all executors: every iteration sums up gradients of their parts of the data. What is finished
is kept in CHECKPOINT_DIR, so that a driver that starts again goes on with the next candidate.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

from pyspark.ml.classification import LogisticRegression, LogisticRegressionModel
from pyspark.ml.feature import StandardScaler, VectorAssembler
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql.types import IntegerType

FEATURES = 8
CANDIDATES = (0.0, 0.01, 0.1, 1.0)  # of regularisation


def prepare(spark: SparkSession, rows: int, parts: int) -> DataFrame:
    """Rows whose label follows a known rule, with noise; scaled, as a regression wants them."""
    columns = [f"x{i}" for i in range(FEATURES)]
    raw = spark.range(0, rows, 1, parts).select(
        # Of the row's number alone: the same data however many executors make them.
        *[((f.hash("id", f.lit(i)) % 2000) / 1000.0).alias(name) for i, name in enumerate(columns)],
        ((f.hash("id", f.lit(-1)) % 1000) / 1000.0).alias("noise"),
        "id",
    )
    rule = sum(f.col(name) * (i - FEATURES / 2 + 0.5) for i, name in enumerate(columns)) + f.col("noise")
    labelled = raw.withColumn("label", (rule > 0).cast(IntegerType()))
    assembled = VectorAssembler(inputCols=columns, outputCol="raw").transform(labelled)
    scaled = StandardScaler(inputCol="raw", outputCol="features", withMean=True).fit(assembled).transform(assembled)
    return scaled.select("id", "features", "label")


def main() -> None:
    """Fit every candidate that is not yet fitted, and write the best to OUTPUT_DIR."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000)
    options = parser.parse_args()

    spark = SparkSession.builder.getOrCreate()
    checkpoint, output = Path(os.environ["CHECKPOINT_DIR"]), Path(os.environ["OUTPUT_DIR"])
    parts = int(spark.conf.get("spark.cores.max", "2")) * 2
    prepared = str(checkpoint / "prepared.parquet")
    if not (checkpoint / "prepared.parquet" / "_SUCCESS").exists():
        prepare(spark, options.rows, parts).write.mode("overwrite").parquet(prepared)
        print("prepared the data", flush=True)
    data = spark.read.parquet(prepared).repartition(parts).cache()
    training, testing = data.where("id % 5 != 0"), data.where("id % 5 = 0")
    # Every executor has a Python process of its own, whose children run the tasks.
    tasks = spark.sparkContext.parallelize(range(parts * 4), parts * 4)
    executors = tasks.map(lambda _: time.sleep(0.1) or os.getppid()).distinct().count()

    found = {}
    for strength in CANDIDATES:
        folder = checkpoint / f"model-{strength}"
        if (folder / "report.json").exists():
            found[strength] = json.loads((folder / "report.json").read_text())
            print(f"candidate {strength} was finished before", flush=True)
            continue
        fitted = LogisticRegression(regParam=strength, maxIter=15, tol=1e-10).fit(training)
        fitted.write().overwrite().save(str(folder / "model"))
        found[strength] = {
            "losses": list(fitted.summary.objectiveHistory),
            "accuracy": fitted.evaluate(testing).accuracy,
            "weights": fitted.coefficients.toArray().tolist(),
        }
        (folder / "report.json").write_text(json.dumps(found[strength]))
        print(f"candidate {strength}: accuracy {found[strength]['accuracy']:.4f}", flush=True)

    best = max(found, key=lambda strength: found[strength]["accuracy"])
    LogisticRegressionModel.load(str(checkpoint / f"model-{best}" / "model")).write().overwrite().save(
        str(output / "model")
    )
    (output / "report.json").write_text(json.dumps({"executors": executors, "best": best, **found[best]}))
    print(
        f"done: regularisation {best}, accuracy {found[best]['accuracy']:.4f}, with {executors} executors", flush=True
    )
    spark.stop()


if __name__ == "__main__":
    main()
