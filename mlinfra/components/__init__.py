"""Components: networks, keys, storage and audit, secure by default."""

from mlinfra.components.access import (
    Access,
    Attachment,
    BucketAccess,
    FileSystemAccess,
    Mode,
    PassRole,
    Permission,
    SecretAccess,
)
from mlinfra.components.access_logs import AccessLogBucket, AccessLogBucketArgs
from mlinfra.components.account import Account
from mlinfra.components.account_baseline import AccountBaseline, AccountBaselineArgs, AccountSetting
from mlinfra.components.audit import AuditTrail, AuditTrailArgs, ExistingTrail
from mlinfra.components.audit_alarms import AuditAlarms, AuditAlarmsArgs
from mlinfra.components.boundary import PermissionsBoundary, PermissionsBoundaryArgs
from mlinfra.components.cluster.access import AccessLevel, ClusterAccess, persona_access
from mlinfra.components.cluster.args import ClusterArgs
from mlinfra.components.cluster.auto_mode import AutoMode, BuiltInPool
from mlinfra.components.cluster.cluster import Cluster
from mlinfra.components.cluster.nodes import NodeSystem, SystemPool
from mlinfra.components.cluster.reference import ClusterReference
from mlinfra.components.cluster.storage import ClusterStorage
from mlinfra.components.config_recorder import ConfigRecorder, ConfigRecorderArgs
from mlinfra.components.cost_watch import CostWatch, CostWatchArgs
from mlinfra.components.descriptions import inherit_descriptions
from mlinfra.components.detection import CentralDetection, ThreatDetection, ThreatDetectionArgs
from mlinfra.components.devices.devices import DeviceLayer, DeviceLayerArgs
from mlinfra.components.file_system import AccessPointArgs, FileSystem, FileSystemArgs
from mlinfra.components.findings import FindingsArchive
from mlinfra.components.images import ImageRepository, ImageRepositoryArgs
from mlinfra.components.jobs.arguments import JobReplicas, JobResources, JobStore, JobTracking
from mlinfra.components.jobs.pytorch_job import PyTorchElastic, PyTorchJob, PyTorchJobArgs, PyTorchLayout
from mlinfra.components.jobs.ray_train_job import RayTrainJob, RayTrainJobArgs, RayWorkers
from mlinfra.components.jobs.spark_job import SparkJob, SparkJobArgs
from mlinfra.components.jobs.tensorflow_job import TensorFlowJob, TensorFlowJobArgs
from mlinfra.components.jobs.validation import TrainingValidation, TrainingValidationArgs
from mlinfra.components.karpenter.karpenter import Karpenter, KarpenterArgs
from mlinfra.components.key_policies import KeyPurpose
from mlinfra.components.keys import KeyRing, KeyRingArgs
from mlinfra.components.layers.compute import Compute
from mlinfra.components.layers.compute_arguments import ClusterTraining, ComputeArgs
from mlinfra.components.layers.security_baseline import CentralControls, SecurityBaseline, SecurityBaselineArgs
from mlinfra.components.layers.storage import Storage
from mlinfra.components.layers.storage_arguments import SharedFiles, StorageArgs, TrainingFiles
from mlinfra.components.lustre import BucketLinkArgs, LustreFileSystem, LustreFileSystemArgs, Throughput
from mlinfra.components.managed.batch_arguments import BatchTeam, BatchTrainingArgs
from mlinfra.components.managed.batch_job import BatchPyTorchJob, BatchPyTorchJobArgs
from mlinfra.components.managed.batch_reference import BatchReference, BatchTeamReference
from mlinfra.components.managed.batch_training import BatchTraining
from mlinfra.components.managed.sagemaker_arguments import ManagedSpot, SageMakerTrainingArgs
from mlinfra.components.managed.sagemaker_training import SageMakerTraining
from mlinfra.components.managed.spark_serverless import SparkServerless, SparkServerlessArgs, SparkTeam
from mlinfra.components.managed.stores import ManagedStore
from mlinfra.components.network import Network, NetworkArgs
from mlinfra.components.persona_policies import Persona
from mlinfra.components.personas import Personas, PersonasArgs, SignIn
from mlinfra.components.pools.arguments import NodePoolArgs
from mlinfra.components.pools.capacity import Capacity, CapacityBlock, OnDemand, Reservation, Spot
from mlinfra.components.pools.cluster_pool import ClusterPool
from mlinfra.components.pools.gpu_node_pool import GpuNodePool, GpuNodePoolArgs
from mlinfra.components.pools.node_pool import NodePool
from mlinfra.components.pools.reference import CapacityKind, PoolReference, Provisioner, Taint, TaintEffect
from mlinfra.components.pools.schedule import PoolSchedule
from mlinfra.components.pools.sharing import Sharing
from mlinfra.components.problems import ArgumentError
from mlinfra.components.profiles import Classification, Egress, Profile
from mlinfra.components.roles import ServiceRole, ServiceRoleArgs
from mlinfra.components.roles_github import GitHubProvider, GitHubProviderArgs, GitHubRole, GitHubRoleArgs
from mlinfra.components.roles_kubernetes import PodRole, PodRoleArgs, ServiceAccountRole, ServiceAccountRoleArgs
from mlinfra.components.secret import RotationArgs, Secret, SecretArgs
from mlinfra.components.storage import BucketPurpose, DataBucket, DataBucketArgs
from mlinfra.components.tags import tag_everything
from mlinfra.components.teams.connections import TeamConnection, TrafficDirection, TrafficProtocol
from mlinfra.components.teams.quota import ContainerDefaults, TeamQuota
from mlinfra.components.teams.teams import ClusterTeam, PodSecurity, TeamSpace, TeamSpaceArgs
from mlinfra.components.training.arguments import (
    PoolShare,
    Queueing,
    TeamTraining,
    TrainingClusterArgs,
    TrainingOperators,
    TrainingTeam,
)
from mlinfra.components.training.reference import StoreReference, TrainingReference, TrainingTeamReference
from mlinfra.components.training.stores import BucketStore, LustreStore, TrainingStore
from mlinfra.components.training.training_cluster import TrainingCluster
from mlinfra.components.waiver import waive
from mlinfra.jobs.pytorch import Strategy

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
"""Every component, for the component package."""

