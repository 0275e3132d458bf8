"""Secure, compliant ML platforms as Pulumi components for AWS and Kubernetes.

`import mlinfra as ml` offers the components and settings by name. They are loaded on first use, so that what needs none
of them (the engine, the command line) does not wait for the AWS SDK; type checkers read `__init__.pyi`.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

__all__ = [
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
    "BucketAccess",
    "BucketLinkArgs",
    "BucketPurpose",
    "BuiltInPool",
    "CentralDetection",
    "Classification",
    "Cluster",
    "ClusterAccess",
    "ClusterArgs",
    "ClusterReference",
    "ClusterStorage",
    "ConfigRecorder",
    "ConfigRecorderArgs",
    "DataBucket",
    "DataBucketArgs",
    "DetectionSettings",
    "Egress",
    "ExistingTrail",
    "FileSystem",
    "FileSystemAccess",
    "FileSystemArgs",
    "FileSystemSettings",
    "FindingsArchive",
    "FoundationSettings",
    "GitHubProvider",
    "GitHubProviderArgs",
    "GitHubRole",
    "GitHubRoleArgs",
    "ImageRepository",
    "ImageRepositoryArgs",
    "KeyPurpose",
    "KeyRing",
    "KeyRingArgs",
    "LustreFileSystem",
    "LustreFileSystemArgs",
    "LustreSettings",
    "Mode",
    "Network",
    "NetworkArgs",
    "NodeSystem",
    "OrganizationSettings",
    "PassRole",
    "Permission",
    "PermissionsBoundary",
    "PermissionsBoundaryArgs",
    "Persona",
    "Personas",
    "PersonasArgs",
    "PlatformSettings",
    "PodRole",
    "PodRoleArgs",
    "Profile",
    "RotationArgs",
    "Secret",
    "SecretAccess",
    "SecretArgs",
    "ServiceAccountRole",
    "ServiceAccountRoleArgs",
    "ServiceRole",
    "ServiceRoleArgs",
    "Settings",
    "SignIn",
    "SignInSettings",
    "StackSettings",
    "StorageSettings",
    "SystemPool",
    "ThreatDetection",
    "ThreatDetectionArgs",
    "Throughput",
    "TrailSettings",
    "WorkloadSettings",
    "tag_everything",
    "waive",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "mlinfra.settings" if name.endswith("Settings") else "mlinfra.components"
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
