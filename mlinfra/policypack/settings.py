"""What a user sets for the pack as a whole: the configuration of its policy `mlinfra-check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from google.protobuf import json_format

from mlinfra.compliance import regions, waiverfile
from mlinfra.compliance.profiles import Profile
from mlinfra.engine.proto import analyzer_pb2
from mlinfra.errors import ConfigError, MlinfraError
from mlinfra.policypack.evidence import Evidence
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
    "regions": {
        "type": "array",
        "items": {"type": "string"},
        "description": "The regions that data may be in. Default: the stack's configuration key mlinfra:regions, else any.",
    },
    "failClosed": {
        "type": "boolean",
        "default": False,
        "description": "Refuse critical and high rules that a preview cannot determine.",
    },
    "requireAttestation": {
        "type": "boolean",
        "default": False,
        "description": "Deploy only what `mlinfra check --attest` has signed: the same program, configuration, lock file, "
        "waivers and resources.",
    },
    "project": {
        "type": "string",
        "description": "The folder of the project's Pulumi.yaml. Default: that of the project that the pack lies in.",
    },
    "attestation": {
        "type": "string",
        "description": "The signed statement. Default: mlinfra.<stack>.attestation.json of the project.",
    },
    "trustedKeys": {
        "type": "string",
        "description": "Whose signatures count. Default: $MLINFRA_TRUSTED_KEYS, else mlinfra.trusted-keys.yaml of the "
        "project, which whoever can change the project can change too.",
    },
}
_BOOLEANS: Final = [name for name, schema in _SCHEMA.items() if schema["type"] == "boolean"]
_TEXTS: Final = [name for name, schema in _SCHEMA.items() if schema["type"] == "string"]


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

EVIDENCE: Final = analyzer_pb2.PolicyInfo(
    name="mlinfra-attestation",
    displayName="Only what was checked and signed is deployed",
    description="Only what was checked and signed is deployed",
    message=f"Asked for by the setting requireAttestation of {SETTINGS.name}.",
    enforcementLevel=analyzer_pb2.MANDATORY,
    policy_type=analyzer_pb2.POLICY_TYPE_STACK,
    severity=analyzer_pb2.POLICY_SEVERITY_CRITICAL,
    remediation_steps="Sign a check with `mlinfra check --attest KEY`, and deploy exactly that.",
)
"""The policy of what `requireAttestation` refuses. Its level cannot be lowered by itself: the setting turns it on."""


class Settings:
    """How the rules are applied."""

    def __init__(self) -> None:
        self.fail_closed = False
        self._given: Profile | None = None
        self._of_stack: Profile | None = None
        self._regions: frozenset[str] = frozenset()
        self._regions_of_stack: frozenset[str] = frozenset()
        self._files: dict[str, Path] = {}
        self._required = False
        self._project = ""

    @property
    def profile(self) -> Profile:
        """The profile that holds."""
        return self._given or self._of_stack or Profile.REGULATED

    @property
    def regions(self) -> frozenset[str]:
        """The regions that data may be in; none where any is allowed."""
        return self._regions or self._regions_of_stack

    def configure(self, properties: struct_pb2.Struct | None) -> None:
        """Take the policy's configuration. Raises ConfigError for what it does not know."""
        given = json_format.MessageToDict(properties) if properties is not None else {}
        unknown = sorted(set(given) - set(_SCHEMA))
        if unknown:
            raise ConfigError(
                f"{SETTINGS.name}: there is no setting {unknown[0]!r}", fix=f"use {', '.join(sorted(_SCHEMA))}"
            )
        for name, value in given.items():
            if name in _BOOLEANS and not isinstance(value, bool):
                raise ConfigError(f"{SETTINGS.name}: {name} = {value!r} is no boolean", fix="use true or false")
            if name in _TEXTS and not (isinstance(value, str) and value):
                raise ConfigError(f"{SETTINGS.name}: {name} = {value!r} is no text", fix="write it in quotes")
        profile = given.pop("profile", None)
        if profile is not None and profile not in [one.value for one in Profile]:
            raise ConfigError(f"{SETTINGS.name}: profile = {profile!r} is none", fix=f"use {', '.join(Profile)}")
        self._given, self.fail_closed = Profile(profile) if profile else None, given.get("failClosed", False)
        self._required = given.get("requireAttestation", False)
        self._regions = (
            regions.allowed(given["regions"], f"{SETTINGS.name}: regions") if "regions" in given else frozenset()
        )
        self._files = {name: Path(value) for name, value in given.items() if name in _TEXTS}

    def stack_configuration(self, project: str, config: Mapping[str, str]) -> None:
        """Take the stack's configuration, which may name its profile and regions. Raises ConfigError for what is no region."""
        self._project, named = project, config.get(f"{project}:profile")
        self._of_stack = Profile(named) if named in [one.value for one in Profile] else None
        self._regions_of_stack = regions.configured(config)

    def waivers(self) -> tuple[Waiver, ...]:
        """The waivers that hold. Raises ConfigError when the file that is named is not there or makes no sense."""
        named = self._files.get("waivers")
        if named is not None:
            if not named.is_file():
                raise ConfigError(f"{SETTINGS.name}: waivers = {str(named)!r}: there is no such file")
            return waiverfile.load(named)
        root = self._root()
        return waiverfile.load(root / waiverfile.NAME) if root is not None else ()

    def evidence(self) -> Evidence | None:
        """The evidence to ask for, if any. Raises ConfigError when it is asked for and nobody knows of which project."""
        if not self._required:
            return None
        root = self._root()
        if root is None:
            raise ConfigError(
                f"{SETTINGS.name}: requireAttestation, but the pack does not lie in the project {self._project!r}",
                fix="name the folder of its Pulumi.yaml as `project`",
            )
        return Evidence(root, self._files.get("attestation"), self._files.get("trustedKeys"))

    def _root(self) -> Path | None:
        return self._files.get("project") or _root_of(self._project)


def _root_of(project: str) -> Path | None:
    """The folder of a project around this process, which Pulumi starts in the pack's folder."""
    try:
        found = Project.load(Path.cwd())
    except MlinfraError:
        return None
    return found.root if found.name == project else None
