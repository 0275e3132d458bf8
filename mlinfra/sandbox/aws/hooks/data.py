"""Hooks of DynamoDB's, Kinesis's and RDS's types."""
# ruff: noqa: D102 (the methods are Hook's)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlinfra.sandbox.aws.converters import CONVERTERS
from mlinfra.sandbox.aws.hooks.base import Hook

if TYPE_CHECKING:
    from mlinfra.sandbox.aws.resource import Resource


class Table(Hook):
    """A table's key is made of one or two attributes; its indexes come and go with updates of the table."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        inputs = resource.inputs
        if op == "create_table":
            keys = (("HASH", inputs.get("hashKey")), ("RANGE", inputs.get("rangeKey")))
            params["KeySchema"] = [{"AttributeName": name, "KeyType": kind} for kind, name in keys if name]
            resource.used |= {"hashKey", "rangeKey", "globalSecondaryIndexes"}
            if not inputs.get("streamEnabled"):
                params.pop("StreamSpecification", None)
        if inputs.get("billingMode") == "PAY_PER_REQUEST":
            params.pop("ProvisionedThroughput", None)
        if params.get("SSESpecification", {}).get("KMSMasterKeyId"):
            params["SSESpecification"]["SSEType"] = "KMS"
        if op == "update_table" and "AttributeDefinitions" in params:
            wanted = CONVERTERS["table_indexes"].encode(inputs.get("globalSecondaryIndexes") or [])
            params["GlobalSecondaryIndexUpdates"] = self._changes(resource, wanted)
        return params

    def _changes(self, resource: Resource, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The indexes that the table needs; first it loses those that it must not have, or not so."""
        table = resource.call("describe_table", {"TableName": resource.id})["Table"]
        there = {one["IndexName"]: _essence(one) for one in table.get("GlobalSecondaryIndexes", ())}
        new = {one["IndexName"]: one for one in wanted}
        gone = [name for name, old in there.items() if name not in new or _essence(new[name]) != old]
        for name in gone:
            deletion = {"Delete": {"IndexName": name}}
            resource.call("update_table", {"TableName": resource.id, "GlobalSecondaryIndexUpdates": [deletion]})
        return [{"Create": one} for name, one in new.items() if name not in there or name in gone]


class Stream(Hook):
    """What a stream keeps is raised or lowered; its encryption is switched on and off."""

    def route(self, resource: Resource, op: str) -> str:
        if op == "increase_stream_retention_period" and self._lowered(resource):
            return "decrease_stream_retention_period"
        if op == "start_stream_encryption" and resource.inputs.get("encryptionType") != "KMS":
            return "stop_stream_encryption"
        return op

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        inputs = resource.inputs
        if op == "increase_stream_retention_period":
            params["RetentionPeriodHours"] = int(inputs.get("retentionPeriod") or 24)
        elif op == "start_stream_encryption":
            key = inputs.get("kmsKeyId") or resource.outputs.get("kmsKeyId") or "alias/aws/kinesis"
            params |= {"EncryptionType": "KMS", "KeyId": key}
        elif op == "update_shard_count":
            params.pop("StreamARN", None)
        return params

    def _lowered(self, resource: Resource) -> bool:
        found: dict[str, Any] = resource.call("describe_stream_summary", {"StreamName": resource.inputs["name"]})
        current = int(found["StreamDescriptionSummary"]["RetentionPeriodHours"])
        return int(resource.inputs.get("retentionPeriod") or 24) < current


def _essence(index: dict[str, Any]) -> tuple[Any, ...]:
    """What cannot change of an index."""
    keys = [(one["AttributeName"], one["KeyType"]) for one in index["KeySchema"]]
    projection = index.get("Projection", {})
    return keys, projection.get("ProjectionType"), sorted(projection.get("NonKeyAttributes", ()))


class DeliveryStream(Hook):
    """A delivery stream's own encryption is switched, and told in words."""

    def route(self, resource: Resource, op: str) -> str:
        if op == "start_delivery_stream_encryption" and not self._wanted(resource).get("enabled"):
            return "stop_delivery_stream_encryption"
        return op

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op == "start_delivery_stream_encryption":
            params.pop("DeliveryStreamEncryptionConfigurationInput", None)
            wanted = self._wanted(resource)
            if wanted.get("enabled"):
                key = {"KeyARN": wanted["keyArn"]} if wanted.get("keyArn") else {}
                kind = {"KeyType": wanted.get("keyType", "AWS_OWNED_CMK")}
                params["DeliveryStreamEncryptionConfigurationInput"] = key | kind
        return params

    def learned(self, resource: Resource, data: Any) -> None:
        told = data.get("DeliveryStreamEncryptionConfiguration") or {}
        resource.outputs["destination"] = resource.inputs.get("destination", "extended_s3")
        if told.get("Status") == "ENABLED":
            key = {"keyArn": told["KeyARN"]} if told.get("KeyARN") else {}
            resource.outputs["serverSideEncryption"] = {"enabled": True, "keyType": told["KeyType"], **key}
        elif told:
            resource.outputs["serverSideEncryption"] = {"enabled": False}

    @staticmethod
    def _wanted(resource: Resource) -> Any:
        return resource.inputs.get("serverSideEncryption") or {}


class Database(Hook):
    """A database's exported logs are switched on and off by name, and its end may leave a snapshot."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        inputs = resource.inputs
        if op.startswith("modify_db_") and "CloudwatchLogsExportConfiguration" in params:
            wanted = inputs.get("enabledCloudwatchLogsExports") or []
            known = resource.outputs.get("enabledCloudwatchLogsExports") or []
            off = [one for one in known if one not in wanted]
            params["CloudwatchLogsExportConfiguration"] = {"EnableLogTypes": wanted, "DisableLogTypes": off}
        elif op.startswith("delete_db_"):
            params["SkipFinalSnapshot"] = bool(inputs.get("skipFinalSnapshot"))
            if inputs.get("finalSnapshotIdentifier") and not params["SkipFinalSnapshot"]:
                params["FinalDBSnapshotIdentifier"] = inputs["finalSnapshotIdentifier"]
        return params
