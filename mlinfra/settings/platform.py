"""The decisions behind the whole platform in one stack, and behind the parts of it that stand on another stack's."""

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator

from mlinfra.catalog.endpoints import needed
from mlinfra.components.problems import Invalid
from mlinfra.components.profiles import Profile
from mlinfra.settings.compute import ComputeSettings
from mlinfra.settings.foundation import FoundationSettings
from mlinfra.settings.storage import StorageSettings


class PlatformSettings(ComputeSettings, FoundationSettings):
    """The decisions behind `stacks/platform`."""

    @property
    def private_services(self) -> Sequence[str]:
        """The services that the network offers privately beside the profile's own.

        They are those asked for and, where the internet is not the way to AWS, those that what is configured needs.
        """
        users = [*self.components, *(["eks"] if self.cluster else [])]
        if self.needs_karpenter:
            users.append("Karpenter")
        brought = () if self.profile is Profile.BASELINE else needed(users)
        return [*self.endpoints, *brought]


def _stack(value: str) -> str:
    if not re.fullmatch(r"[\w.-]+/[\w.-]+/[\w.-]+", value):
        raise Invalid("not the full name of a stack", fix="write it as organization/foundation/dev")
    return value


class WorkloadSettings(StorageSettings):
    """The decisions behind `stacks/workloads`: storage on a foundation that another stack holds.

    Region, profile and zones are the foundation's.
    """

    foundation: Annotated[str, AfterValidator(_stack)]
    """The foundation's stack, as organization/project/stack; without Pulumi Cloud the organization is called
    organization."""
