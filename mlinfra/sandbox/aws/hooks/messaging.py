"""Hooks of SQS's types."""
# ruff: noqa: D102 (the methods are Hook's)

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.aws.hooks.base import Hook

if TYPE_CHECKING:
    from mlinfra.sandbox.aws.resource import Resource

FIFO_ONLY: Final = ("FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")


class Queue(Hook):
    """Only FIFO queues take the attributes of FIFO queues, and an encryption with a key excludes SQS's own."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        attributes = params.get("Attributes")
        if attributes is not None:
            fifo = resource.inputs.get("fifoQueue") is True
            unset = [name for name, value in attributes.items() if value == "" and op == "create_queue"]
            for name in (*unset, *(() if fifo else FIFO_ONLY)):
                attributes.pop(name, None)
            if attributes.get("KmsMasterKeyId"):
                attributes.pop("SqsManagedSseEnabled", None)
            if op == "set_queue_attributes":
                attributes.pop("FifoQueue", None)
        return params


class Topic(Hook):
    """FIFO topics have attributes of their own; an empty attribute is one that was not given."""

    FIFO_ONLY: Final = ("FifoTopic", "ContentBasedDeduplication", "FifoThroughputScope")

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op == "create_topic":
            fifo = resource.inputs.get("fifoTopic") is True
            given = {name: value for name, value in params.get("Attributes", {}).items() if value != ""}
            params["Attributes"] = {name: value for name, value in given.items() if fifo or name not in self.FIFO_ONLY}
        return params


class Subscription(Hook):
    """Only what was given is an attribute."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op == "subscribe":
            attributes = params.get("Attributes", {})
            params["Attributes"] = {name: value for name, value in attributes.items() if value not in ("", "false")}
        return params
