"""Hooks of the types about money."""
# ruff: noqa: D102 (the methods are Hook's)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlinfra.sandbox.aws.hooks.base import Hook

if TYPE_CHECKING:
    from mlinfra.sandbox.aws.resource import Resource


class Budget(Hook):
    """Who is told of what belongs to a budget one by one."""

    def item(self, resource: Resource, name: str, item: Any, *, added: bool) -> dict[str, Any] | None:
        notification = {
            "ComparisonOperator": item["comparisonOperator"],
            "NotificationType": item["notificationType"],
            "Threshold": float(item["threshold"]),
            "ThresholdType": item["thresholdType"],
        }
        params = {**resource.key("delete_notification"), "Notification": notification}
        if added:
            people = [
                {"SubscriptionType": "EMAIL", "Address": one} for one in item.get("subscriberEmailAddresses") or ()
            ]
            topics = [{"SubscriptionType": "SNS", "Address": one} for one in item.get("subscriberSnsTopicArns") or ()]
            params["Subscribers"] = people + topics
        return params
