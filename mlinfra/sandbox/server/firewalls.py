"""AWS Network Firewall's firewalls. moto 5.2.5 makes them, but knows neither their endpoints nor how they change or go.

The functions stand in for moto's own, or beside them: each gets what it replaces first (None where that is nothing).
"""

from __future__ import annotations

import importlib
import uuid
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable


def describe(original: Callable[..., Any], firewall: Any) -> dict[str, Any]:
    """A firewall as AWS describes it, with its id."""
    described: dict[str, Any] = original(firewall)
    return described | {"FirewallId": firewall.firewall_id}


def create(original: Callable[..., Any], backend: Any, **settings: Any) -> Any:
    """A firewall has an endpoint in each of its subnets, to which routes may lead."""
    # AWS protects only what it is told to protect; moto would protect everything.
    protections = {name: bool(value) for name, value in settings.items() if name.endswith("_protection")}
    firewall = original(backend, **settings | protections)
    firewall.firewall_id = str(uuid.uuid4())
    firewall.firewall_status["SyncStates"] = {}
    for mapping in firewall.subnet_mappings or ():
        _attach(backend, firewall, mapping["SubnetId"])
    return firewall


def delete(_: Any, response: Any) -> Any:
    """DeleteFirewall."""
    firewall = _named(response)
    if firewall.delete_protection:
        refused = importlib.import_module("moto.core.exceptions").JsonRESTError
        raise refused("InvalidOperationException", f"{firewall.firewall_name} is protected against deletion")
    _detach(response.networkfirewall_backend, firewall, [one["SubnetId"] for one in firewall.subnet_mappings or ()])
    del response.networkfirewall_backend.firewalls[firewall.arn]
    return _result({"Firewall": {"FirewallName": firewall.firewall_name, "FirewallArn": firewall.arn}})


def associate_subnets(_: Any, response: Any) -> Any:
    """AssociateSubnets."""
    firewall, mappings = _named(response), response._get_param("SubnetMappings")  # noqa: SLF001
    firewall.subnet_mappings = [*(firewall.subnet_mappings or ()), *mappings]
    for mapping in mappings:
        _attach(response.networkfirewall_backend, firewall, mapping["SubnetId"])
    return _answer(firewall, SubnetMappings=firewall.subnet_mappings)


def disassociate_subnets(_: Any, response: Any) -> Any:
    """DisassociateSubnets."""
    firewall, gone = _named(response), response._get_param("SubnetIds")  # noqa: SLF001
    firewall.subnet_mappings = [one for one in firewall.subnet_mappings or () if one["SubnetId"] not in gone]
    _detach(response.networkfirewall_backend, firewall, gone)
    return _answer(firewall, SubnetMappings=firewall.subnet_mappings)


def tag(_: Any, response: Any) -> Any:
    """TagResource."""
    firewall = _named(response, "ResourceArn")
    tags = {one["Key"]: one for one in [*(firewall.tags or ()), *response._get_param("Tags")]}  # noqa: SLF001
    firewall.tags = list(tags.values())
    return _result({})


def untag(_: Any, response: Any) -> Any:
    """UntagResource."""
    firewall, gone = _named(response, "ResourceArn"), response._get_param("TagKeys")  # noqa: SLF001
    firewall.tags = [one for one in firewall.tags or () if one["Key"] not in gone]
    return _result({})


def tags(_: Any, response: Any) -> Any:
    """ListTagsForResource."""
    return _result({"Tags": _named(response, "ResourceArn").tags or []})


def _setter(member: str, attribute: str) -> Callable[[Any, Any], Any]:
    """An operation that sets one member of a firewall."""

    def operation(_: Any, response: Any) -> Any:
        firewall, value = _named(response), response._get_param(member)  # noqa: SLF001
        setattr(firewall, attribute, value)
        return _answer(firewall, **({} if value is None else {member: value}))

    return operation


# By the names of the methods of moto's response class.
OPERATIONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "associate_firewall_policy": _setter("FirewallPolicyArn", "firewall_policy_arn"),
    "associate_subnets": associate_subnets,
    "delete_firewall": delete,
    "disassociate_subnets": disassociate_subnets,
    "list_tags_for_resource": tags,
    "tag_resource": tag,
    "untag_resource": untag,
    "update_firewall_analysis_settings": _setter("EnabledAnalysisTypes", "enabled_analysis_types"),
    "update_firewall_delete_protection": _setter("DeleteProtection", "delete_protection"),
    "update_firewall_description": _setter("Description", "description"),
    "update_firewall_encryption_configuration": _setter("EncryptionConfiguration", "encryption_configuration"),
    "update_firewall_policy_change_protection": _setter(
        "FirewallPolicyChangeProtection", "firewall_policy_change_protection"
    ),
    "update_subnet_change_protection": _setter("SubnetChangeProtection", "subnet_change_protection"),
}


def _named(response: Any, arn: str = "FirewallArn") -> Any:
    """The firewall that a request names."""
    return response.networkfirewall_backend._get_firewall(  # noqa: SLF001
        response._get_param(arn),  # noqa: SLF001
        response._get_param("FirewallName"),  # noqa: SLF001
    )


def _result(content: dict[str, Any]) -> Any:
    return importlib.import_module("moto.core.responses").ActionResult(content)


def _answer(firewall: Any, **more: Any) -> Any:
    names = {"FirewallArn": firewall.arn, "FirewallName": firewall.firewall_name}
    return _result({**names, "UpdateToken": firewall.update_token, **more})


def _attach(backend: Any, firewall: Any, subnet_id: str) -> None:
    ec2 = _ec2(backend)
    zone = ec2.get_subnet(subnet_id).availability_zone
    service = f"com.amazonaws.vpce.{backend.region_name}.vpce-svc-{uuid.uuid4().hex[:17]}"
    endpoint = ec2.create_vpc_endpoint(firewall.vpc_id, service, "GatewayLoadBalancer", None, [], [subnet_id])
    attachment = {"SubnetId": subnet_id, "EndpointId": endpoint.id, "Status": "READY"}
    firewall.firewall_status["SyncStates"][zone] = {"Attachment": attachment, "Config": {}}


def _detach(backend: Any, firewall: Any, subnets: list[str]) -> None:
    states = firewall.firewall_status["SyncStates"]
    for zone, state in list(states.items()):
        if state["Attachment"]["SubnetId"] in subnets:
            _ec2(backend).delete_vpc_endpoints([state["Attachment"]["EndpointId"]])
            del states[zone]


def _ec2(backend: Any) -> Any:
    return importlib.import_module("moto.ec2.models").ec2_backends[backend.account_id][backend.region_name]
