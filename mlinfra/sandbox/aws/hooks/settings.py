"""Hooks of secrets, parameters and filters."""
# ruff: noqa: D102 (the methods are Hook's)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlinfra.sandbox.aws.hooks.base import Hook

if TYPE_CHECKING:
    from mlinfra.sandbox.aws.resource import Resource


class Secret(Hook):
    """A secret is deleted after a window, or at once when the program sets the window to 0."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op == "delete_secret":
            days = int(resource.inputs.get("recoveryWindowInDays", 30))
            params |= {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
        return params


class Parameter(Hook):
    """A value that may be seen stands in a property of its own."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op == "put_parameter":
            if params.get("Overwrite"):
                params.pop("Tags", None)  # SSM refuses both together
            if params.get("Value", "") == "":
                params["Value"] = resource.inputs.get("value") or resource.inputs.get("insecureValue")
        return params

    def learned(self, resource: Resource, data: Any) -> None:
        if "insecureValue" in resource.inputs and "value" in resource.outputs:
            resource.outputs["insecureValue"] = resource.outputs["value"]


class MetricFilter(Hook):
    """moto adds a filter of the same name beside the old one instead of replacing it."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op == "put_metric_filter" and resource.id:
            resource.call("delete_metric_filter", resource.key("delete_metric_filter"))
        return params
