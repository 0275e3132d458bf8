"""Settings: one documented field for every decision that a team makes, read from Pulumi.<stack>.yaml."""

from mlinfra.settings.base import Settings, StackSettings
from mlinfra.settings.foundation import FoundationSettings
from mlinfra.settings.organization import DetectionSettings, OrganizationSettings, SignInSettings, TrailSettings
from mlinfra.settings.platform import PlatformSettings, WorkloadSettings
from mlinfra.settings.storage import FileSystemSettings, LustreSettings, StorageSettings

__all__ = [
    "DetectionSettings",
    "FileSystemSettings",
    "FoundationSettings",
    "LustreSettings",
    "OrganizationSettings",
    "PlatformSettings",
    "Settings",
    "SignInSettings",
    "StackSettings",
    "StorageSettings",
    "TrailSettings",
    "WorkloadSettings",
]
