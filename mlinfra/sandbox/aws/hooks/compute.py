"""Hooks of EKS's, SageMaker's and Batch's types."""
# ruff: noqa: D102 (the methods are Hook's)

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.aws.hooks.base import Hook

if TYPE_CHECKING:
    from mlinfra.sandbox.aws.resource import Resource

LOG_TYPES: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")


class Cluster(Hook):
    """The control plane's logs are switched on and off by type."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if "logging" in params:
            wanted = resource.inputs.get("enabledClusterLogTypes") or []
            other = [one for one in LOG_TYPES if one not in wanted]
            groups = [{"types": types, "enabled": types is wanted} for types in (wanted, other)]
            params["logging"] = {"clusterLogging": [group for group in groups if group["types"]]}
        return params


class NotebookInstance(Hook):
    """Only a notebook that does not run can be deleted."""

    def before_delete(self, resource: Resource) -> None:
        name = {"NotebookInstanceName": resource.inputs["name"]}
        if resource.call("describe_notebook_instance", name)["NotebookInstanceStatus"] == "InService":
            resource.call("stop_notebook_instance", name)


class ComputeEnvironment(Hook):
    """Only a disabled environment can be deleted; only some of its resources can change."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op == "update_compute_environment" and "computeResources" in params:
            known = resource.account.input_shape("batch", op).members["computeResources"].members
            kept = {key: value for key, value in params["computeResources"].items() if key in known}
            params["computeResources"] = kept
        return params

    def before_delete(self, resource: Resource) -> None:
        resource.call("update_compute_environment", {"computeEnvironment": resource.id, "state": "DISABLED"})


class JobQueue(Hook):
    """Only a disabled queue can be deleted."""

    def before_delete(self, resource: Resource) -> None:
        resource.call("update_job_queue", {"jobQueue": resource.id, "state": "DISABLED"})


class MonitoringJob(Hook):
    """Where the container finds its data is required by SageMaker and has a default in Terraform's provider."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        for source in params.get("DataQualityJobInput", {}).values():
            source.setdefault("LocalPath", "/opt/ml/processing/input")
        for target in params.get("DataQualityJobOutputConfig", {}).get("MonitoringOutputs", ()):
            target["S3Output"].setdefault("LocalPath", "/opt/ml/processing/output")
        return params


class NodeGroup(Hook):
    """Labels and taints are added and removed one by one."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op != "update_nodegroup_config" or not {"labels", "taints"} & params.keys():
            return params
        target = {name: params[name] for name in ("clusterName", "nodegroupName")}
        actual = resource.call("describe_nodegroup", target)["nodegroup"]
        labels, old_labels = resource.inputs.get("labels") or {}, actual.get("labels") or {}
        params["labels"] = {
            "addOrUpdateLabels": {key: value for key, value in labels.items() if old_labels.get(key) != value},
            "removeLabels": sorted(old_labels.keys() - labels.keys()),
        }
        taints, old_taints = resource.inputs.get("taints") or [], actual.get("taints") or []
        kept = {(one["key"], one["effect"]) for one in taints}
        params["taints"] = {
            "addOrUpdateTaints": [one for one in taints if one not in old_taints],
            "removeTaints": [one for one in old_taints if (one["key"], one["effect"]) not in kept],
        }
        return params


class ScalingGroup(Hook):
    """A group's subnets are one text, and its tags name the group themselves."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op in ("create_auto_scaling_group", "update_auto_scaling_group"):
            if resource.inputs.get("vpcZoneIdentifiers"):
                params["VPCZoneIdentifier"] = ",".join(resource.inputs["vpcZoneIdentifiers"])
            resource.used.add("vpcZoneIdentifiers")
        return params

    def item(self, resource: Resource, name: str, item: Any, *, added: bool) -> dict[str, Any] | None:
        if name != "tags":
            return None
        tag = {"ResourceId": resource.id, "ResourceType": "auto-scaling-group", "Key": item["key"]}
        whole = {"Value": item["value"], "PropagateAtLaunch": item["propagateAtLaunch"] in (True, "true")}
        return {"Tags": [tag | (whole if added else {})]}

    def learned(self, resource: Resource, data: Any) -> None:
        if "VPCZoneIdentifier" in data:
            resource.outputs["vpcZoneIdentifiers"] = [one for one in data["VPCZoneIdentifier"].split(",") if one]
        if resource.outputs.get("terminationPolicies") == ["Default"]:
            del resource.outputs["terminationPolicies"]
        if "AutoScalingGroupName" in data:
            names = {"key": "Key", "value": "Value", "propagateAtLaunch": "PropagateAtLaunch"}
            tags = data.get("Tags") or []
            resource.outputs["tags"] = [{name: tag[member] for name, member in names.items()} for tag in tags]


class ServerlessApplication(Hook):
    """Calls carry a token of their own, by which EMR knows one that is made twice."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op == "update_application":
            resource.call("stop_application", resource.key("stop_application"))  # one that runs cannot be changed
        shape = resource.account.input_shape(resource.kind.service, op)
        return params | ({"clientToken": str(uuid.uuid4())} if "clientToken" in shape.members else {})
