"""Rules about Spark applications: what their operator makes of them is not in a pod that others could judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.catalog.node_agents import is_shared_path
from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of, any_of, only_if
from mlinfra.policies.secret_texts import no_secret_variable
from mlinfra.policies.training.kinds import SPARK

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

_ROLES: Final = ("driver", "executor")
_S3A: Final = "spark.hadoop.fs.s3a."
_ENCRYPTED: Final = ("spark.authenticate", "spark.network.crypto.enabled", "spark.io.encryption.enabled")


def _property(application: Resource, name: str) -> Value:
    return application["spec.sparkConf"].key(name)


@rule(
    "spark-non-root",
    title="Spark runs as a user that is not root",
    severity=Severity.MEDIUM,
    types=(SPARK,),
    fix="podSecurityContext: {runAsNonRoot: true, runAsUser: 185} for driver and executor",
    arguments={"mlinfra:spark_job:SparkJob": "user"},
)
def spark_non_root(application: Resource) -> Truth:
    """Executors run whatever the driver sends them; as root, most escapes from containers are open to it."""

    def safe(role: str) -> Truth:
        contexts = (
            f"spec.{role}.{one}" for one in ("podSecurityContext", "securityContext", "template.spec.securityContext")
        )
        return any_of(
            application[f"{one}.runAsNonRoot"].is_true() | application[f"{one}.runAsUser"].at_least(1)
            for one in contexts
        )

    return all_of(map(safe, _ROLES))


@rule(
    "spark-hostpath",
    title="Spark does not mount folders of its node",
    severity=Severity.HIGH,
    types=(SPARK,),
    fix="a PersistentVolumeClaim, or emptyDir volumes called spark-local-dir-1, … for shuffled data",
)
def spark_hostpath(application: Resource) -> Truth:
    """The node's folders hold other pods' volumes, tokens of the kubelet and the container runtime's socket."""

    def harmless(volume: Value) -> Truth:
        shared = volume["hostPath.path"].where(
            lambda raw: isinstance(raw, str) and is_shared_path(raw), "no folder of the node"
        )
        return only_if(volume["hostPath"].present(), shared)

    return application["spec.volumes"].every(harmless)


@rule(
    "spark-conf-secret",
    title="Properties of Spark hold no secrets",
    severity=Severity.HIGH,
    types=(SPARK,),
    fix="leave keys out: executors have the role of their service account",
    arguments={"mlinfra:spark_job:SparkJob": "conf"},
)
def spark_conf_secret(application: Resource) -> Truth:
    """Whoever may read the application reads them; Spark shows them in its user interface and writes them to event logs."""
    properties = application["spec.sparkConf"]
    if properties.is_unknown:
        return properties.says(None, "known properties")
    return only_if(
        properties.present(), all_of(no_secret_variable(_words(name), value) for name, value in properties.items())
    )


def _words(name: str) -> str:
    """The name of a property as one of a variable: fs.s3a.secret.key as fs_s3a_secret_key."""
    return name.replace(".", "_")


@rule(
    "spark-s3-tls",
    title="Spark reaches buckets over TLS",
    severity=Severity.MEDIUM,
    types=(SPARK,),
    fix="take spark.hadoop.fs.s3a.connection.ssl.enabled out of sparkConf, and http:// out of the endpoint",
    arguments={"mlinfra:spark_job:SparkJob": "conf"},
)
def spark_s3_tls(application: Resource) -> Truth:
    """Data, results and event logs would cross the network in clear text."""
    return ~_property(application, f"{_S3A}connection.ssl.enabled").is_false() & ~_property(
        application, f"{_S3A}endpoint"
    ).matches(r"http://.*", "plain HTTP")


@rule(
    "spark-encryption",
    title="What Spark sends and spills is encrypted",
    severity=Severity.LOW,
    types=(SPARK,),
    profiles=STRICT,
    fix='sparkConf: {"spark.authenticate": "true", "spark.network.crypto.enabled": "true", "spark.io.encryption.enabled": "true"}',
    arguments={"mlinfra:spark_job:SparkJob": "conf"},
)
def spark_encryption(application: Resource) -> Truth:
    """Rows go between executors in clear text, and lie so on the disks that they are spilled to."""
    return all_of(_property(application, name).is_true() for name in _ENCRYPTED)


RULES: Final = (spark_non_root, spark_hostpath, spark_conf_secret, spark_s3_tls, spark_encryption)
