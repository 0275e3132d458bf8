from .components.access import (
    Access as Access,
)
from .components.access import (
    Attachment as Attachment,
)
from .components.access import (
    BucketAccess as BucketAccess,
)
from .components.access import (
    FileSystemAccess as FileSystemAccess,
)
from .components.access import (
    Mode as Mode,
)
from .components.access import (
    PassRole as PassRole,
)
from .components.access import (
    Permission as Permission,
)
from .components.access import (
    SecretAccess as SecretAccess,
)
from .components.access_logs import AccessLogBucket as AccessLogBucket
from .components.access_logs import AccessLogBucketArgs as AccessLogBucketArgs
from .components.account import Account as Account
from .components.account_baseline import (
    AccountBaseline as AccountBaseline,
)
from .components.account_baseline import (
    AccountBaselineArgs as AccountBaselineArgs,
)
from .components.account_baseline import (
    AccountSetting as AccountSetting,
)
from .components.audit import AuditTrail as AuditTrail
from .components.audit import AuditTrailArgs as AuditTrailArgs
from .components.audit import ExistingTrail as ExistingTrail
from .components.audit_alarms import AuditAlarms as AuditAlarms
from .components.audit_alarms import AuditAlarmsArgs as AuditAlarmsArgs
from .components.boundary import (
    PermissionsBoundary as PermissionsBoundary,
)
from .components.boundary import (
    PermissionsBoundaryArgs as PermissionsBoundaryArgs,
)
from .components.cluster.access import (
    AccessLevel as AccessLevel,
)
from .components.cluster.access import (
    ClusterAccess as ClusterAccess,
)
from .components.cluster.access import (
    persona_access as persona_access,
)
from .components.cluster.args import ClusterArgs as ClusterArgs
from .components.cluster.auto_mode import AutoMode as AutoMode
from .components.cluster.auto_mode import BuiltInPool as BuiltInPool
from .components.cluster.cluster import Cluster as Cluster
from .components.cluster.nodes import NodeSystem as NodeSystem
from .components.cluster.nodes import SystemPool as SystemPool
from .components.cluster.reference import ClusterReference as ClusterReference
from .components.cluster.storage import ClusterStorage as ClusterStorage
from .components.config_recorder import ConfigRecorder as ConfigRecorder
from .components.config_recorder import ConfigRecorderArgs as ConfigRecorderArgs
from .components.cost_watch import CostWatch as CostWatch
from .components.cost_watch import CostWatchArgs as CostWatchArgs
from .components.detection import (
    CentralDetection as CentralDetection,
)
from .components.detection import (
    ThreatDetection as ThreatDetection,
)
from .components.detection import (
    ThreatDetectionArgs as ThreatDetectionArgs,
)
from .components.devices.devices import DeviceLayer as DeviceLayer
from .components.devices.devices import DeviceLayerArgs as DeviceLayerArgs
from .components.file_system import (
    AccessPointArgs as AccessPointArgs,
)
from .components.file_system import (
    FileSystem as FileSystem,
)
from .components.file_system import (
    FileSystemArgs as FileSystemArgs,
)
from .components.findings import FindingsArchive as FindingsArchive
from .components.images import ImageRepository as ImageRepository
from .components.images import ImageRepositoryArgs as ImageRepositoryArgs
from .components.jobs.arguments import (
    JobReplicas as JobReplicas,
)
from .components.jobs.arguments import (
    JobResources as JobResources,
)
from .components.jobs.arguments import (
    JobStore as JobStore,
)
from .components.jobs.arguments import (
    JobTracking as JobTracking,
)
from .components.jobs.pytorch_job import (
    PyTorchElastic as PyTorchElastic,
)
from .components.jobs.pytorch_job import (
    PyTorchJob as PyTorchJob,
)
from .components.jobs.pytorch_job import (
    PyTorchJobArgs as PyTorchJobArgs,
)
from .components.jobs.pytorch_job import (
    PyTorchLayout as PyTorchLayout,
)
from .components.jobs.ray_train_job import (
    RayTrainJob as RayTrainJob,
)
from .components.jobs.ray_train_job import (
    RayTrainJobArgs as RayTrainJobArgs,
)
from .components.jobs.ray_train_job import (
    RayWorkers as RayWorkers,
)
from .components.jobs.spark_job import SparkJob as SparkJob
from .components.jobs.spark_job import SparkJobArgs as SparkJobArgs
from .components.jobs.tensorflow_job import TensorFlowJob as TensorFlowJob
from .components.jobs.tensorflow_job import TensorFlowJobArgs as TensorFlowJobArgs
from .components.jobs.validation import (
    TrainingValidation as TrainingValidation,
)
from .components.jobs.validation import (
    TrainingValidationArgs as TrainingValidationArgs,
)
from .components.karpenter.karpenter import Karpenter as Karpenter
from .components.karpenter.karpenter import KarpenterArgs as KarpenterArgs
from .components.key_policies import KeyPurpose as KeyPurpose
from .components.keys import KeyRing as KeyRing
from .components.keys import KeyRingArgs as KeyRingArgs
from .components.layers.compute import Compute as Compute
from .components.layers.compute_arguments import ClusterTraining as ClusterTraining
from .components.layers.compute_arguments import ComputeArgs as ComputeArgs
from .components.layers.security_baseline import (
    CentralControls as CentralControls,
)
from .components.layers.security_baseline import (
    SecurityBaseline as SecurityBaseline,
)
from .components.layers.security_baseline import (
    SecurityBaselineArgs as SecurityBaselineArgs,
)
from .components.layers.storage import Storage as Storage
from .components.layers.storage_arguments import (
    SharedFiles as SharedFiles,
)
from .components.layers.storage_arguments import (
    StorageArgs as StorageArgs,
)
from .components.layers.storage_arguments import (
    TrainingFiles as TrainingFiles,
)
from .components.lustre import (
    BucketLinkArgs as BucketLinkArgs,
)
from .components.lustre import (
    LustreFileSystem as LustreFileSystem,
)
from .components.lustre import (
    LustreFileSystemArgs as LustreFileSystemArgs,
)
from .components.lustre import (
    Throughput as Throughput,
)
from .components.managed.batch_arguments import BatchTeam as BatchTeam
from .components.managed.batch_arguments import BatchTrainingArgs as BatchTrainingArgs
from .components.managed.batch_job import BatchPyTorchJob as BatchPyTorchJob
from .components.managed.batch_job import BatchPyTorchJobArgs as BatchPyTorchJobArgs
from .components.managed.batch_reference import (
    BatchReference as BatchReference,
)
from .components.managed.batch_reference import (
    BatchTeamReference as BatchTeamReference,
)
from .components.managed.batch_training import BatchTraining as BatchTraining
from .components.managed.sagemaker_arguments import (
    ManagedSpot as ManagedSpot,
)
from .components.managed.sagemaker_arguments import (
    SageMakerTrainingArgs as SageMakerTrainingArgs,
)
from .components.managed.sagemaker_training import SageMakerTraining as SageMakerTraining
from .components.managed.spark_serverless import (
    SparkServerless as SparkServerless,
)
from .components.managed.spark_serverless import (
    SparkServerlessArgs as SparkServerlessArgs,
)
from .components.managed.spark_serverless import (
    SparkTeam as SparkTeam,
)
from .components.managed.stores import ManagedStore as ManagedStore
from .components.network import Network as Network
from .components.network import NetworkArgs as NetworkArgs
from .components.persona_policies import Persona as Persona
from .components.personas import Personas as Personas
from .components.personas import PersonasArgs as PersonasArgs
from .components.personas import SignIn as SignIn
from .components.pools.arguments import NodePoolArgs as NodePoolArgs
from .components.pools.capacity import (
    Capacity as Capacity,
)
from .components.pools.capacity import (
    CapacityBlock as CapacityBlock,
)
from .components.pools.capacity import (
    OnDemand as OnDemand,
)
from .components.pools.capacity import (
    Reservation as Reservation,
)
from .components.pools.capacity import (
    Spot as Spot,
)
from .components.pools.cluster_pool import ClusterPool as ClusterPool
from .components.pools.gpu_node_pool import GpuNodePool as GpuNodePool
from .components.pools.gpu_node_pool import GpuNodePoolArgs as GpuNodePoolArgs
from .components.pools.node_pool import NodePool as NodePool
from .components.pools.reference import (
    CapacityKind as CapacityKind,
)
from .components.pools.reference import (
    PoolReference as PoolReference,
)
from .components.pools.reference import (
    Provisioner as Provisioner,
)
from .components.pools.reference import (
    Taint as Taint,
)
from .components.pools.reference import (
    TaintEffect as TaintEffect,
)
from .components.pools.schedule import PoolSchedule as PoolSchedule
from .components.pools.sharing import Sharing as Sharing
from .components.problems import ArgumentError as ArgumentError
from .components.profiles import Classification as Classification
from .components.profiles import Egress as Egress
from .components.profiles import Profile as Profile
from .components.roles import ServiceRole as ServiceRole
from .components.roles import ServiceRoleArgs as ServiceRoleArgs
from .components.roles_github import (
    GitHubProvider as GitHubProvider,
)
from .components.roles_github import (
    GitHubProviderArgs as GitHubProviderArgs,
)
from .components.roles_github import (
    GitHubRole as GitHubRole,
)
from .components.roles_github import (
    GitHubRoleArgs as GitHubRoleArgs,
)
from .components.roles_kubernetes import (
    PodRole as PodRole,
)
from .components.roles_kubernetes import (
    PodRoleArgs as PodRoleArgs,
)
from .components.roles_kubernetes import (
    ServiceAccountRole as ServiceAccountRole,
)
from .components.roles_kubernetes import (
    ServiceAccountRoleArgs as ServiceAccountRoleArgs,
)
from .components.secret import RotationArgs as RotationArgs
from .components.secret import Secret as Secret
from .components.secret import SecretArgs as SecretArgs
from .components.storage import (
    BucketPurpose as BucketPurpose,
)
from .components.storage import (
    DataBucket as DataBucket,
)
from .components.storage import (
    DataBucketArgs as DataBucketArgs,
)
from .components.tags import tag_everything as tag_everything
from .components.teams.connections import (
    TeamConnection as TeamConnection,
)
from .components.teams.connections import (
    TrafficDirection as TrafficDirection,
)
from .components.teams.connections import (
    TrafficProtocol as TrafficProtocol,
)
from .components.teams.quota import ContainerDefaults as ContainerDefaults
from .components.teams.quota import TeamQuota as TeamQuota
from .components.teams.teams import (
    ClusterTeam as ClusterTeam,
)
from .components.teams.teams import (
    PodSecurity as PodSecurity,
)
from .components.teams.teams import (
    TeamSpace as TeamSpace,
)
from .components.teams.teams import (
    TeamSpaceArgs as TeamSpaceArgs,
)
from .components.training.arguments import (
    PoolShare as PoolShare,
)
from .components.training.arguments import (
    Queueing as Queueing,
)
from .components.training.arguments import (
    TeamTraining as TeamTraining,
)
from .components.training.arguments import (
    TrainingClusterArgs as TrainingClusterArgs,
)
from .components.training.arguments import (
    TrainingOperators as TrainingOperators,
)
from .components.training.arguments import (
    TrainingTeam as TrainingTeam,
)
from .components.training.reference import (
    StoreReference as StoreReference,
)
from .components.training.reference import (
    TrainingReference as TrainingReference,
)
from .components.training.reference import (
    TrainingTeamReference as TrainingTeamReference,
)
from .components.training.stores import (
    BucketStore as BucketStore,
)
from .components.training.stores import (
    LustreStore as LustreStore,
)
from .components.training.stores import (
    TrainingStore as TrainingStore,
)
from .components.training.training_cluster import TrainingCluster as TrainingCluster
from .components.waiver import waive as waive
from .jobs.pytorch import Strategy as Strategy
from .settings import (
    ClusterSettings as ClusterSettings,
)
from .settings import (
    ComputeSettings as ComputeSettings,
)
from .settings import (
    FileSystemSettings as FileSystemSettings,
)
from .settings import (
    FoundationSettings as FoundationSettings,
)
from .settings import (
    LustreSettings as LustreSettings,
)
from .settings import (
    OrganizationSettings as OrganizationSettings,
)
from .settings import (
    PlatformSettings as PlatformSettings,
)
from .settings import (
    PoolSettings as PoolSettings,
)
from .settings import (
    Settings as Settings,
)
from .settings import (
    SignInSettings as SignInSettings,
)
from .settings import (
    StackSettings as StackSettings,
)
from .settings import (
    StorageSettings as StorageSettings,
)
from .settings import (
    TeamSettings as TeamSettings,
)
from .settings import (
    TrainingSettings as TrainingSettings,
)
from .settings import (
    WorkloadSettings as WorkloadSettings,
)

__version__: str
