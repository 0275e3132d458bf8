"""Machine images. The account has few of Amazon's, so one that fits is made when a program looks for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from mlinfra.engine.provider import ProviderFailure
from mlinfra.sandbox.aws.account import ACCOUNT_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.sandbox.aws.account import Account
    from mlinfra.stack.values import Properties

MADE_UP: Final = "20260101"  # what stands for the `*` in a name that a program looks for
NONE: Final = "invoking aws:ec2/getAmi:getAmi: no image matches"


def images(account: Account, region: str, args: Properties) -> list[Properties]:
    """The images that match, newest first, as getAmi returns them.

    When none of Amazon's matches, one is registered under a name that does. Raises `ProviderFailure` when that cannot be
    done: without a filter by name, or when a program looks among its own.
    """
    found = _matching(account, region, args)
    if not found:
        names = [value for one in args.get("filters") or () if one["name"] == "name" for value in one["values"]]
        if not names or args.get("owners") == ["self"]:
            raise ProviderFailure(f"{NONE}, and without a filter by name the sandbox cannot make one up")
        account.call("ec2", "register_image", {"Name": re.sub(r"[*?]+", MADE_UP, names[0])}, region)
        found = _matching(account, region, args)
    if not found:
        raise ProviderFailure(f"{NONE}: use another filter")
    newest = sorted(found, key=lambda one: str(one.get("CreationDate", "")), reverse=True)
    return [_image(one, region, _architectures(args)) for one in newest]


def _architectures(args: Properties) -> list[str]:
    return next((one["values"] for one in args.get("filters") or () if one["name"] == "architecture"), [])


def _matching(account: Account, region: str, args: Properties) -> list[Mapping[str, Any]]:
    """Images by name and, of those that were not made up here, by architecture: what a made-up one can answer to."""
    names = next((one["values"] for one in args.get("filters") or () if one["name"] == "name"), ["*"])
    patterns = [re.escape(value).replace(r"\*", ".*").replace(r"\?", ".") for value in names]
    return [
        image
        for image in account.call("ec2", "describe_images", {}, region)["Images"]
        if any(re.fullmatch(pattern, image.get("Name", "")) for pattern in patterns)
        and re.search(args.get("nameRegex") or "", image.get("Name", ""))
        and (_mine(image) or image.get("Architecture") in (_architectures(args) or [image.get("Architecture")]))
        and (_mine(image) or args.get("owners") != ["self"])
    ]


def _mine(image: Mapping[str, Any]) -> bool:
    return image.get("OwnerId") == ACCOUNT_ID


def _image(image: Mapping[str, Any], region: str, architectures: list[str]) -> Properties:
    return {
        "id": image["ImageId"],
        "imageId": image["ImageId"],
        "arn": f"arn:aws:ec2:{region}::image/{image['ImageId']}",
        "name": image.get("Name", ""),
        "architecture": architectures[0] if architectures else image.get("Architecture", "x86_64"),
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
