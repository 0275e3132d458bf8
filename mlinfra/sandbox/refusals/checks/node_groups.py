"""EKS: node groups whose image, instance types and capacity belong together.

Read from the EKS user guide ("Create a managed node group with Capacity Blocks for ML", "Customize managed nodes with launch
templates") and API reference (Nodegroup, amiType), 2026-11-22.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog.eks import accelerated_ami_type
from mlinfra.catalog.instances import InstanceType, instance_type
from mlinfra.sandbox.refusals.call import Call, Check, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

INVALID: Final = "InvalidParameterException"
BLOCK: Final = "CAPACITY_BLOCK"


def image_fits(call: Call) -> None:
    """An AMI type is of one architecture, and an accelerated one is for the accelerators whose driver it has."""
    image = call.params.get("amiType") or "AL2023_x86_64_STANDARD"
    if image == "CUSTOM":
        return
    typed = _template(call).get("InstanceType")
    for name in call.params.get("instanceTypes") or ([typed] if typed else []):
        known = instance_type(name)
        if known is not None and not _runs(known, image):
            raise Refused(INVALID, f"[{name}] is not a valid instance type for requested amiType {image}")


def _runs(one: InstanceType, image: str) -> bool:
    if ("ARM_64" in image) != ("arm64" in one.architectures):
        return False
    if not accelerated_ami_type(image):
        return True
    vendor = one.accelerator.vendor if one.accelerator else ""
    return vendor == ("aws" if "NEURON" in image else "nvidia")


def block_by_template(call: Call) -> None:
    """A Capacity Block is meant by node group and launch template alike, which name the block and the instance type."""
    data = _template(call)
    meant = data.get("InstanceMarketOptions", {}).get("MarketType") == "capacity-block"
    if call.params.get("capacityType") != BLOCK:
        if meant:
            raise Refused(INVALID, "A launch template for a Capacity Block needs the capacity type CAPACITY_BLOCK")
        return
    if not meant:
        raise Refused(INVALID, "Capacity type CAPACITY_BLOCK needs a launch template with market type capacity-block")
    target = data.get("CapacityReservationSpecification", {}).get("CapacityReservationTarget", {})
    if not target.get("CapacityReservationId"):
        raise Refused(INVALID, "Capacity type CAPACITY_BLOCK needs a launch template that names a capacity reservation")
    if not data.get("InstanceType"):
        raise Refused(INVALID, "Capacity type CAPACITY_BLOCK needs a launch template that names an instance type")


def _template(call: Call) -> Mapping[str, Any]:
    """What the launch template says; nothing when there is none, or none that exists (which is said elsewhere)."""
    said = call.params.get("launchTemplate") or {}
    named = {"LaunchTemplateId": said.get("id"), "LaunchTemplateName": said.get("name")}
    which = {name: value for name, value in named.items() if value}
    if not which:
        return {}
    version = str(said.get("version") or "$Default")
    found = call.account.ask("ec2", "describe_launch_template_versions", Versions=[version], **which) or {}
    data: Mapping[str, Any] = next((one["LaunchTemplateData"] for one in found.get("LaunchTemplateVersions", ())), {})
    return data


CHECKS: Final[dict[tuple[str, str], tuple[Check, ...]]] = {
    ("eks", "CreateNodegroup"): (block_by_template, image_fits),
}
