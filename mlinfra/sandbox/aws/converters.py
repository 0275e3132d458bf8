"""Values whose form at AWS no rule gives: named pairs of functions, called from the table's `convert`."""

from __future__ import annotations

import base64
import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

PROTOCOL_NAMES: Final = {"all": "-1", "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
PROTOCOL_NUMBERS: Final = {"all": "-1", "tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58"}

BUDGET_TIME: Final = "%Y-%m-%d_%H:%M"


@dataclass(frozen=True, slots=True)
class Converter:
    """`encode` makes the parameter of a property's value, `decode` the value of what AWS answers (None: nothing)."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def _translated(words: dict[str, str]) -> Callable[[Any], str]:
    return lambda value: words.get(str(value).lower(), str(value).lower())


def _https(url: str) -> str:
    return url if url.startswith("https://") else f"https://{url}"


def _notification(target: str, member: str) -> Converter:
    """The configurations of a bucket's notifications to one kind of target."""

    def encode(value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        found = []
        for one in value:
            rules = [
                {"Name": name, "Value": one[f"filter{name.title()}"]}
                for name in ("prefix", "suffix")
                if one.get(f"filter{name.title()}")
            ]
            item: dict[str, Any] = {member: one[target], "Events": one["events"]}
            item |= {"Id": one["id"]} if one.get("id") else {}
            found.append(item | ({"Filter": {"Key": {"FilterRules": rules}}} if rules else {}))
        return found

    def decode(data: list[dict[str, Any]]) -> list[dict[str, Any]]:
        found = []
        for one in data:
            item = {target: one[member], "events": one["Events"], "id": one.get("Id")}
            for rule in one.get("Filter", {}).get("Key", {}).get("FilterRules", ()):
                item[f"filter{rule['Name'].title()}"] = rule["Value"]
            found.append(item)
        return found

    return Converter(encode, decode)


FILTERS: Final = {"contains": "contains", "eqs": "eq", "neqs": "neq", "exists": "exists"}


def _archive_filter(one: dict[str, Any]) -> dict[str, Any]:
    """What an archive rule asks of one criterion; `exists` is a boolean written as a word."""
    found = {FILTERS[name]: value for name, value in one.items() if name in FILTERS and value not in ([], "", None)}
    return found | ({"exists": found["exists"] in (True, "true")} if "exists" in found else {})


def _from_archive_filter(data: dict[str, Any]) -> dict[str, Any]:
    found = {name: data[member] for name, member in FILTERS.items() if data.get(member) is not None}
    return found | ({"exists": str(found["exists"]).lower()} if "exists" in found else {})


def _schedule(value: dict[str, Any]) -> dict[str, Any] | None:
    """How often a Macie job runs: one of three, each in a structure of its own."""
    if value.get("weeklySchedule"):
        return {"weeklySchedule": {"dayOfWeek": value["weeklySchedule"]}}
    if value.get("monthlySchedule"):
        return {"monthlySchedule": {"dayOfMonth": int(value["monthlySchedule"])}}
    return {"dailySchedule": {}} if value.get("dailySchedule") else None


def _from_schedule(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"dailySchedule": True} if "dailySchedule" in data else {}
    inner = {"weeklySchedule": "dayOfWeek", "monthlySchedule": "dayOfMonth"}
    return found | {name: data[name][member] for name, member in inner.items() if name in data}


CONDITIONS: Final = {
    "hostHeader": ("host-header", "HostHeaderConfig"),
    "httpHeader": ("http-header", "HttpHeaderConfig"),
    "httpRequestMethod": ("http-request-method", "HttpRequestMethodConfig"),
    "pathPattern": ("path-pattern", "PathPatternConfig"),
    "queryStrings": ("query-string", "QueryStringConfig"),
    "sourceIp": ("source-ip", "SourceIpConfig"),
}


def _rule_conditions(value: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The conditions of a listener's rule: one field each."""
    found = []
    for condition in value:
        for name, inner in condition.items():
            field, member = CONDITIONS[name]
            if name == "queryStrings":
                pairs = [{key.title(): text for key, text in one.items()} for one in inner]
                config: dict[str, Any] = {"Values": pairs}
            else:
                config = {"Values": inner["values"]}
                config |= {"HttpHeaderName": inner["httpHeaderName"]} if name == "httpHeader" else {}
            found.append({"Field": field, member: config})
    return found


def _from_rule_conditions(data: list[dict[str, Any]]) -> list[dict[str, Any]]:
    fields = {field: (name, member) for name, (field, member) in CONDITIONS.items()}
    found = []
    for one in data:
        name, member = fields[one["Field"]]
        config = one.get(member) or {"Values": one.get("Values", [])}
        if name == "queryStrings":
            inner: Any = [{key.lower(): text for key, text in pair.items()} for pair in config["Values"]]
        else:
            inner = {"values": config["Values"]}
            inner |= {"httpHeaderName": config["HttpHeaderName"]} if name == "httpHeader" else {}
        found.append({name: inner})
    return found


def _keyed(name: str, inner: str, member: str) -> Converter:
    """A list of things with a key each, which AWS has as a map: `[{key, name: {inner}}]` and `{key: {member}}`."""

    def encode(value: list[dict[str, Any]]) -> dict[str, Any]:
        first = {one["key"]: one[name][0] if isinstance(one[name], list) else one[name] for one in value}
        return {key: {member: item[inner]} for key, item in first.items()}

    def decode(data: dict[str, Any]) -> list[dict[str, Any]]:
        several = inner == "referenceArn"
        found = {key: {inner: item[member]} for key, item in data.items()}
        return [{"key": key, name: [item] if several else item} for key, item in found.items()]

    return Converter(encode, decode)


def _filled(data: Any) -> Any:
    """A document of AWS's without the empty lists and maps that AWS adds."""
    if isinstance(data, dict):
        return {key: _filled(value) for key, value in data.items() if value not in ([], {}, None)}
    return [_filled(item) for item in data] if isinstance(data, list) else data


def _indexes(value: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A table's secondary indexes as DynamoDB has them."""
    found = []
    for one in value:
        keys = (("HASH", one.get("hashKey")), ("RANGE", one.get("rangeKey")))
        projection = {"ProjectionType": one["projectionType"]}
        if one.get("nonKeyAttributes"):
            projection["NonKeyAttributes"] = one["nonKeyAttributes"]
        item: dict[str, Any] = {"IndexName": one["name"], "Projection": projection}
        item["KeySchema"] = [{"AttributeName": name, "KeyType": kind} for kind, name in keys if name]
        if one.get("readCapacity"):
            units = {f"{name.title()}CapacityUnits": int(one[f"{name}Capacity"]) for name in ("read", "write")}
            item["ProvisionedThroughput"] = units
        found.append(item)
    return found


def _from_indexes(data: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for one in data:
        keys = {key["KeyType"]: key["AttributeName"] for key in one["KeySchema"]}
        projection, units = one.get("Projection", {}), one.get("ProvisionedThroughput") or {}
        item = {"name": one["IndexName"], "hashKey": keys.get("HASH"), "rangeKey": keys.get("RANGE")}
        item |= {
            "projectionType": projection.get("ProjectionType"),
            "nonKeyAttributes": projection.get("NonKeyAttributes"),
        }
        item |= {"readCapacity": units.get("ReadCapacityUnits"), "writeCapacity": units.get("WriteCapacityUnits")}
        found.append({name: value for name, value in item.items() if value})
    return found


def _word(yes: str, no: str) -> Converter:
    """A boolean that AWS writes as a word."""
    return Converter(lambda value: yes if value in (True, "true") else no, lambda data: data == yes)


CONVERTERS: Final[dict[str, Converter]] = {
    "archive_filters": Converter(
        lambda value: {one["criteria"]: _archive_filter(one) for one in value},
        lambda data: [{"criteria": name, **_from_archive_filter(one)} for name, one in data.items()],
    ),
    "base64": Converter(
        lambda text: base64.b64encode(text.encode()).decode(), lambda text: base64.b64decode(text).decode()
    ),
    "binary": Converter(base64.b64decode, lambda data: base64.b64encode(data).decode()),
    "budget_filters": Converter(
        lambda value: {one["name"]: one["values"] for one in value},
        lambda data: [{"name": name, "values": values} for name, values in data.items()],
    ),
    "budget_time": Converter(
        lambda text: dt.datetime.strptime(text, BUDGET_TIME).replace(tzinfo=dt.UTC),
        lambda time: time.astimezone(dt.UTC).strftime(BUDGET_TIME),
    ),
    "table_indexes": Converter(_indexes, _from_indexes),
    "enabled": _word("Enabled", "Suspended"),
    "https": Converter(_https, _https),
    "ip_set_references": _keyed("ipSetReferences", "referenceArn", "ReferenceArn"),
    "ip_sets": _keyed("ipSet", "definitions", "Definition"),
    "json_object": Converter(json.loads, lambda data: json.dumps(_filled(data))),
    "json_text": Converter(str, lambda data: data if isinstance(data, str) else json.dumps(data)),
    "function_name": Converter(lambda text: text.rpartition(":function:")[2], str),
    "key_id": Converter(lambda text: text.rpartition(":key/")[2], str),
    "mfa_delete": _word("Enabled", "Disabled"),
    "notify_events": Converter(lambda value: {} if value else None, lambda _: True),
    "notify_lambda": _notification("lambdaFunctionArn", "LambdaFunctionArn"),
    "notify_queue": _notification("queueArn", "QueueArn"),
    "notify_topic": _notification("topicArn", "TopicArn"),
    "number": Converter(float, lambda number: str(int(number)) if number == int(number) else str(number)),
    "port_sets": _keyed("portSet", "definitions", "Definition"),
    "private_addresses": Converter(
        lambda items: [{"PrivateIpAddress": one, "Primary": not number} for number, one in enumerate(items)],
        lambda data: [one["PrivateIpAddress"] for one in data],
    ),
    "protocol_name": Converter(_translated(PROTOCOL_NAMES), _translated(PROTOCOL_NAMES)),
    "protocol_number": Converter(_translated(PROTOCOL_NUMBERS), _translated(PROTOCOL_NAMES)),
    "rule_conditions": Converter(_rule_conditions, _from_rule_conditions),
    "schedule_frequency": Converter(_schedule, _from_schedule),
    "upper": Converter(str.upper, str.lower),
    "service_path": Converter(str, lambda path: path.strip("/").rpartition("/")[2]),
}
