"""Components: networks, keys, storage and audit, secure by default."""

from mlinfra.components.access_logs import AccessLogBucket, AccessLogBucketArgs
from mlinfra.components.account import Account
from mlinfra.components.audit import AuditTrail, AuditTrailArgs
from mlinfra.components.file_system import AccessPointArgs, FileSystem, FileSystemArgs
from mlinfra.components.images import ImageRepository, ImageRepositoryArgs
from mlinfra.components.key_policies import KeyPurpose
from mlinfra.components.keys import KeyRing, KeyRingArgs
from mlinfra.components.lustre import BucketLinkArgs, LustreFileSystem, LustreFileSystemArgs, Throughput
from mlinfra.components.network import Network, NetworkArgs
from mlinfra.components.problems import ArgumentError
from mlinfra.components.profiles import Classification, Egress, Profile
from mlinfra.components.secret import RotationArgs, Secret, SecretArgs
from mlinfra.components.storage import BucketPurpose, DataBucket, DataBucketArgs
from mlinfra.components.tags import tag_everything

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
)
"""Every component, for the component package."""

__all__ = [
    "COMPONENTS",
    "AccessLogBucket",
    "AccessLogBucketArgs",
    "AccessPointArgs",
    "Account",
    "ArgumentError",
    "AuditTrail",
    "AuditTrailArgs",
    "BucketLinkArgs",
    "BucketPurpose",
    "Classification",
    "DataBucket",
    "DataBucketArgs",
    "Egress",
    "FileSystem",
    "FileSystemArgs",
    "ImageRepository",
    "ImageRepositoryArgs",
    "KeyPurpose",
    "KeyRing",
    "KeyRingArgs",
    "LustreFileSystem",
    "LustreFileSystemArgs",
    "Network",
    "NetworkArgs",
    "Profile",
    "RotationArgs",
    "Secret",
    "SecretArgs",
    "Throughput",
    "tag_everything",
]