__all__ = [
    "COMPONENTS",
    "Access",
    "AccessLevel",
    "AccessLogBucket",
    "AccessLogBucketArgs",
    "AccessPointArgs",
    "Account",
    "AccountBaseline",
    "AccountBaselineArgs",
    "AccountSetting",
    "ArgumentError",
    "Attachment",
    "AuditAlarms",
    "AuditAlarmsArgs",
    "AuditTrail",
    "AuditTrailArgs",
    "AutoMode",
    "BatchPyTorchJob",
    "BatchPyTorchJobArgs",
    "BatchReference",
    "BatchTeam",
    "BatchTeamReference",
    "BatchTraining",
    "BatchTrainingArgs",
    "BucketAccess",
    "BucketLinkArgs",
    "BucketPurpose",
    "BucketStore",
    "BuiltInPool",
    "Capacity",
    "CapacityBlock",
    "CapacityKind",
    "CentralControls",
    "CentralDetection",
    "Classification",
    "Cluster",
    "ClusterAccess",
    "ClusterArgs",
    "ClusterPool",
    "ClusterReference",
    "ClusterStorage",
    "ClusterTeam",
    "ClusterTraining",
    "Compute",
    "ComputeArgs",
    "ConfigRecorder",
    "ConfigRecorderArgs",
    "ContainerDefaults",
    "CostWatch",
    "CostWatchArgs",
    "DataBucket",
    "DataBucketArgs",
    "DeviceLayer",
    "DeviceLayerArgs",
    "Egress",
    "ExistingTrail",
    "FileSystem",
    "FileSystemAccess",
    "FileSystemArgs",
    "FindingsArchive",
    "GitHubProvider",
    "GitHubProviderArgs",
    "GitHubRole",
    "GitHubRoleArgs",
    "GpuNodePool",
    "GpuNodePoolArgs",
    "ImageRepository",
    "ImageRepositoryArgs",
    "JobReplicas",
    "JobResources",
    "JobStore",
    "JobTracking",
    "Karpenter",
    "KarpenterArgs",
    "KeyPurpose",
    "KeyRing",
    "KeyRingArgs",
    "LustreFileSystem",
    "LustreFileSystemArgs",
    "LustreStore",
    "ManagedSpot",
    "ManagedStore",
    "Mode",
    "Network",
    "NetworkArgs",
    "NodePool",
    "NodePoolArgs",
    "NodeSystem",
    "OnDemand",
    "PassRole",
    "Permission",
    "PermissionsBoundary",
    "PermissionsBoundaryArgs",
    "Persona",
    "Personas",
    "PersonasArgs",
    "PodRole",
    "PodRoleArgs",
    "PodSecurity",
    "PoolReference",
    "PoolSchedule",
    "PoolShare",
    "Profile",
    "Provisioner",
    "PyTorchElastic",
    "PyTorchJob",
    "PyTorchJobArgs",
    "PyTorchLayout",
    "Queueing",
    "RayTrainJob",
    "RayTrainJobArgs",
    "RayWorkers",
    "Reservation",
    "RotationArgs",
    "SageMakerTraining",
    "SageMakerTrainingArgs",
    "Secret",
    "SecretAccess",
    "SecretArgs",
    "SecurityBaseline",
    "SecurityBaselineArgs",
    "ServiceAccountRole",
    "ServiceAccountRoleArgs",
    "ServiceRole",
    "ServiceRoleArgs",
    "SharedFiles",
    "Sharing",
    "SignIn",
    "SparkJob",
    "SparkJobArgs",
    "SparkServerless",
    "SparkServerlessArgs",
    "SparkTeam",
    "Spot",
    "Storage",
    "StorageArgs",
    "StoreReference",
    "Strategy",
    "SystemPool",
    "Taint",
    "TaintEffect",
    "TeamConnection",
    "TeamQuota",
    "TeamSpace",
    "TeamSpaceArgs",
    "TeamTraining",
    "TensorFlowJob",
    "TensorFlowJobArgs",
    "ThreatDetection",
    "ThreatDetectionArgs",
    "Throughput",
    "TrafficDirection",
    "TrafficProtocol",
    "TrainingCluster",
    "TrainingClusterArgs",
    "TrainingFiles",
    "TrainingOperators",
    "TrainingReference",
    "TrainingStore",
    "TrainingTeam",
    "TrainingTeamReference",
    "TrainingValidation",
    "TrainingValidationArgs",
    "persona_access",
    "tag_everything",
    "waive",
]
