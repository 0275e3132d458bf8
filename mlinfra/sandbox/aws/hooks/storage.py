"""Hooks of S3's and KMS's types."""
# ruff: noqa: D102 (the methods are Hook's)

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from mlinfra.sandbox.aws.account import AwsError
from mlinfra.sandbox.aws.hooks.base import Hook
from mlinfra.stack.values import Asset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.sandbox.aws.resource import Resource

# https://docs.aws.amazon.com/general/latest/gr/s3.html, "Amazon S3 website endpoints"
HOSTED_ZONES: Final = {
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
    "ca-central-1": "Z1QDHH18159H29",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-north-1": "Z3BAZG2TWCNX0D",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "eu-west-2": "Z3GKZC51ZF0DB4",
    "eu-west-3": "Z3R1K369G5AVDG",
    "ap-northeast-1": "Z2M4EHUR26P7ZW",
    "ap-south-1": "Z11RGJOFQNVJUP",
    "ap-southeast-1": "Z3O0J2DXBE1FTB",
    "ap-southeast-2": "Z1WCIGYICN2BYD",
    "sa-east-1": "Z7KQH4QJS55SO",
}


class Bucket(Hook):
    """Where a bucket lies is said at its creation; what is in it goes with it if the program says so."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op == "create_bucket" and resource.region != "us-east-1":
            params["CreateBucketConfiguration"] = {"LocationConstraint": resource.region}
        return params

    def learned(self, resource: Resource, data: Any) -> None:
        if resource.region in HOSTED_ZONES:
            resource.outputs["hostedZoneId"] = HOSTED_ZONES[resource.region]

    def before_delete(self, resource: Resource) -> None:
        if resource.inputs.get("forceDestroy"):
            for version in _versions(resource, resource.id, ""):
                resource.call("delete_object", {"Bucket": resource.id, "BypassGovernanceRetention": True, **version})


class BucketObject(Hook):
    """The body comes from an asset or a text, tags go as a query; in a versioned bucket all versions are deleted."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        inputs = resource.inputs
        if op == "put_object":
            resource.used |= {"content", "contentBase64", "source", "tags"}
            params["Body"] = _body(inputs)
            if inputs.get("tags"):
                params["Tagging"] = urlencode(inputs["tags"])
        return params

    def learned(self, resource: Resource, data: Any) -> None:
        if "etag" in resource.outputs:
            resource.outputs["etag"] = resource.outputs["etag"].strip('"')

    def before_delete(self, resource: Resource) -> None:
        bucket, key = resource.inputs["bucket"], resource.inputs["key"]
        for version in _versions(resource, bucket, key):
            if version["Key"] == key:
                resource.call("delete_object", {"Bucket": bucket, **version})


def _body(inputs: dict[str, Any]) -> bytes:
    source = inputs.get("source")
    if isinstance(source, Asset):
        if source.text is not None:
            return source.text.encode()
        path = Path(source.path or "")
        if not path.is_absolute():
            raise AwsError(
                "PutObject",
                "InvalidPath",
                f"the asset's path {source.path!r} must be absolute: the sandbox's server does not know the project's folder",
            )
        try:
            return path.read_bytes()
        except OSError as error:
            raise AwsError(
                "PutObject", "InvalidPath", f"the asset {source.path!r} cannot be read: {error.strerror}"
            ) from error
    if inputs.get("contentBase64") is not None:
        return base64.b64decode(inputs["contentBase64"])
    return str(inputs.get("content") or "").encode()


def _versions(resource: Resource, bucket: str, prefix: str) -> Iterator[dict[str, str]]:
    """Every object version and delete marker under the prefix, as parameters of its deletion."""
    while True:
        page = resource.call("list_object_versions", {"Bucket": bucket, "Prefix": prefix})
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        yield from ({"Key": one["Key"], "VersionId": one["VersionId"]} for one in found)
        if not page.get("IsTruncated"):
            return


class Key(Hook):
    """A key is never deleted at once: it is scheduled for it."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op == "schedule_key_deletion" and resource.inputs.get("deletionWindowInDays"):
            params["PendingWindowInDays"] = int(resource.inputs["deletionWindowInDays"])
        return params


class ReplicaKey(Key):
    """A replica is asked for in its primary's region and then found in its own."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op == "describe_key" and not resource.id:
            arn = resource.inputs["primaryKeyArn"]
            wanted: dict[str, Any] = {"KeyId": arn.rpartition("/")[2], "ReplicaRegion": resource.region}
            if resource.inputs.get("policy"):
                wanted["Policy"] = resource.inputs["policy"]
            resource.account.call("kms", "replicate_key", wanted, arn.split(":")[3])
            return {"KeyId": arn.rpartition("/")[2]}
        return super().params(resource, op, params)
