"""Networks: tiers, ways out, endpoints, and what AWS leaves open closed."""

from __future__ import annotations

from typing import Any

import pytest

import mlinfra as ml
from mlinfra.catalog.endpoints import defaults, endpoints

ZONES = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
KEY = "arn:aws:kms:eu-central-1:123456789012:key/logs"
PROFILES = list(ml.Profile)


def network(declare, **arguments: Any):
    args = {
        "account": ml.Account(id="123456789012", region="eu-central-1"),
        "cidr": "10.0.0.0/16",
        "zones": ZONES,
        "logs_key_arn": KEY,
        **arguments,
    }
    return declare(lambda: ml.Network("net", ml.NetworkArgs(**args)))


def routes(graph) -> dict[str, list[str]]:
    """Where each route table leads beside the VPC itself."""
    tables = {node.name + "-id": [] for node in graph.of("aws:ec2/routeTable:RouteTable")}
    for route in graph.of("aws:ec2/route:Route"):
        target = route.inputs.get("gatewayId") or route.inputs["natGatewayId"]
        tables[route.inputs["routeTableId"]].append(f"{route.inputs['destinationCidrBlock']} {target}")
    return tables


def tables_of(graph, tier: str) -> set[str]:
    return {
        link.inputs["routeTableId"]
        for link in graph.of("aws:ec2/routeTableAssociation:RouteTableAssociation")
        if link.inputs["subnetId"].startswith(f"net-{tier}-")
    }


def test_every_zone_gets_every_tier(declare) -> None:
    graph = network(declare)
    assert sorted(graph.names("aws:ec2/subnet:Subnet")) == sorted(
        f"net-{tier}-{zone}" for tier in ("public", "workload", "data", "control") for zone in "abc"
    )
    assert {s.inputs["availabilityZone"][-1] == s.name[-1] for s in graph.of("aws:ec2/subnet:Subnet")} == {True}


def test_no_subnet_hands_out_public_addresses(declare) -> None:
    assert not any(s.inputs["mapPublicIpOnLaunch"] for s in network(declare).of("aws:ec2/subnet:Subnet"))


@pytest.mark.parametrize(("egress", "gateways"), [("per-zone", ["a", "b", "c"]), ("single", ["a"]), ("none", [])])
def test_egress_decides_over_nat_gateways_and_public_subnets(declare, egress: str, gateways: list[str]) -> None:
    graph = network(declare, egress=egress)
    assert graph.names("aws:ec2/natGateway:NatGateway") == [f"net-nat-{zone}" for zone in gateways]
    public = [name for name in graph.names("aws:ec2/subnet:Subnet") if "public" in name]
    assert public == [f"net-public-{zone}" for zone in gateways]
    assert len(graph.of("aws:ec2/internetGateway:InternetGateway")) == bool(gateways)


def test_workloads_leave_through_their_own_zone_where_it_has_a_gateway(declare) -> None:
    per_zone = routes(network(declare, egress="per-zone"))
    assert per_zone["net-workload-b-id"] == ["0.0.0.0/0 net-nat-b-id"]
    single = routes(network(declare, egress="single"))
    assert {tuple(single[f"net-workload-{zone}-id"]) for zone in "abc"} == {("0.0.0.0/0 net-nat-a-id",)}


@pytest.mark.parametrize("profile", PROFILES)
def test_data_and_control_tiers_have_no_way_out(declare, profile: ml.Profile) -> None:
    graph = network(declare, profile=profile)
    assert tables_of(graph, "data") == tables_of(graph, "control") == {"net-closed-id"}
    assert routes(graph)["net-closed-id"] == []
    gateways = [e for e in graph.of("aws:ec2/vpcEndpoint:VpcEndpoint") if "routeTableIds" in e.inputs]
    assert not any("net-closed-id" in endpoint.inputs["routeTableIds"] for endpoint in gateways)


def test_an_isolated_network_has_no_path_to_the_internet(declare) -> None:
    graph = network(declare, profile="isolated")
    assert not any(routes(graph).values())
    for type_ in ("internetGateway:InternetGateway", "natGateway:NatGateway", "eip:Eip"):
        assert not graph.of(f"aws:ec2/{type_}")
    block = graph.one("aws:ec2/vpcBlockPublicAccessOptions:VpcBlockPublicAccessOptions")
    assert block.inputs == {"internetGatewayBlockMode": "block-bidirectional"}


@pytest.mark.parametrize("profile", [ml.Profile.BASELINE, ml.Profile.REGULATED])
def test_account_wide_blocking_is_left_alone_unless_asked_for(declare, profile: ml.Profile) -> None:
    type_ = "aws:ec2/vpcBlockPublicAccessOptions:VpcBlockPublicAccessOptions"
    assert not network(declare, profile=profile).of(type_)
    assert network(declare, profile=profile, block_public_access=True).of(type_)


def test_what_aws_leaves_open_is_closed(declare) -> None:
    graph = network(declare)
    for type_ in ("SecurityGroup", "NetworkAcl", "RouteTable"):
        closed = graph.one(f"aws:ec2/default{type_}:Default{type_}")
        assert not {"ingress", "egress", "routes"} & closed.inputs.keys()


