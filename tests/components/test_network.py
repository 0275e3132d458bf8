"""Networks: tiers, ways out, endpoints, and what AWS leaves open closed."""

from __future__ import annotations

from typing import Any

import pytest

import mlinfra as ml
from mlinfra.catalog.endpoints import defaults, endpoints, names

ZONES = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
KEY = "arn:aws:kms:eu-central-1:123456789012:key/logs"
PROFILES = list(ml.Profile)
SUBNET, ROUTE, TABLE = "aws:ec2/subnet:Subnet", "aws:ec2/route:Route", "aws:ec2/routeTable:RouteTable"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
ENDPOINT, NAT = "aws:ec2/vpcEndpoint:VpcEndpoint", "aws:ec2/natGateway:NatGateway"
INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
BLOCK = "aws:ec2/vpcBlockPublicAccessOptions:VpcBlockPublicAccessOptions"


def network(declare, **arguments: Any):
    args = {
        "account": ml.Account(id="123456789012", region="eu-central-1"),
        "cidr": "10.0.0.0/16",
        "zones": ZONES,
        "logs_key_arn": KEY,
        **arguments,
    }
    return declare(lambda: ml.Network("net", ml.NetworkArgs(**args)))


def routes(declared) -> dict[str, set[str]]:
    """Where each route table leads beside the VPC itself."""
    tables: dict[str, set[str]] = {name: set() for name in declared.names(TABLE)}
    for route in declared.of(ROUTE):
        assert route.inputs["destinationCidrBlock"] == "0.0.0.0/0"
        target = "gatewayId" if "gatewayId" in route.inputs else "natGatewayId"
        (table,) = declared.refers(route, "routeTableId")
        tables[table] |= declared.refers(route, target)
    return tables


def tables_of(declared, tier: str) -> set[str]:
    links = [link for link in declared.of(ASSOCIATION) if link.name.startswith(f"net-{tier}-")]
    assert all(declared.refers(link, "subnetId") == {link.name} for link in links)
    return {table for link in links for table in declared.refers(link, "routeTableId")}


def service(endpoint) -> str:
    """The catalog's name of the endpoint's service."""
    by_name = {known.service_name("eu-central-1"): known.service for known in endpoints().values()}
    return by_name[endpoint.inputs["serviceName"]]


def test_every_zone_gets_every_tier(declare) -> None:
    declared = network(declare)
    tiers = ("control", "data", "public", "workload")
    assert declared.names(SUBNET) == [f"net-{tier}-{zone}" for tier in tiers for zone in "abc"]
    assert all(subnet.inputs["availabilityZone"][-1] == subnet.name[-1] for subnet in declared.of(SUBNET))


def test_no_subnet_hands_out_public_addresses(declare) -> None:
    assert not any(subnet.inputs["mapPublicIpOnLaunch"] for subnet in network(declare).of(SUBNET))


@pytest.mark.parametrize(("egress", "gateways"), [("per-zone", "abc"), ("single", "a"), ("none", "")])
def test_egress_decides_over_nat_gateways_and_public_subnets(declare, egress: str, gateways: str) -> None:
    declared = network(declare, egress=egress)
    assert declared.names(NAT) == [f"net-nat-{zone}" for zone in gateways]
    public = [name for name in declared.names(SUBNET) if "public" in name]
    assert public == [f"net-public-{zone}" for zone in gateways]
    assert len(declared.of("aws:ec2/internetGateway:InternetGateway")) == bool(gateways)


def test_workloads_leave_through_their_own_zone_where_it_has_a_gateway(declare) -> None:
    per_zone = routes(network(declare, egress="per-zone"))
    assert {zone: per_zone[f"net-workload-{zone}"] for zone in "abc"} == {z: {f"net-nat-{z}"} for z in "abc"}
    single = routes(network(declare, egress="single"))
    assert {zone: single[f"net-workload-{zone}"] for zone in "abc"} == {z: {"net-nat-a"} for z in "abc"}


@pytest.mark.parametrize("profile", PROFILES)
def test_data_and_control_tiers_have_no_way_out(declare, profile: ml.Profile) -> None:
    declared = network(declare, profile=profile)
    assert tables_of(declared, "data") == tables_of(declared, "control") == {"net-closed"}
    assert routes(declared)["net-closed"] == set()
    assert not any("net-closed" in declared.refers(endpoint, "routeTableIds") for endpoint in declared.of(ENDPOINT))


def test_an_isolated_network_has_no_path_to_the_internet(declare) -> None:
    declared = network(declare, profile="isolated")
    assert not any(routes(declared).values())
    for type_ in ("internetGateway:InternetGateway", "natGateway:NatGateway", "eip:Eip"):
        assert not declared.of(f"aws:ec2/{type_}")
    assert declared.one(BLOCK).inputs["internetGatewayBlockMode"] == "block-bidirectional"


@pytest.mark.parametrize("profile", [ml.Profile.BASELINE, ml.Profile.REGULATED])
def test_account_wide_blocking_is_left_alone_unless_asked_for(declare, profile: ml.Profile) -> None:
    assert not network(declare, profile=profile).of(BLOCK)
    assert network(declare, profile=profile, block_public_access=True).of(BLOCK)


