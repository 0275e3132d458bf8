"""Settings: one documented field for every decision that a team makes, read from Pulumi.<stack>.yaml."""

from mlinfra.settings.base import Settings, StackSettings
from mlinfra.settings.compute import (
    ClusterSettings,
    ComputeSettings,
    PoolSettings,
    TeamSettings,
    TrainingSettings,
)
from mlinfra.settings.foundation import FoundationSettings
from mlinfra.settings.organization import OrganizationSettings, SignInSettings
from mlinfra.settings.platform import PlatformSettings, WorkloadSettings
from mlinfra.settings.storage import FileSystemSettings, LustreSettings, StorageSettings

__all__ = [
    "ClusterSettings",
    "ComputeSettings",
    "FileSystemSettings",
    "FoundationSettings",
    "LustreSettings",
    "OrganizationSettings",
    "PlatformSettings",
    "PoolSettings",
    "Settings",
    "SignInSettings",
    "StackSettings",
    "StorageSettings",
    "TeamSettings",
    "TrainingSettings",
    "WorkloadSettings",
]
