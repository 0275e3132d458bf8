"""What replica i is told: laws over all sizes of jobs, in a cluster and on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.jobs import Cluster, JobError, Loopback, Site, launch, replicas
from mlinfra.jobs.pytorch import INJECTED
from mlinfra.jobs.replicas import OWN_INDEX
from tests.jobs.jobs import GPUS, P5, SMALL, pytorch, ray, spark, tensorflow

COUNTS = st.integers(1, 9)


def sites(job, tmp: Path = Path("/nowhere")) -> list[Site]:
    return [Cluster(job), Loopback(tmp, processors=2)]


@given(nodes=COUNTS, processes=COUNTS)
def test_every_rank_is_there_once_and_all_agree_on_the_world(nodes: int, processes: int) -> None:
    job = pytorch(nodes=nodes, processes_per_node=processes)
    for site in sites(job):
        seen: list[int] = []
        for role, index in replicas(job):
            env = launch(job, role, index, site).env
            assert int(env["PET_NNODES"]) * int(env["PET_NPROC_PER_NODE"]) == job.world_size == nodes * processes
            first = int(env["PET_NODE_RANK"]) * int(env["PET_NPROC_PER_NODE"])  # as torchrun counts
            seen += range(first, first + int(env["PET_NPROC_PER_NODE"]))
            assert [*job.ranks(index)] == [*range(first, first + processes)]
        assert seen == [*range(job.world_size)]
        meeting = {
            (env["PET_MASTER_ADDR"], env["PET_MASTER_PORT"])
            for env in (launch(job, r, i, site).env for r, i in replicas(job))
        }
        assert len(meeting) == 1


@given(tensor=st.integers(1, 4), pipeline=COUNTS, data=COUNTS, per_tensor=st.integers(1, 3))
def test_a_layout_multiplies_out_or_is_refused(tensor: int, pipeline: int, data: int, per_tensor: int) -> None:
    processes, total = tensor * per_tensor, tensor * pipeline * data
    fields = {
        "strategy": "model-parallel",
        "layout": {"tensor": tensor, "pipeline": pipeline, "data": data},
        "processes_per_node": processes,
        "nodes": max(1, total // processes),
    }
    if total % processes or total < processes:
        with pytest.raises(JobError, match="tensor x pipeline x data"):
            pytorch(**fields)
    else:
        env = launch(job := pytorch(**fields), "node", 0, Cluster(job)).env
        degrees = [int(env[f"{name}_PARALLEL_SIZE"]) for name in ("TENSOR", "PIPELINE", "DATA")]
        assert degrees[0] * degrees[1] * degrees[2] == job.world_size


@given(ps=st.integers(0, 4), workers=COUNTS, evaluator=st.booleans())
def test_tf_config_is_one_cluster_with_every_task_once(ps: int, workers: int, evaluator: bool) -> None:
    own = (
        {"chief": {"resources": SMALL}, "ps": {"count": ps, "resources": SMALL}} if ps else {"chief": None, "ps": None}
    )
    beside = {"evaluator": {"resources": SMALL}, "checkpoint": {"claim": "c"}} if evaluator else {}
    job = tensorflow(workers={"count": workers, "resources": SMALL}, **own, **beside)
    for site in [Cluster(job)]:
        configs = {(role, i): json.loads(launch(job, role, i, site).env["TF_CONFIG"]) for role, i in replicas(job)}
        assert len({json.dumps(one["cluster"]) for one in configs.values()}) == 1
        cluster = next(iter(configs.values()))["cluster"]
        assert {role: len(tasks) for role, tasks in cluster.items()} == {
            role.name: role.count for role in job.roles() if role.name != "evaluator"
        }
        addresses = [task for tasks in cluster.values() for task in tasks]
        assert len(addresses) == len(set(addresses))
        assert all(one["task"] == {"type": role, "index": i} for (role, i), one in configs.items())


@given(nodes=COUNTS, workers=COUNTS)
def test_what_kubernetes_puts_in_is_what_replica_i_is_told(nodes: int, workers: int) -> None:
    for job in (
        pytorch(nodes=nodes),
        pytorch(nodes=nodes + 1, elastic={"min_nodes": 1}),
        tensorflow(workers={"count": workers, "resources": SMALL}),
    ):
        for role, index in replicas(job):
            written = launch(job, role, OWN_INDEX, Cluster(job)).env
            expanded = {name: value.replace(OWN_INDEX, str(index)) for name, value in written.items()}
            assert expanded == launch(job, role, index, Cluster(job)).env


def test_trainer_injects_what_we_compute() -> None:
    """Trainer's own values: torch.go of github.com/kubeflow/trainer, release 2.3."""
    env = launch(job := pytorch(name="ddp", nodes=3, processes_per_node=2), "node", 2, Cluster(job)).env
    assert {name: env[name] for name in INJECTED} == {
        "PET_NNODES": "3",
        "PET_NPROC_PER_NODE": "2",
        "PET_NODE_RANK": "2",
        "PET_MASTER_ADDR": "ddp-node-0-0.ddp",
        "PET_MASTER_PORT": "29500",
    }


