"""Hooks of EC2's network types."""
# ruff: noqa: D102 (the methods are Hook's)

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.aws.account import AwsError
from mlinfra.sandbox.aws.converters import PROTOCOL_NAMES
from mlinfra.sandbox.aws.hooks.base import Hook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.sandbox.aws.resource import Resource


class VpcEndpoint(Hook):
    """moto keeps no routes of route tables that were added later, and then cannot delete the endpoint."""

    def before_delete(self, resource: Resource) -> None:
        tables = resource.inputs.get("routeTableIds")
        if tables:
            resource.call("modify_vpc_endpoint", {"VpcEndpointId": resource.id, "RemoveRouteTableIds": tables})


class Firewall(Hook):
    """A firewall's subnets come and go in calls of two forms; its state says which endpoints it has in them."""

    def item(self, resource: Resource, name: str, item: Any, *, added: bool) -> dict[str, Any] | None:
        if added:
            kind = {"IPAddressType": item["ipAddressType"]} if item.get("ipAddressType") else {}
            return {"FirewallArn": resource.id, "SubnetMappings": [{"SubnetId": item["subnetId"], **kind}]}
        return {"FirewallArn": resource.id, "SubnetIds": [item["subnetId"]]}

    def learned(self, resource: Resource, data: Any) -> None:
        if "FirewallStatus" not in data:
            return
        states = []
        for zone, state in data["FirewallStatus"].get("SyncStates", {}).items():
            endpoint = {"endpointId": state["Attachment"]["EndpointId"], "subnetId": state["Attachment"]["SubnetId"]}
            states.append({"availabilityZone": zone, "attachments": [endpoint]})
        resource.outputs["firewallStatuses"] = [{"syncStates": states, "transitGatewayAttachmentSyncStates": []}]


class RouteTable(Hook):
    """Routes through a VPC endpoint read as routes through a gateway; those of gateway endpoints are the endpoints'."""

    def learned(self, resource: Resource, data: Any) -> None:
        if "routes" in resource.outputs:
            routes = resource.outputs["routes"]
            resource.outputs["routes"] = [one for one in routes if not self._of_endpoint(one)]
        for route in (resource.outputs, *(resource.outputs.get("routes") or ())):
            if str(route.get("gatewayId", "")).startswith("vpce-"):
                route["vpcEndpointId"] = route.pop("gatewayId")

    @staticmethod
    def _of_endpoint(route: Mapping[str, Any]) -> bool:
        return "destinationPrefixListId" in route and str(route.get("gatewayId", "")).startswith("vpce-")


class Route(RouteTable):
    """A route's destination, in an import id, may be of three kinds."""

    def find(self, resource: Resource) -> None:
        destination = resource.inputs.get("destinationCidrBlock", "")
        name = "destinationIpv6CidrBlock" if ":" in destination else "destinationPrefixListId"
        if ":" in destination or destination.startswith("pl-"):
            resource.inputs[name] = resource.outputs[name] = resource.inputs.pop("destinationCidrBlock")
            resource.outputs.pop("destinationCidrBlock", None)


class RouteTableAssociation(Hook):
    """Moving an association gives it another id at EC2 while its resource keeps the first one."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if "AssociationId" in params:
            target = resource.inputs.get("subnetId") or resource.inputs.get("gatewayId")
            for table in resource.call("describe_route_tables", {})["RouteTables"]:
                for one in table["Associations"]:
                    if target in (one.get("SubnetId"), one.get("GatewayId")):
                        params["AssociationId"] = one["RouteTableAssociationId"]
        return params


class MainRouteTable(Hook):
    """The association between a VPC and its main route table always exists; it is moved and moved back."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op != "replace_route_table_association":
            return params
        filters = [
            {"Name": "vpc-id", "Values": [resource.inputs["vpcId"]]},
            {"Name": "association.main", "Values": ["true"]},
        ]
        table = resource.call("describe_route_tables", {"Filters": filters})["RouteTables"][0]
        if not resource.id:
            resource.outputs["originalRouteTableId"] = table["RouteTableId"]
        main = next(one for one in table["Associations"] if one.get("Main"))
        return {**params, "AssociationId": main["RouteTableAssociationId"]}


class FlowLog(Hook):
    """What is watched stands in a property of its own kind."""

    KINDS: Final = {
        "vpcId": "VPC",
        "subnetId": "Subnet",
        "eniId": "NetworkInterface",
        "transitGatewayId": "TransitGateway",
        "transitGatewayAttachmentId": "TransitGatewayAttachment",
        "regionalNatGatewayId": "RegionalNatGateway",
    }
    PREFIXES: Final = {
        "vpc-": "vpcId",
        "subnet-": "subnetId",
        "eni-": "eniId",
        "tgw-attach-": "transitGatewayAttachmentId",
        "tgw-": "transitGatewayId",
        "nat-": "regionalNatGatewayId",
    }

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op == "create_flow_logs":
            name = next((name for name in self.KINDS if resource.inputs.get(name)), "")
            if not name:
                raise AwsError("CreateFlowLogs", "MissingParameter", f"one of {', '.join(self.KINDS)} is needed")
            params |= {"ResourceIds": [resource.inputs[name]], "ResourceType": self.KINDS[name]}
        return params

    def learned(self, resource: Resource, data: Any) -> None:
        watched = data.get("ResourceId", "")
        for prefix, name in self.PREFIXES.items():
            if watched.startswith(prefix):
                resource.outputs[name] = watched
                return