def test_every_subnet_has_an_acl_of_its_tier(declare) -> None:
    graph = network(declare, pods_cidr="100.64.0.0/16")
    guarded = [subnet for acl in graph.of("aws:ec2/networkAcl:NetworkAcl") for subnet in acl.inputs["subnetIds"]]
    assert sorted(guarded) == sorted(f"{name}-id" for name in graph.names("aws:ec2/subnet:Subnet"))


def test_pods_get_their_own_subnets_in_the_secondary_range(declare) -> None:
    graph = network(declare, pods_cidr="100.64.0.0/16")
    pods = [s for s in graph.of("aws:ec2/subnet:Subnet") if "-pods-" in s.name]
    assert [s.inputs["cidrBlock"] for s in pods] == ["100.64.0.0/19", "100.64.32.0/19", "100.64.64.0/19"]
    assert tables_of(graph, "pods") == tables_of(graph, "workload")
    assert all("net-pods" in subnet.depends_on for subnet in pods)
    sources = {
        rule.inputs["cidrIpv4"] for rule in graph.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    }
    assert sources == {"10.0.0.0/16", "100.64.0.0/16"}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_profile_brings_its_endpoints_and_arguments_add_to_them(declare, profile: ml.Profile) -> None:
    graph = network(declare, profile=profile, endpoints=["bedrock-runtime", "s3"])
    made = {
        e.inputs["serviceName"].removeprefix("com.amazonaws.eu-central-1.")
        for e in graph.of("aws:ec2/vpcEndpoint:VpcEndpoint")
    }
    assert made == {*defaults(profile.value), "bedrock-runtime"}


def test_endpoints_are_private_and_reached_by_https_from_the_vpc_alone(declare) -> None:
    graph = network(declare)
    for endpoint in graph.of("aws:ec2/vpcEndpoint:VpcEndpoint"):
        if endpoint.inputs["vpcEndpointType"] == "Interface":
            assert endpoint.inputs["privateDnsEnabled"] is True
            assert endpoint.inputs["securityGroupIds"] == ["net-endpoints-id"]
            assert len(endpoint.inputs["subnetIds"]) == len(ZONES)
        else:
            assert set(endpoint.inputs["routeTableIds"]) == {f"net-workload-{zone}-id" for zone in "abc"}
    group = graph.one("aws:ec2/securityGroup:SecurityGroup")
    assert not {"ingress", "egress"} & group.inputs.keys()
    (rule,) = graph.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert (rule.inputs["fromPort"], rule.inputs["toPort"], rule.inputs["cidrIpv4"]) == (443, 443, "10.0.0.0/16")
    assert not graph.of("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")


def test_no_group_is_made_without_interface_endpoints(declare) -> None:
    assert not network(declare, profile="baseline").of("aws:ec2/securityGroup:SecurityGroup")


def test_endpoint_policies_admit_the_account_alone(declare) -> None:
    graph = network(declare, profile="isolated", endpoints=list(endpoints()))
    for endpoint in graph.of("aws:ec2/vpcEndpoint:VpcEndpoint"):
        service = endpoint.inputs["serviceName"].removeprefix("com.amazonaws.eu-central-1.")
        general, *also = endpoint.document()["Statement"]
        equal = general["Condition"]["StringEquals"]
        assert equal["aws:PrincipalAccount"] == "123456789012"
        assert (equal.get("aws:ResourceAccount") == "123456789012") == endpoints()[service].own
        for statement in also:
            assert statement["Action"] != "*"
            assert "Condition" in statement or statement["Resource"] != "*"


def test_flow_logs_record_everything_encrypted_for_as_long_as_the_profile_wants(declare) -> None:
    graph = network(declare)
    flow_log = graph.one("aws:ec2/flowLog:FlowLog")
    assert (flow_log.inputs["trafficType"], flow_log.inputs["vpcId"]) == ("ALL", "net-vpc-id")
    group = graph.one("aws:cloudwatch/logGroup:LogGroup")
    assert (group.inputs["kmsKeyId"], group.inputs["retentionInDays"]) == (KEY, 365)
    trusted = graph.one("aws:iam/role:Role").document("assumeRolePolicy")["Statement"][0]
    assert trusted["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert trusted["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:ec2:eu-central-1:123456789012:vpc-flow-log/*"},
    }


def test_adding_a_zone_changes_no_subnet_and_no_gateway(declare) -> None:
    before, after = network(declare, zones=ZONES[:2]), network(declare, zones=ZONES)
    kept = {node.name: node.inputs for node in after.of("aws:ec2/subnet:Subnet")}
    for subnet in before.of("aws:ec2/subnet:Subnet"):
        assert kept[subnet.name] == subnet.inputs
    assert set(before.names("aws:ec2/natGateway:NatGateway")) < set(after.names("aws:ec2/natGateway:NatGateway"))


def test_accounts_of_an_earlier_date_keep_their_zone_letters(declare) -> None:
    account = ml.Account(id="123456789012", region="us-west-1")
    graph = network(declare, account=account, zones=["us-west-1a", "us-west-1c"])
    assert "net-workload-c" in graph.names("aws:ec2/subnet:Subnet")
