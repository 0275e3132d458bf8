"""Our components by their type, where several rules name the argument to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLE_ACCESS: Final = {
    "mlinfra:roles:ServiceRole": "access",
    "mlinfra:roles_github:GitHubRole": "access",
    "mlinfra:roles_kubernetes:PodRole": "access",
    "mlinfra:roles_kubernetes:ServiceAccountRole": "access",
    "mlinfra:sagemaker_training:SageMakerTraining": "access",
    "mlinfra:batch_training:BatchTraining": "teams",
    "mlinfra:spark_serverless:SparkServerless": "teams",
    "mlinfra:training_cluster:TrainingCluster": "teams",
}
"""What says what a role may reach."""

JOB_IMAGES: Final[Mapping[str, str]] = dict.fromkeys(
    (
        "mlinfra:pytorch_job:PyTorchJob",
        "mlinfra:tensorflow_job:TensorFlowJob",
        "mlinfra:spark_job:SparkJob",
        "mlinfra:ray_train_job:RayTrainJob",
        "mlinfra:validation:TrainingValidation",
        "mlinfra:batch_job:BatchPyTorchJob",
        "mlinfra:sagemaker_training:SageMakerTraining",
        "mlinfra:spark_serverless:SparkServerless",
    ),
    "image",
)
"""What says which image runs."""

LOG_DAYS: Final[Mapping[str, str]] = dict.fromkeys(
    (
        "mlinfra:audit:AuditTrail",
        "mlinfra:batch_training:BatchTraining",
        "mlinfra:cluster:Cluster",
        "mlinfra:lustre:LustreFileSystem",
        "mlinfra:network:Network",
        "mlinfra:spark_serverless:SparkServerless",
    ),
    "log_retention_days",
)
"""What says how long logs are kept."""

KEPT: Final[Mapping[str, str]] = dict.fromkeys(
    (
        "mlinfra:access_logs:AccessLogBucket",
        "mlinfra:audit:AuditTrail",
        "mlinfra:cluster:Cluster",
        "mlinfra:config_recorder:ConfigRecorder",
        "mlinfra:file_system:FileSystem",
        "mlinfra:images:ImageRepository",
        "mlinfra:lustre:LustreFileSystem",
        "mlinfra:secret:Secret",
        "mlinfra:storage:DataBucket",
    ),
    "deletion_protection",
)
"""What says whether something can be deleted."""