def test_what_aws_leaves_open_is_closed(declare) -> None:
    declared = network(declare)
    for type_ in ("SecurityGroup", "NetworkAcl", "RouteTable"):
        closed = declared.one(f"aws:ec2/default{type_}:Default{type_}")
        assert not any(closed.inputs.get(opening) for opening in ("ingress", "egress", "routes"))


def test_every_subnet_has_an_acl_of_its_tier(declare) -> None:
    declared = network(declare, pods_cidr="100.64.0.0/16")
    for acl in declared.of("aws:ec2/networkAcl:NetworkAcl"):
        assert declared.refers(acl, "subnetIds") == {f"{acl.name}-{zone}" for zone in "abc"}
    assert len(declared.of("aws:ec2/networkAcl:NetworkAcl")) == 5


def test_pods_get_their_own_subnets_in_the_secondary_range(declare) -> None:
    declared = network(declare, pods_cidr="100.64.0.0/16")
    pods = [subnet for subnet in declared.of(SUBNET) if "-pods-" in subnet.name]
    assert [subnet.inputs["cidrBlock"] for subnet in pods] == ["100.64.0.0/19", "100.64.32.0/19", "100.64.64.0/19"]
    assert tables_of(declared, "pods") == tables_of(declared, "workload")
    assert all("net-pods" in declared.needs(subnet) for subnet in pods)
    assert {rule.inputs["cidrIpv4"] for rule in declared.of(INGRESS_RULE)} == {"10.0.0.0/16", "100.64.0.0/16"}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_profile_brings_its_endpoints_and_arguments_add_to_them(declare, profile: ml.Profile) -> None:
    declared = network(declare, profile=profile, endpoints=["bedrock-runtime", "s3"])
    assert {service(endpoint) for endpoint in declared.of(ENDPOINT)} == {*defaults(profile.value), "bedrock-runtime"}


def test_endpoints_are_private_and_reached_by_https_from_the_vpc_alone(declare) -> None:
    declared = network(declare)
    workload = {f"net-workload-{zone}" for zone in "abc"}
    for endpoint in declared.of(ENDPOINT):
        if endpoint.inputs["vpcEndpointType"] == "Interface":
            assert endpoint.inputs["privateDnsEnabled"] is True
            assert declared.refers(endpoint, "securityGroupIds") == {"net-endpoints"}
            assert declared.refers(endpoint, "subnetIds") == workload
        else:
            assert declared.refers(endpoint, "routeTableIds") == workload
    group = declared.one("aws:ec2/securityGroup:SecurityGroup")
    assert not any(group.inputs.get(inline) for inline in ("ingress", "egress"))
    rule = declared.one(INGRESS_RULE)
    assert (rule.inputs["fromPort"], rule.inputs["toPort"], rule.inputs["cidrIpv4"]) == (443, 443, "10.0.0.0/16")
    assert not declared.of("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")


def test_no_group_is_made_without_interface_endpoints(declare) -> None:
    assert not network(declare, profile="baseline").of("aws:ec2/securityGroup:SecurityGroup")


def test_endpoint_policies_admit_the_account_alone(declare, statements) -> None:
    declared = network(declare, profile="isolated", endpoints=list(endpoints()))
    for endpoint in declared.of(ENDPOINT):
        general, *also = statements(endpoint)
        equal = general["Condition"]["StringEquals"]
        assert equal["aws:PrincipalAccount"] == "123456789012"
        assert (equal.get("aws:ResourceAccount") == "123456789012") == endpoints()[service(endpoint)].own
        for statement in also:
            assert statement["Action"] != "*"
            assert "Condition" in statement or statement["Resource"] != "*"


