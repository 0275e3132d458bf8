"""Hooks of secrets, parameters and filters."""
# ruff: noqa: D102 (the methods are Hook's)

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.aws.hooks.base import Hook

if TYPE_CHECKING:
    from mlinfra.sandbox.aws.resource import Resource


class Namespace(Hook):
    """A namespace is made by an operation, which says what it made when it is done."""

    def learned(self, resource: Resource, data: Any) -> None:
        if not resource.id and "OperationId" in data:
            operation = resource.call("get_operation", {"OperationId": data["OperationId"]})["Operation"]
            resource.outputs["namespaceId"] = operation["Targets"]["NAMESPACE"]
        elif "Id" in data:
            resource.outputs["namespaceId"] = data["Id"]


class Guardrail(Hook):
    """A guardrail's policies are told under other names than they were given."""

    POLICIES: Final = {
        "contentPolicyConfig": ("contentPolicy", {"filtersConfigs": "filters", "tierConfigs": "tier"}),
        "contextualGroundingPolicyConfig": ("contextualGroundingPolicy", {"filtersConfigs": "filters"}),
        "crossRegionConfig": ("crossRegionDetails", {"guardrailProfileIdentifier": "guardrailProfileId"}),
        "sensitiveInformationPolicyConfig": (
            "sensitiveInformationPolicy",
            {"piiEntitiesConfigs": "piiEntities", "regexesConfigs": "regexes"},
        ),
        "topicPolicyConfig": ("topicPolicy", {"topicsConfigs": "topics", "tierConfigs": "tier"}),
        "wordPolicyConfig": ("wordPolicy", {"wordsConfigs": "words", "managedWordListsConfigs": "managedWordLists"}),
    }

    def learned(self, resource: Resource, data: Any) -> None:
        if "blockedInputMessaging" not in data:
            return
        for name, (member, parts) in self.POLICIES.items():
            told = data.get(member) or {}
            found = {part: told[inner] for part, inner in parts.items() if told.get(inner)}
            found = {part: [value] if part == "tierConfigs" else value for part, value in found.items()}
            if found:
                resource.outputs[name] = found
            else:
                resource.outputs.pop(name, None)


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
