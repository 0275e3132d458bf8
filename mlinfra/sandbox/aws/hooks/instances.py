"""Hooks of instances, their templates and the lists that rules name."""
# ruff: noqa: D102 (the methods are Hook's)

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.aws.hooks.base import Hook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.sandbox.aws.resource import Resource


class LaunchTemplate(Hook):
    """A change is a new version, which becomes the default one if the program says so."""

    def learned(self, resource: Resource, data: Any) -> None:
        if "VersionNumber" in data:
            resource.outputs["latestVersion"] = data["VersionNumber"]
            if resource.inputs.get("updateDefaultVersion"):
                params = {"LaunchTemplateId": resource.id, "DefaultVersion": str(data["VersionNumber"])}
                resource.call("modify_launch_template", params)
        elif "LatestVersionNumber" in data:
            resource.outputs["latestVersion"] = data["LatestVersionNumber"]
            resource.outputs["defaultVersion"] = data["DefaultVersionNumber"]


class Instance(Hook):
    """Disks are told in one list, a public address belongs to a network interface, and boto3 encodes user data."""

    DISK: Final = {
        "deleteOnTermination": "DeleteOnTermination",
        "encrypted": "Encrypted",
        "iops": "Iops",
        "kmsKeyId": "KmsKeyId",
        "snapshotId": "SnapshotId",
        "throughput": "Throughput",
        "volumeSize": "VolumeSize",
        "volumeType": "VolumeType",
    }

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        inputs = resource.inputs
        if op == "modify_instance_metadata_options":
            names = {
                "httpEndpoint",
                "httpProtocolIpv6",
                "httpPutResponseHopLimit",
                "httpTokens",
                "instanceMetadataTags",
            }
            given = {
                name[0].upper() + name[1:]: value for name, value in inputs["metadataOptions"].items() if name in names
            }
            return {"InstanceId": resource.id, **given}
        if op != "run_instances":
            return params
        resource.used |= {"associatePublicIpAddress", "ebsBlockDevices", "rootBlockDevice", "userDataBase64"}
        if inputs.get("userDataBase64"):
            params["UserData"] = base64.b64decode(inputs["userDataBase64"]).decode()
        root = inputs.get("rootBlockDevice")
        disks = [self._disk(one, one["deviceName"]) for one in inputs.get("ebsBlockDevices") or ()]
        if root:
            disks.append(self._disk(root, root.get("deviceName") or "/dev/xvda"))
        if disks:
            params["BlockDeviceMappings"] = disks
        if inputs.get("associatePublicIpAddress") is not None:
            interface = {"DeviceIndex": 0, "AssociatePublicIpAddress": bool(inputs["associatePublicIpAddress"])}
            for name, member in (
                ("SubnetId", "SubnetId"),
                ("SecurityGroupIds", "Groups"),
                ("PrivateIpAddress", "PrivateIpAddress"),
            ):
                if name in params:
                    interface[member] = params.pop(name)
            params["NetworkInterfaces"] = [interface]
        return params

    def _disk(self, disk: Mapping[str, Any], device: str) -> dict[str, Any]:
        ebs = {member: disk[name] for name, member in self.DISK.items() if disk.get(name) is not None}
        return {"DeviceName": device, "Ebs": ebs}

    def learned(self, resource: Resource, data: Any) -> None:
        profile = resource.outputs.get("iamInstanceProfile", "")
        if profile.startswith("arn:"):
            resource.outputs["iamInstanceProfile"] = profile.rpartition("/")[2]


class ImageBlock(Hook):
    """The way back has an operation of its own."""

    def route(self, resource: Resource, op: str) -> str:
        opened = op.startswith("enable") and resource.inputs.get("state") == "unblocked"
        return "disable_image_block_public_access" if opened else op

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        return {} if self.route(resource, op) != op else params


class PrefixList(Hook):
    """Entries are added and removed in the version that is current."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op == "create_managed_prefix_list":
            params["Entries"] = [self._entry(one) for one in resource.inputs.get("entries") or ()]
            resource.used.add("entries")
        elif op == "modify_managed_prefix_list":
            params["CurrentVersion"] = int(resource.outputs["version"])
            for name in ("AddEntries", "RemoveEntries"):
                if name in params:
                    params[name] = [self._entry(one, with_note=name == "AddEntries") for one in params[name]]
        return params

    @staticmethod
    def _entry(entry: Mapping[str, Any], *, with_note: bool = True) -> dict[str, Any]:
        note = {"Description": entry["description"]} if with_note and entry.get("description") else {}
        return {"Cidr": entry["cidr"], **note}


class Peering(Hook):
    """Within one account a connection may accept itself."""

    def made(self, resource: Resource) -> None:
        if resource.inputs.get("autoAccept"):
            resource.call("accept_vpc_peering_connection", {"VpcPeeringConnectionId": resource.id})
