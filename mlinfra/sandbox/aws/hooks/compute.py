"""Hooks of EKS's types."""

from __future__ import annotations

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
        taints, old_taints = params.get("taints", {}).get("addOrUpdateTaints", []), actual.get("taints") or []
        kept = {(one["key"], one["effect"]) for one in taints}
        params["taints"] = {
            "addOrUpdateTaints": [one for one in taints if one not in old_taints],
            "removeTaints": [one for one in old_taints if (one["key"], one["effect"]) not in kept],
        }
        return params