def test_flow_logs_record_everything_encrypted_for_as_long_as_the_profile_wants(declare, statements) -> None:
    declared = network(declare)
    flow_log = declared.one("aws:ec2/flowLog:FlowLog")
    assert flow_log.inputs["trafficType"] == "ALL"
    assert declared.refers(flow_log, "vpcId") == {"net-vpc"}
    group = declared.one("aws:cloudwatch/logGroup:LogGroup", "net-flow-logs")
    assert (group.inputs["kmsKeyId"], group.inputs["retentionInDays"]) == (KEY, 365)
    (trusted,) = statements(declared.one("aws:iam/role:Role"), "assumeRolePolicy")
    assert trusted["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert trusted["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:ec2:eu-central-1:123456789012:vpc-flow-log/*"},
    }
    write, _ = statements(declared.one("aws:iam/rolePolicy:RolePolicy"))
    assert write["Resource"] == [group.outputs["arn"], f"{group.outputs['arn']}:*"]


def test_adding_a_zone_changes_no_subnet_and_no_gateway(declare) -> None:
    before, after = network(declare, zones=ZONES[:2]), network(declare, zones=ZONES)
    kept = {subnet.name: subnet.inputs for subnet in after.of(SUBNET)}
    for subnet in before.of(SUBNET):
        assert kept[subnet.name] == subnet.inputs
    assert set(before.names(NAT)) < set(after.names(NAT))


def test_accounts_of_an_earlier_date_keep_their_zone_letters(declare) -> None:
    account = ml.Account(id="123456789012", region="us-west-1")
    declared = network(declare, account=account, zones=["us-west-1a", "us-west-1c"])
    assert "net-workload-c" in declared.names(SUBNET)


def test_a_partition_of_its_own_shows_in_every_arn(declare, statements) -> None:
    account = ml.Account(id="123456789012", region="us-gov-west-1")
    declared = network(declare, account=account, zones=["us-gov-west-1a", "us-gov-west-1b"])
    (s3,) = [e for e in declared.of(ENDPOINT) if e.inputs["serviceName"] == "com.amazonaws.us-gov-west-1.s3"]
    assert all(arn.startswith("arn:aws-us-gov:s3:::") for arn in statements(s3)[1]["Resource"])
    (trusted,) = statements(declared.one("aws:iam/role:Role"), "assumeRolePolicy")
    assert trusted["Condition"]["ArnLike"]["aws:SourceArn"].startswith("arn:aws-us-gov:ec2:us-gov-west-1:")


def test_dns_queries_are_logged_encrypted_and_delivered_by_nobody_else(declare, statements) -> None:
    declared = network(declare)
    group = declared.one("aws:cloudwatch/logGroup:LogGroup", "net-dns-logs")
    assert (group.inputs["kmsKeyId"], group.inputs["retentionInDays"]) == (KEY, 365)
    config = declared.one("aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig")
    assert config.inputs["destinationArn"] == group.outputs["arn"]
    link = declared.one("aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation")
    assert declared.refers(link, "resourceId") == {"net-vpc"}
    assert declared.refers(link, "resolverQueryLogConfigId") == {"net-dns-logs"}
    admitted = declared.one("aws:cloudwatch/logResourcePolicy:LogResourcePolicy")
    assert admitted in declared.graph.dependencies(config)
    (deliver,) = statements(admitted, "policyDocument")
    assert deliver["Principal"] == {"Service": "delivery.logs.amazonaws.com"}
    assert deliver["Resource"] == f"{group.outputs['arn']}:log-stream:*"
    assert deliver["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:logs:eu-central-1:123456789012:*"},
    }


FIREWALL = "aws:route53/resolverFirewall"


def allowed(declared) -> set[str]:
    """The domains that a network resolves; every one of them when there is no firewall."""
    rules = {rule.inputs["action"]: rule for rule in declared.of(f"{FIREWALL}Rule:ResolverFirewallRule")}
    if not rules:
        return {"*"}
    lists = {
        found.name: found.inputs["domains"] for found in declared.of(f"{FIREWALL}DomainList:ResolverFirewallDomainList")
    }
    (rest,) = declared.refers(rules["BLOCK"], "firewallDomainListId")
    assert lists[rest] == ["*"]
    assert rules["ALLOW"].inputs["priority"] < rules["BLOCK"].inputs["priority"]
    (listed,) = declared.refers(rules["ALLOW"], "firewallDomainListId")
    return set(lists[listed])


@pytest.mark.parametrize(
    ("arguments", "domains"),
    [
        ({}, {"*"}),
        ({"profile": "isolated"}, {*names("eu-central-1")}),
        ({"allowed_domains": []}, {*names("eu-central-1")}),
        ({"allowed_domains": ["pypi.org"]}, {*names("eu-central-1"), "pypi.org"}),
        ({"profile": "isolated", "allowed_domains": ["corp.example"]}, {*names("eu-central-1"), "corp.example"}),
    ],
)
def test_only_listed_names_and_awss_own_are_resolved(declare, arguments: dict[str, Any], domains: set[str]) -> None:
    assert allowed(network(declare, **arguments)) == domains


def test_the_dns_firewall_fails_closed_and_begins_with_its_rules(declare) -> None:
    declared = network(declare, allowed_domains=["pypi.org"])
    assert declared.one(f"{FIREWALL}Config:ResolverFirewallConfig").inputs["firewallFailOpen"] == "DISABLED"
    link = declared.one(f"{FIREWALL}RuleGroupAssociation:ResolverFirewallRuleGroupAssociation")
    assert {"net-dns-firewall-allow", "net-dns-firewall-block"} <= declared.needs(link)
    assert declared.refers(link, "vpcId") == {"net-vpc"}


def test_every_endpoint_of_the_catalog_has_a_name_that_a_closed_network_resolves(declare) -> None:
    zones = tuple(name.removeprefix("*") for name in names("eu-central-1"))
    hosts = {
        f"{'.'.join(reversed(endpoint.service_name('eu-central-1').split('.')[3:]))}.eu-central-1.amazonaws.com"
        for endpoint in endpoints().values()
        if endpoint.name.startswith("com.amazonaws")
    }
    assert all(host.endswith(zones) for host in hosts)
