"""Settings: one documented field for every decision that a team makes, read from Pulumi.<stack>.yaml."""

from mlinfra.settings.base import Settings, StackSettings
from mlinfra.settings.foundation import FoundationSettings
from mlinfra.settings.platform import PlatformSettings, WorkloadSettings
from mlinfra.settings.storage import FileSystemSettings, LustreSettings, StorageSettings

__all__ = [
    "FileSystemSettings",
    "FoundationSettings",
    "LustreSettings",
    "PlatformSettings",
    "Settings",
    "StackSettings",
    "StorageSettings",
    "WorkloadSettings",
]
