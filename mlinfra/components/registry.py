"""Every component, for the component package."""

from mlinfra.components.access_logs import AccessLogBucket
from mlinfra.components.account_baseline import AccountBaseline
from mlinfra.components.audit import AuditTrail
from mlinfra.components.audit_alarms import AuditAlarms
from mlinfra.components.boundary import PermissionsBoundary
from mlinfra.components.cluster.cluster import Cluster
from mlinfra.components.config_recorder import ConfigRecorder
from mlinfra.components.cost_watch import CostWatch
from mlinfra.components.descriptions import inherit_descriptions
from mlinfra.components.detection import ThreatDetection
from mlinfra.components.devices.devices import DeviceLayer
from mlinfra.components.file_system import FileSystem
from mlinfra.components.images import ImageRepository
from mlinfra.components.jobs.pytorch_job import PyTorchJob
from mlinfra.components.jobs.ray_train_job import RayTrainJob
from mlinfra.components.jobs.spark_job import SparkJob
from mlinfra.components.jobs.tensorflow_job import TensorFlowJob
from mlinfra.components.jobs.validation import TrainingValidation
from mlinfra.components.karpenter.karpenter import Karpenter
from mlinfra.components.keys import KeyRing
from mlinfra.components.layers.compute import Compute
from mlinfra.components.layers.security_baseline import SecurityBaseline
from mlinfra.components.layers.storage import Storage
from mlinfra.components.lustre import LustreFileSystem
from mlinfra.components.managed.batch_job import BatchPyTorchJob
from mlinfra.components.managed.batch_training import BatchTraining
from mlinfra.components.managed.sagemaker_training import SageMakerTraining
from mlinfra.components.managed.spark_serverless import SparkServerless
from mlinfra.components.network import Network
from mlinfra.components.personas import Personas
from mlinfra.components.pools.gpu_node_pool import GpuNodePool
from mlinfra.components.pools.node_pool import NodePool
from mlinfra.components.roles import ServiceRole
from mlinfra.components.roles_github import GitHubProvider, GitHubRole
from mlinfra.components.roles_kubernetes import PodRole, ServiceAccountRole
from mlinfra.components.secret import Secret
from mlinfra.components.storage import DataBucket
from mlinfra.components.teams.teams import TeamSpace
from mlinfra.components.training.training_cluster import TrainingCluster

inherit_descriptions()

COMPONENTS = (
    Network,
    KeyRing,
    AccessLogBucket,
    DataBucket,
    FileSystem,
    LustreFileSystem,
    ImageRepository,
    Secret,
    AuditTrail,
    PermissionsBoundary,
    ServiceRole,
    PodRole,
    ServiceAccountRole,
    GitHubProvider,
    GitHubRole,
    Personas,
    AuditAlarms,
    ConfigRecorder,
    ThreatDetection,
    AccountBaseline,
    CostWatch,
    SecurityBaseline,
    Storage,
    Cluster,
    NodePool,
    GpuNodePool,
    DeviceLayer,
    Karpenter,
    TeamSpace,
    TrainingCluster,
    Compute,
    PyTorchJob,
    TensorFlowJob,
    SparkJob,
    RayTrainJob,
    TrainingValidation,
    BatchTraining,
    BatchPyTorchJob,
    SparkServerless,
    SageMakerTraining,
)
"""What others stand on comes first."""
