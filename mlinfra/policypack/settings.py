"""What a user sets for the pack as a whole: the configuration of its policy `mlinfra-check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2

from mlinfra.compliance import waiverfile
from mlinfra.compliance.profiles import Profile
from mlinfra.errors import ConfigError, MlinfraError
from mlinfra.stack.project import Project

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf import struct_pb2

    from mlinfra.compliance.waivers import Waiver

_SCHEMA: Final[dict[str, Any]] = {
    "profile": {
        "type": "string",
        "enum": [profile.value for profile in Profile],
        "description": "How strict to be. Default: the stack's own configuration key `profile`, else regulated.",
    },
    "waivers": {
        "type": "string",
        "description": "The waiver file. Default: mlinfra.waivers.yaml of the project, when the pack lies inside of it.",
    },
    "failClosed": {
        "type": "boolean",
        "default": False,
        "description": "Refuse critical and high rules that a preview cannot determine.",
    },
}


def _described() -> analyzer_pb2.PolicyInfo:
    info = analyzer_pb2.PolicyInfo(
        name="mlinfra-check",
        displayName="Settings of the pack",
        description="How the rules of this pack are applied",
        message="It refuses nothing itself; its configuration holds for every rule of the pack.",
        enforcementLevel=analyzer_pb2.ADVISORY,
        policy_type=analyzer_pb2.POLICY_TYPE_STACK,
    )
    info.configSchema.properties.update(_SCHEMA)
    return info


SETTINGS: Final = _described()
"""The policy that carries the settings."""


class Settings:
    """How the rules are applied."""

    def __init__(self) -> None:
        self.fail_closed = False
        self._given: Profile | None = None
        self._of_stack: Profile | None = None
        self._waiver_file: Path | None = None
        self._project = ""

    @property
    def profile(self) -> Profile:
        """The profile that holds."""
        return self._given or self._of_stack or Profile.REGULATED

    def configure(self, properties: struct_pb2.Struct | None) -> None:
        """Take the policy's configuration. Raises ConfigError for what it does not know."""
        given = json_format.MessageToDict(properties) if properties is not None else {}
        unknown = sorted(set(given) - set(_SCHEMA))
        if unknown:
            raise ConfigError(
                f"{SETTINGS.name}: there is no setting {unknown[0]!r}", fix=f"use {', '.join(sorted(_SCHEMA))}"
            )
        profile, closed = given.get("profile"), given.get("failClosed", False)
        if profile is not None and profile not in [one.value for one in Profile]:
            raise ConfigError(f"{SETTINGS.name}: profile = {profile!r} is none", fix=f"use {', '.join(Profile)}")
        if not isinstance(closed, bool):
            raise ConfigError(f"{SETTINGS.name}: failClosed = {closed!r} is no boolean", fix="use true or false")
        self._given, self.fail_closed = Profile(profile) if profile else None, closed
        self._waiver_file = Path(str(given["waivers"])) if given.get("waivers") else None

    def stack_configuration(self, project: str, config: Mapping[str, str]) -> None:
        """Take the stack's configuration, in which a program may name its profile."""
        self._project, named = project, config.get(f"{project}:profile")
        self._of_stack = Profile(named) if named in [one.value for one in Profile] else None

    def waivers(self) -> tuple[Waiver, ...]:
        """The waivers that hold. Raises ConfigError when the file that is named is not there or makes no sense."""
        if self._waiver_file is not None:
            if not self._waiver_file.is_file():
                raise ConfigError(f"{SETTINGS.name}: waivers = {str(self._waiver_file)!r}: there is no such file")
            return waiverfile.load(self._waiver_file)
        root = _root_of(self._project)
        return waiverfile.load(root / waiverfile.NAME) if root is not None else ()


def _root_of(project: str) -> Path | None:
    """The folder of a project around this process, which Pulumi starts in the pack's folder."""
    try:
        found = Project.load(Path.cwd())
    except MlinfraError:
        return None
    return found.root if found.name == project else None
