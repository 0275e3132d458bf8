"""How several pods share a GPU."""

from typing import Optional

from pydantic import field_validator, model_validator

from mlinfra.catalog import pools
from mlinfra.components.args import Args
from mlinfra.components.pools.limits import refused


class Sharing(Args):
    """How several pods share a GPU: split into parts that do not see each other (MIG), or one after the other in turns."""

    mig_profile: Optional[str] = None
    """The MIG profile that every GPU is split into, such as 1g.10gb, as often as it fits. Parts have memory of their own."""
    time_slices: Optional[int] = None
    """Pods that take turns on a GPU, 2 to 48. They share its memory and its faults."""

    @field_validator("time_slices")
    @classmethod
    def _several(cls, value: Optional[int]) -> Optional[int]:
        bounds = pools.limit("slices").values
        if value is not None and not bounds["least"] <= value <= bounds["most"]:
            raise refused(
                "slices", fix=f"give {bounds['least']} to {bounds['most']}, or no sharing", argument="time_slices"
            )
        return value

    @model_validator(mode="after")
    def _one(self) -> "Sharing":
        if (self.mig_profile is None) == (self.time_slices is None):
            fix = "give one of mig_profile and time_slices"
            raise refused("sharing-both", fix=fix, argument="mig_profile")
        return self
