"""Machine images. The account has none of Amazon's, so one that fits is made when a program looks for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from mlinfra.engine.provider import ProviderFailure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.engine.values import Properties
    from mlinfra.sandbox.aws.account import Account

MADE_UP: Final = "20260101"  # what stands for the `*` in a name that a program looks for


def images(account: Account, region: str, args: Properties) -> list[Mapping[str, Any]]:
    """The images that match, newest first. Raises `ProviderFailure` when none does and none can be made up."""
    found = _matching(account, region, args)
    if not found:
        names = [value for one in args.get("filters") or () if one["name"] == "name" for value in one["values"]]
        if not names:
            raise ProviderFailure(
                "invoking aws:ec2/getAmi:getAmi: no image matches, and without a filter by name the sandbox cannot make one up"
            )
        architecture = next((one["values"][0] for one in args["filters"] if one["name"] == "architecture"), "x86_64")
        make(account, region, re.sub(r"[*?]+", MADE_UP, names[0]), str(architecture))
        found = _matching(account, region, args)
    if not found:
        raise ProviderFailure("invoking aws:ec2/getAmi:getAmi: no image matches: use another filter")
    return sorted(found, key=lambda one: str(one.get("CreationDate", "")), reverse=True)


def make(account: Account, region: str, name: str, architecture: str = "x86_64") -> str:
    """Register an image under a name; its id."""
    params = {"Name": name, "Architecture": architecture, "VirtualizationType": "hvm", "EnaSupport": True}
    return str(account.call("ec2", "register_image", params, region)["ImageId"])


def _matching(account: Account, region: str, args: Properties) -> list[Mapping[str, Any]]:
    """Images by name and architecture: the only filters that a made-up image can answer to."""
    wanted = {one["name"]: one["values"] for one in args.get("filters") or ()}
    patterns = [re.escape(value).replace(r"\*", ".*").replace(r"\?", ".") for value in wanted.get("name", ["*"])]
    found = account.call("ec2", "describe_images", {}, region)["Images"]
    return [
        image
        for image in found
        if any(re.fullmatch(pattern, image.get("Name", "")) for pattern in patterns)
        and image.get("Architecture", "x86_64") in wanted.get("architecture", [image.get("Architecture", "x86_64")])
        and re.search(args.get("nameRegex") or "", image.get("Name", ""))
    ]


def image_of(image: Mapping[str, Any], region: str) -> Properties:
    """An image as getAmi returns it."""
    return {
        "id": image["ImageId"],
        "imageId": image["ImageId"],
        "arn": f"arn:aws:ec2:{region}::image/{image['ImageId']}",
        "name": image.get("Name", ""),
        "architecture": image.get("Architecture", "x86_64"),
        "creationDate": str(image.get("CreationDate", "")),
        "description": image.get("Description", ""),
        "ownerId": image.get("OwnerId", ""),
        "rootDeviceName": image.get("RootDeviceName", "/dev/xvda"),
        "rootDeviceType": image.get("RootDeviceType", "ebs"),
        "state": image.get("State", "available"),
        "virtualizationType": image.get("VirtualizationType", "hvm"),
        "enaSupport": True,
        "public": True,
        "tags": {},
    }
