"""Rules about VPCs: their logs, subnets, access lists, endpoints and ways out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from mlinfra.compliance.profiles import STRICT, Profile
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of, only_if
from mlinfra.graph_values import Unknown, inside
from mlinfra.policies.grants import policy
from mlinfra.policies.openings import is_world
from mlinfra.policies.statements import Known, Statement, all3, not3

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.compliance.resource import Resource

VPC: Final = "aws:ec2/vpc:Vpc"
SUBNET: Final = "aws:ec2/subnet:Subnet"
FLOW_LOG: Final = "aws:ec2/flowLog:FlowLog"
ACLS: Final = ("aws:ec2/networkAcl:NetworkAcl", "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl")
ACL_RULE: Final = "aws:ec2/networkAclRule:NetworkAclRule"
ENDPOINT: Final = "aws:ec2/vpcEndpoint:VpcEndpoint"
ENDPOINT_POLICY: Final = "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy"
NAT: Final = "aws:ec2/natGateway:NatGateway"
INTERNET_GATEWAY: Final = "aws:ec2/internetGateway:InternetGateway"
BLOCK_OPTIONS: Final = "aws:ec2/vpcBlockPublicAccessOptions:VpcBlockPublicAccessOptions"
TRANSIT: Final = "aws:ec2transitgateway/transitGateway:TransitGateway"
QUERY_LOG: Final = "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation"
NETWORK: Final = "mlinfra:network:Network"
ISOLATED: Final = frozenset({Profile.ISOLATED})
LOGIN_PORTS: Final = (22, 3389)
NEEDED: Final = ("s3", "ecr.api", "ecr.dkr", "sts", "logs", "kms")
"""Services without which no training job starts in a VPC that has no way out: data, images, identity, logs and keys."""
PRIVATE: Final = ("s3", "ec2", "ecr.api", "ecr.dkr", "ssm")
"""Services for which AWS's best practices ask for an endpoint in every VPC (EC2.10, EC2.55, EC2.56, EC2.57), and S3, whose
endpoint costs nothing."""
_LAST_RULE: Final = 32767
_RESOURCE: Final = ("aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths", "aws:principalorgpaths")


@rule(
    "vpc-flow-logs",
    title="VPCs log all their traffic",
    severity=Severity.MEDIUM,
    types=(VPC,),
    fix='aws.ec2.FlowLog(name, vpc_id=vpc.id, traffic_type="ALL", log_destination=group.arn, iam_role_arn=role.arn)',
)
def vpc_flow_logs(vpc: Resource) -> Truth:
    """What spoke with what is known only from them, and only from the day on that they were switched on."""
    return vpc.attached(FLOW_LOG, at="vpcId").any(lambda log: log["trafficType"].is_("ALL"))


@rule(
    "vpc-dns-logs",
    title="VPCs log the names that are looked up",
    severity=Severity.LOW,
    types=(VPC,),
    fix="aws.route53.ResolverQueryLogConfigAssociation(name, resource_id=vpc.id, resolver_query_log_config_id=config.id)",
    profiles=STRICT,
)
def vpc_dns_logs(vpc: Resource) -> Truth:
    """Data leaves through DNS where every other way is closed, and malware gives itself away by what it asks for."""
    return vpc.attached(QUERY_LOG, at="resourceId").exist()


@rule(
    "subnet-no-auto-public",
    title="Subnets give no public addresses by themselves",
    severity=Severity.MEDIUM,
    types=(SUBNET,),
    fix="aws.ec2.Subnet(name, map_public_ip_on_launch=False, …)",
)
def subnet_no_auto_public(subnet: Resource) -> Truth:
    """A GPU node that happens to start there would stand on the internet without anybody having asked for it."""
    return ~subnet["mapPublicIpOnLaunch"].is_true()


@rule(
    "nacl-no-admin-ports",
    title="Access lists let nobody log in from the internet",
    severity=Severity.MEDIUM,
    types=ACLS,
    fix="let in 1024-3388 and 3390-65535 for answers, or deny 22 and 3389 under a lower rule number",
)
def nacl_no_admin_ports(acl: Resource) -> Truth:
    """The list is what holds when a security group is opened by mistake. The rule with the lowest number decides."""
    rules = list(_entries(acl))
    if any(isinstance(one, Unknown) for one in inside([*rules])) or acl.attached(ACL_RULE, at="networkAclId").possible:
        return acl.says(None, "rules that are known")
    entered = [port for port in LOGIN_PORTS if _decides(rules, port) == "allow"]
    return acl["ingress"].says(
        not entered, f"no port {' or '.join(map(str, entered or LOGIN_PORTS))} from the internet"
    )


@rule(
    "vpce-policy",
    title="Endpoints of VPCs have a policy that says who may reach what",
    severity=Severity.MEDIUM,
    types=(ENDPOINT,),
    fix='policy with "Condition": {"StringEquals": {"aws:PrincipalAccount": account, "aws:ResourceAccount": account}}',
    arguments={NETWORK: "endpoints"},
    profiles=STRICT,
)
def vpce_policy(endpoint: Resource) -> Truth:
    """By default an endpoint carries anything to anybody's bucket: with a foreign key the data leaves through it.

    Endpoints of load balancers, and those of services of other providers, have no policy. Single actions that need no
    identity, such as sts:AssumeRoleWithWebIdentity, may be left open.
    """

    def full(one: Statement) -> Known:
        wide = True if one.not_actions is not None else one.actions.any(lambda text: text.endswith(("*", "Object")))
        anybody = all3((one.anybody(), not3(one.requires("aws:principalaccount", "aws:principalorgid", *_RESOURCE))))
        return all3((one.allows, wide, anybody, one.everything()))

    def limited(holder: Resource) -> Truth:
        return holder["policy"].present() & policy(holder["policy"]).none(full, "a condition that says who, or on what")

    has_policy = endpoint["serviceName"].matches(r"(com|cn)\.amazonaws\..*|aws\..*") & endpoint["vpcEndpointType"].is_(
        "Gateway", "Interface"
    )
    return only_if(has_policy, limited(endpoint) | endpoint.attached(ENDPOINT_POLICY, at="vpcEndpointId").any(limited))


@rule(
    "vpce-required",
    title="Isolated VPCs reach what jobs need through endpoints",
    severity=Severity.MEDIUM,
    types=(VPC,),
    fix='aws.ec2.VpcEndpoint(name, vpc_id=vpc.id, service_name=f"com.amazonaws.{region}.ecr.api", …) for each of them',
    arguments={NETWORK: "endpoints"},
    profiles=ISOLATED,
)
def vpce_required(vpc: Resource) -> Truth:
    """Without a way out nothing starts before its image, its data and its logs can be reached."""
    return _reached(vpc, NEEDED)


@rule(
    "vpce-private",
    title="VPCs reach instances, images, data and sessions without the internet",
    severity=Severity.MEDIUM,
    types=(VPC,),
    fix='aws.ec2.VpcEndpoint(name, vpc_id=vpc.id, service_name=f"com.amazonaws.{region}.ec2", …) for each of them',
    arguments={NETWORK: "endpoints"},
    profiles=STRICT,
)
def vpce_private(vpc: Resource) -> Truth:
    """Past a NAT gateway no policy says whose buckets and images may be reached, and every gigabyte is paid for."""
    return _reached(vpc, PRIVATE)


def _reached(vpc: Resource, services: tuple[str, ...]) -> Truth:
    """Whether a VPC has endpoints for services."""
    endpoints = vpc.attached(ENDPOINT, at="vpcId")

    def reached(service: str) -> Truth:
        name = rf"(com|cn\.com)\.amazonaws\.[\w-]+\.{re.escape(service)}"
        return endpoints.any(lambda one: one["serviceName"].matches(name)).wanted(f"an endpoint for {service}")

    return all_of(map(reached, services))


@rule(
    "vpc-no-way-out",
    title="Isolated VPCs have no gateway to the internet",
    severity=Severity.HIGH,
    types=(VPC,),
    fix="no aws.ec2.InternetGateway and no aws.ec2.NatGateway; endpoints instead",
    arguments={NETWORK: "egress"},
    profiles=ISOLATED,
)
def vpc_no_way_out(vpc: Resource) -> Truth:
    """Isolation is a promise that one gateway breaks."""
    public = vpc.graph.of(NAT).any(lambda one: one["connectivityType"].is_("public"))
    return ~(vpc.graph.of(INTERNET_GATEWAY).exist() | public)


@rule(
    "vpc-block-public-access",
    title="VPC Block Public Access is on",
    severity=Severity.MEDIUM,
    types=(VPC,),
    arguments={"mlinfra:network:Network": "block_public_access"},
    fix='aws.ec2.VpcBlockPublicAccessOptions(name, internet_gateway_block_mode="block-bidirectional")',
    profiles=ISOLATED,
)
def vpc_block_public_access(vpc: Resource) -> Truth:
    """It holds for every VPC of the account and region, whatever route or gateway somebody adds later."""
    return vpc.graph.of(BLOCK_OPTIONS).any(
        lambda one: one["internetGatewayBlockMode"].is_("block-bidirectional", "block-ingress")
    )


@rule(
    "tgw-no-auto-accept",
    title="Transit gateways do not accept attachments by themselves",
    severity=Severity.HIGH,
    types=(TRANSIT,),
    fix='aws.ec2transitgateway.TransitGateway(name, auto_accept_shared_attachments="disable")',
)
def tgw_no_auto_accept(gateway: Resource) -> Truth:
    """Any account that the gateway is shared with would join the network without being asked."""
    return ~gateway["autoAcceptSharedAttachments"].is_("enable")


def _entries(acl: Resource) -> Iterator[dict[str, Any]]:
    """What the list lets in or not: its own rules and those that are attached to it, by one set of names."""
    inline = acl["ingress"].raw
    for one in inline if isinstance(inline, list) else [inline]:
        if isinstance(one, dict):
            yield {**one, "cidrs": [one.get("cidrBlock"), one.get("ipv6CidrBlock")]}
        elif isinstance(one, Unknown):
            yield {"cidrs": one}  # an Unknown: whoever reads the rules sees it first
    for entry in acl.attached(ACL_RULE, at="networkAclId"):
        raw = entry.node.inputs
        if raw.get("egress") is not True:
            yield {
                **raw,
                "action": raw.get("ruleAction"),
                "ruleNo": raw.get("ruleNumber"),
                "cidrs": [raw.get("cidrBlock"), raw.get("ipv6CidrBlock")],
            }


def _decides(rules: list[dict[str, Any]], port: int) -> str:
    """What becomes of a packet from the internet to a port: the first rule that is about it says so."""
    for one in sorted(rules, key=lambda one: _number(one.get("ruleNo"), _LAST_RULE)):
        everything = str(one.get("protocol")) in ("-1", "all")
        tcp = str(one.get("protocol")) in ("tcp", "6")
        reaches = _number(one.get("fromPort"), 0) <= port <= _number(one.get("toPort"), 0)
        if any(map(is_world, one["cidrs"])) and (everything or (tcp and reaches)):
            return str(one.get("action")).lower()
    return "deny"


def _number(raw: Any, otherwise: int) -> int:
    return int(raw) if isinstance(raw, int | float) or (isinstance(raw, str) and raw.isdigit()) else otherwise


RULES: Final = (
    *(vpc_flow_logs, vpc_dns_logs, subnet_no_auto_public, nacl_no_admin_ports, vpce_policy, vpce_required),
    vpce_private,
    *(vpc_no_way_out, vpc_block_public_access, tgw_no_auto_accept),
)