def test_elastic_nodes_meet_through_the_first() -> None:
    job = pytorch(nodes=4, elastic={"min_nodes": 2}, retries=5)
    env = launch(job, "node", 3, Cluster(job)).env
    assert (env["PET_NNODES"], env["PET_RDZV_BACKEND"], env["PET_MAX_RESTARTS"]) == ("2:4", "c10d", "5")
    assert (env["PET_RDZV_ENDPOINT"], env["PET_LOCAL_ADDR"]) == ("train-node-0-0.train:29500", "train-node-0-3.train")
    assert "PET_NODE_RANK" not in env


def test_threads_that_wait_for_each_other_are_enough() -> None:
    """With one inter-op thread parameter servers and workers wait for each other for ever."""
    job = tensorflow(workers={"count": 5, "resources": SMALL})
    assert {launch(job, r, i, Cluster(job)).env["TF_NUM_INTEROP_THREADS"] for r, i in replicas(job)} == {"6"}


def test_stores_are_mounts_in_a_cluster_and_folders_here(tmp_path: Path) -> None:
    stores = {"checkpoint": {"claim": "c"}, "output": {"url": "s3://models/x"}, "data": {"image-net": {"claim": "d"}}}
    job = pytorch(tracking={"url": "https://mlflow.example.com", "experiment": "e"}, **stores)
    there, here = launch(job, "node", 0, Cluster(job)).env, launch(job, "node", 0, Loopback(tmp_path, processors=2)).env
    wanted = ("CHECKPOINT_DIR", "OUTPUT_DIR", "DATA_IMAGE_NET", "MLFLOW_TRACKING_URI")
    assert [there[name] for name in wanted] == [
        "/checkpoint",
        "s3://models/x",
        "/data/image-net",
        "https://mlflow.example.com",
    ]
    assert all(Path(here[name]).is_dir() for name in wanted[:3])
    assert here["MLFLOW_TRACKING_URI"].startswith("file://")
    assert there.keys() == here.keys()


def test_env_may_not_say_what_is_computed() -> None:
    job = pytorch(env={"PET_NNODES": "7", "SEED": "1"})
    with pytest.raises(JobError, match="PET_NNODES"):
        launch(job, "node", 0, Cluster(job))
    job = pytorch(env={"SEED": "1"})
    assert launch(job, "node", 0, Cluster(job)).env["SEED"] == "1"


def test_efa_comes_with_the_environment_of_its_instance_types() -> None:
    job = pytorch(nodes=2, resources=GPUS, pool=P5)
    env = launch(job, "node", 0, Cluster(job)).env
    assert (env["FI_PROVIDER"], env["FI_EFA_USE_DEVICE_RDMA"]) == ("efa", "1")
    mixed = pytorch(nodes=2, resources=GPUS, pool=P5 | {"instance_types": ["p5.48xlarge", "g6e.48xlarge"]})
    assert "FI_EFA_USE_DEVICE_RDMA" not in launch(mixed, "node", 0, Cluster(mixed)).env
    alone = pytorch(resources=GPUS, pool=P5)
    assert "FI_PROVIDER" not in launch(alone, "node", 0, Cluster(alone)).env


def test_spark_meets_at_its_master_and_ray_at_its_head(tmp_path: Path) -> None:
    site = Loopback(tmp_path, processors=2)
    driver, executor = (launch(spark(), role, 0, site) for role in ("driver", "executor"))
    master = driver.command[driver.command.index("--master") + 1]
    assert master == executor.command[-1] == f"spark://127.0.0.1:{site.port('master', 0, 'master')}"
    assert "spark.cores.max=4" in driver.command
    head, worker, program = (launch(ray(), role, 0, site) for role in ("head", "cpu", "driver"))
    address = program.env["RAY_ADDRESS"]
    assert f"--address={address}" in worker.command
    assert f"--port={address.rpartition(':')[2]}" in head.command
    assert "--num-cpus=0" in head.command
    assert "--num-cpus=1" in worker.command
