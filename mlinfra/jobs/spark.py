"""Spark jobs: a driver and executors, for MLlib and data preparation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from mlinfra.jobs.errors import Invalid
from mlinfra.jobs.model import PATIENCE, Job, Replicas, Resources, Role
from mlinfra.jobs.quantities import amount, mebibytes
from mlinfra.jobs.replicas import Index, Launch
from mlinfra.jobs.sites import Site

MASTER: Final = Role("master", 1, Resources(cpu="1", memory="512Mi"))
"""Spark's own cluster manager, which stands for Kubernetes where there is none."""
HEAP_SHARE: Final = 0.6
"""The heap's share of a replica's memory. The rest is for Python, off-heap buffers and the JVM itself.

Spark's default overhead for Python is 0.4 of the heap (spark.kubernetes.memoryOverheadFactor); this leaves a little more.
"""
_NO_REST: Final = {"SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false"}
"""The master's second way in has a port of its own, always the same, which nobody needs."""
ENCRYPTED: Final = {
    "spark.authenticate": "true",
    "spark.network.crypto.enabled": "true",
    "spark.io.encryption.enabled": "true",
}
"""What Spark sends between pods and spills to disk is encrypted. Under Kubernetes it makes the secret itself."""
DYNAMIC: Final = "spark.dynamicAllocation.enabled"


class SparkJob(Job):
    """A SparkApplication: the driver runs the program, executors run its tasks."""

    framework: ClassVar[str] = "Spark"

    kind: Literal["SparkJob"] = "SparkJob"
    """SparkJob."""
    spark_version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    """The version of Spark in the image, such as 4.0.1."""
    main_class: str = ""
    """The class to run when the script is a jar. Default: the script is a Python program."""
    driver: Resources
    """What the driver may use."""
    executors: Replicas
    """Executors, and what each may use."""
    conf: Mapping[str, str] = {}
    """Spark properties. What the job computes itself cannot be set."""

    @model_validator(mode="after")
    def _spark_fits(self) -> Self:
        if self.module:
            raise Invalid("spark-submit runs a file", fix="script: program.py", field="module")
        if not self.service_account:
            raise Invalid(
                "the driver makes its executors, and needs an account that may",
                fix="service_account: the one that your platform engineer gives to Spark",
                field="service_account",
            )
        if self.script.endswith(".jar") != bool(self.main_class):
            raise Invalid(
                "goes with a jar, and only with that", fix="script: app.jar and main_class", field="main_class"
            )
        if self.queue and str(self.conf.get(DYNAMIC, "false")).lower() == "true":
            raise Invalid(
                f"{DYNAMIC} under the queue {self.queue}: Kueue reserves a fixed number of executors",
                fix="set executors.count to what the job needs, or leave queue out",
                field="conf",
            )
        if computed := sorted(set(self.conf) & {"spark.master", "spark.executor.instances", "spark.submit.deployMode"}):
            raise Invalid(
                f"sets {', '.join(computed)}, which the job computes", fix="take it out of conf", field="conf"
            )
        for name, one in (("driver", self.driver), ("executors", self.executors.resources)):
            if amount(one.cpu) < 1:
                raise Invalid(f"cpu is {one.cpu}: Spark counts whole cores", fix="cpu: 1 or more", field=name)
        return self

    def roles(self) -> tuple[Role, ...]:
        """The driver decides. An executor that is lost is asked for again, and its tasks run elsewhere meanwhile."""
        return (
            Role("executor", self.executors.count, self.executors.resources, alone=PATIENCE),
            Role("driver", 1, self.driver, decides=True),
        )

    def role(self, name: str) -> Role:  # noqa: D102
        return MASTER if name == MASTER.name else super().role(name)

    def properties(self) -> dict[str, str]:
        """Spark properties of the job."""
        return {DYNAMIC: "false", **ENCRYPTED, **self.conf}

    def launch(self, role: str, index: Index, site: Site) -> Launch:
        """Master, executors and driver of Spark's standalone mode.

        In a cluster the operator runs spark-submit itself, with Kubernetes for master; there only the environment counts.
        """
        host, port = site.host(MASTER.name, 0), site.port(MASTER.name, 0, "master")
        scratch = site.scratch(role, index)
        env = {"SPARK_LOCAL_IP": site.host(role, index), "SPARK_LOCAL_DIRS": scratch, "SPARK_WORKER_DIR": scratch}
        if role == MASTER.name:
            daemon = ("org.apache.spark.deploy.master.Master", "--host", host, "--port", str(port))
            return Launch(("spark-class", *daemon, "--webui-port", "0"), {**env, **_NO_REST})
        if role == "executor":
            cores, memory = cores_of(self.executors.resources), f"{heap(self.executors.resources)}m"
            daemon = ("org.apache.spark.deploy.worker.Worker", "--cores", str(cores), "--memory", memory)
            own = ("--host", site.host(role, index), "--webui-port", "0", f"spark://{host}:{port}")
            return Launch(("spark-class", *daemon, *own), env)
        conf = {
            "spark.driver.memory": f"{heap(self.driver)}m",
            "spark.executor.memory": f"{heap(self.executors.resources)}m",
            "spark.executor.cores": str(cores_of(self.executors.resources)),
            "spark.cores.max": str(self.executors.count * cores_of(self.executors.resources)),
            # On this machine nothing leaves 127.0.0.1, and the standalone mode would need a secret from outside.
            **{name: value for name, value in self.properties().items() if name not in ENCRYPTED},
        }
        options = [part for name, value in conf.items() for part in ("--conf", f"{name}={value}")]
        kind = ("--class", self.main_class) if self.main_class else ()
        submit = ("spark-submit", "--master", f"spark://{host}:{port}", "--name", self.name, *options, *kind)
        return Launch((*submit, *self.program), env)


def cores_of(resources: Resources) -> int:
    """Whole cores of a replica: tasks that run at once."""
    return int(amount(resources.cpu))


def heap(resources: Resources) -> int:
    """The JVM's heap in MiB."""
    return int(mebibytes(resources.memory) * HEAP_SHARE)