class NetworkAcl(Hook):
    """Entries, numbered as the program numbers them; and the subnets, each of which always has one ACL."""

    LAST: Final = 32766  # EC2's own last entries come after it

    def learned(self, resource: Resource, data: Any) -> None:
        if "Entries" not in data:
            return
        for name, egress in (("ingress", False), ("egress", True)):
            entries = [one for one in data["Entries"] if one["Egress"] is egress and one["RuleNumber"] <= self.LAST]
            resource.outputs[name] = [self._rule(one) for one in entries]

    @staticmethod
    def _rule(entry: Mapping[str, Any]) -> dict[str, Any]:
        ports = entry.get("PortRange") or {}
        icmp = entry.get("IcmpTypeCode") or {}
        found = {
            "ruleNo": entry["RuleNumber"],
            "action": entry["RuleAction"],
            "protocol": PROTOCOL_NAMES.get(str(entry["Protocol"]), str(entry["Protocol"])),
            "fromPort": ports.get("From", 0),
            "toPort": ports.get("To", 0),
            "cidrBlock": entry.get("CidrBlock"),
            "ipv6CidrBlock": entry.get("Ipv6CidrBlock"),
            "icmpType": icmp.get("Type"),
            "icmpCode": icmp.get("Code"),
        }
        return {name: value for name, value in found.items() if value is not None}

    def item(self, resource: Resource, name: str, item: Any, *, added: bool) -> dict[str, Any] | None:
        if name != "subnetIds":
            return None
        acl = _acl(resource, "association.subnet-id", item)
        target = resource.id if added else self._default(resource, acl["VpcId"])
        return {"AssociationId": self._association(acl, item), "NetworkAclId": target}

    def before_delete(self, resource: Resource) -> None:
        """Give the subnets back to the VPC's default ACL."""
        if resource.kind.delete is None:
            return
        acl = _acl(resource, "", resource.id)
        for one in acl["Associations"]:
            params = {
                "AssociationId": one["NetworkAclAssociationId"],
                "NetworkAclId": self._default(resource, acl["VpcId"]),
            }
            resource.call("replace_network_acl_association", params)

    @staticmethod
    def _association(acl: Mapping[str, Any], subnet: str) -> str:
        return str(next(one["NetworkAclAssociationId"] for one in acl["Associations"] if one["SubnetId"] == subnet))

    @staticmethod
    def _default(resource: Resource, vpc: str) -> str:
        """The ACL that a VPC's subnets have when they have no other."""
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default", "Values": ["true"]}]
        return str(resource.call("describe_network_acls", {"Filters": filters})["NetworkAcls"][0]["NetworkAclId"])


def _acl(resource: Resource, filter_name: str, value: str) -> dict[str, Any]:
    filters = [{"Name": filter_name, "Values": [value]}]
    acls = resource.call("describe_network_acls", {"Filters": filters} if filter_name else {"NetworkAclIds": [value]})[
        "NetworkAcls"
    ]
    if not acls:
        raise AwsError("DescribeNetworkAcls", "InvalidNetworkAclID.NotFound", f"no ACL for {value}")
    found: dict[str, Any] = acls[0]
    return found


class NetworkAclRule(Hook):
    """An entry's type and code exist for ICMP only."""

    def learned(self, resource: Resource, data: Any) -> None:
        if data.get("PortRange") and not data.get("IcmpTypeCode"):
            resource.outputs.pop("icmpType", None)
            resource.outputs.pop("icmpCode", None)


class DhcpOptions(Hook):
    """Each option is a key with a list of values."""

    KEYS: Final = {
        "domainName": "domain-name",
        "domainNameServers": "domain-name-servers",
        "ntpServers": "ntp-servers",
        "netbiosNameServers": "netbios-name-servers",
        "netbiosNodeType": "netbios-node-type",
        "ipv6AddressPreferredLeaseTime": "ipv6-address-preferred-lease-time",
    }

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op == "create_dhcp_options":
            given = {key: resource.inputs.get(name) for name, key in self.KEYS.items() if resource.inputs.get(name)}
            values = {key: value if isinstance(value, list) else [str(value)] for key, value in given.items()}
            params["DhcpConfigurations"] = [{"Key": key, "Values": value} for key, value in values.items()]
        return params

    def learned(self, resource: Resource, data: Any) -> None:
        found = {
            one["Key"]: [value["Value"] for value in one["Values"]] for one in data.get("DhcpConfigurations") or ()
        }
        for name, key in self.KEYS.items():
            if found.get(key):
                several = isinstance(resource.kind.schema.inputs[name], list)
                resource.outputs[name] = found[key] if several else found[key][0]
