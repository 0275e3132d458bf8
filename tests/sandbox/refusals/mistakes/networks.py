"""VPCs, subnets, gateways, routes, security groups, endpoints, flow logs."""

from __future__ import annotations

from typing import Any

from tests.sandbox.refusals.catalogue import mistake
from tests.sandbox.refusals.cloud import ACCOUNT, Cloud, allow, name, policy


def permit(aws: Cloud, group: str, **permission: Any) -> None:
    aws.ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **permission}]
    )


@mistake("ec2.CreateVpc", "InvalidVpc.Range|InvalidParameterValue")
def vpc_range_too_large(aws: Cloud) -> None:
    aws.ec2.create_vpc(CidrBlock="10.0.0.0/8")


@mistake("ec2.CreateVpc", "InvalidParameterValue|InvalidVpc.Range", "invalid")
def vpc_range_is_not_a_cidr(aws: Cloud) -> None:
    aws.ec2.create_vpc(CidrBlock="10.0.0.0")


@mistake("ec2.CreateVpc", "InvalidParameterValue", "enancy")
def vpc_tenancy_invented(aws: Cloud) -> None:
    aws.ec2.create_vpc(CidrBlock="10.0.0.0/16", InstanceTenancy="shared")


@mistake("ec2.AssociateVpcCidrBlock", "InvalidVpc.Range", "10.0.128.0/17")
def second_range_overlaps_the_first(aws: Cloud) -> None:
    aws.ec2.associate_vpc_cidr_block(VpcId=aws.vpc(), CidrBlock="10.0.128.0/17")


@mistake("ec2.AssociateVpcCidrBlock", "InvalidVpc.Range", "restricted")
def second_range_from_another_private_range(aws: Cloud) -> None:
    aws.ec2.associate_vpc_cidr_block(VpcId=aws.vpc(), CidrBlock="192.168.0.0/16")


@mistake("ec2.AssociateVpcCidrBlock", "CidrLimitExceeded|VpcCidrLimitExceeded")
def sixth_range_of_a_vpc(aws: Cloud) -> None:
    vpc = aws.vpc()
    for number in range(1, 6):
        aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock=f"10.{number}.0.0/16")


@mistake("ec2.CreateSubnet", "InvalidSubnet.Range")
def subnet_outside_its_vpc(aws: Cloud) -> None:
    aws.ec2.create_subnet(VpcId=aws.vpc(), CidrBlock="10.1.0.0/24")


@mistake("ec2.CreateSubnet", "InvalidSubnet.Conflict")
def subnets_overlap(aws: Cloud) -> None:
    vpc = aws.vpc()
    aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/20")
    aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.8.0/24")


@mistake("ec2.CreateSubnet", "InvalidSubnet.Range")
def subnet_too_small(aws: Cloud) -> None:
    aws.ec2.create_subnet(VpcId=aws.vpc(), CidrBlock="10.0.0.0/29")


@mistake("ec2.CreateSubnet", "InvalidParameterValue", "zone")
def subnet_in_a_zone_of_another_region(aws: Cloud) -> None:
    aws.ec2.create_subnet(VpcId=aws.vpc(), CidrBlock="10.0.0.0/24", AvailabilityZone="eu-west-1a")


@mistake("ec2.CreateSubnet", "InvalidVpcID.NotFound")
def subnet_of_a_missing_vpc(aws: Cloud) -> None:
    aws.ec2.create_subnet(VpcId="vpc-0123456789abcdef0", CidrBlock="10.0.0.0/24")


@mistake("ec2.ModifySubnetAttribute", "InvalidSubnetID.NotFound")
def attribute_of_a_missing_subnet(aws: Cloud) -> None:
    aws.ec2.modify_subnet_attribute(SubnetId="subnet-0123456789abcdef0", MapPublicIpOnLaunch={"Value": True})


@mistake("ec2.ModifyVpcAttribute", "InvalidParameterValue|InvalidParameterCombination", "DNS")
def hostnames_without_dns_support(aws: Cloud) -> None:
    vpc = aws.vpc(names=False)
    aws.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": False})
    aws.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})


@mistake("ec2.AttachInternetGateway", "InvalidParameterValue", "already has an internet gateway")
def second_internet_gateway(aws: Cloud) -> None:
    vpc = aws.vpc()
    aws.gateway(vpc)
    aws.gateway(vpc)


@mistake("ec2.AttachInternetGateway", "Resource.AlreadyAssociated")
def internet_gateway_attached_twice(aws: Cloud) -> None:
    gateway = aws.gateway(aws.vpc())
    aws.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=aws.vpc())


@mistake("ec2.CreateRoute", "InvalidParameterValue", "belong to different networks")
def route_to_an_unattached_internet_gateway(aws: Cloud) -> None:
    gateway = aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    aws.ec2.create_route(RouteTableId=aws.table(aws.vpc()), DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)


@mistake("ec2.CreateRoute", "InvalidParameterValue", "belong to different networks")
def route_to_the_internet_gateway_of_another_vpc(aws: Cloud) -> None:
    gateway = aws.gateway(aws.vpc())
    aws.ec2.create_route(RouteTableId=aws.table(aws.vpc()), DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)


@mistake("ec2.CreateRoute", "InvalidGatewayID.NotFound|InvalidInternetGatewayID.NotFound")
def route_to_a_missing_internet_gateway(aws: Cloud) -> None:
    table = aws.table(aws.vpc())
    aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId="igw-0123456789abcdef0")


@mistake("ec2.CreateRoute", "NatGatewayNotFound|InvalidNatGatewayID.NotFound")
def route_to_a_missing_nat_gateway(aws: Cloud) -> None:
    table = aws.table(aws.vpc())
    aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId="nat-0123456789abcdef0")


@mistake("ec2.CreateRoute", "InvalidParameterCombination|InvalidParameterValue")
def route_with_two_targets(aws: Cloud) -> None:
    vpc = aws.vpc()
    gateway, subnet = aws.gateway(vpc), aws.subnet(vpc)
    nat = aws.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=aws.eip())["NatGateway"]["NatGatewayId"]
    aws.ec2.create_route(
        RouteTableId=aws.table(vpc), DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway, NatGatewayId=nat
    )


@mistake("ec2.CreateRoute", "RouteAlreadyExists")
def route_exists(aws: Cloud) -> None:
    vpc = aws.vpc()
    route = {"RouteTableId": aws.table(vpc), "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": aws.gateway(vpc)}
    aws.ec2.create_route(**route)
    aws.ec2.create_route(**route)


@mistake("ec2.AssociateRouteTable", "InvalidParameterValue", "belong to different networks")
def route_table_of_another_vpc(aws: Cloud) -> None:
    aws.ec2.associate_route_table(RouteTableId=aws.table(aws.vpc()), SubnetId=aws.subnet(aws.vpc()))


@mistake("ec2.AssociateRouteTable", "Resource.AlreadyAssociated")
def second_route_table_of_a_subnet(aws: Cloud) -> None:
    vpc = aws.vpc()
    subnet = aws.subnet(vpc)
    aws.ec2.associate_route_table(RouteTableId=aws.table(vpc), SubnetId=subnet)
    aws.ec2.associate_route_table(RouteTableId=aws.table(vpc), SubnetId=subnet)


@mistake("ec2.CreateNatGateway", "Gateway.NotAttached", "no Internet gateway")
def nat_gateway_in_a_vpc_without_internet_gateway(aws: Cloud) -> None:
    aws.ec2.create_nat_gateway(SubnetId=aws.subnet(aws.vpc()), AllocationId=aws.eip())


@mistake("ec2.CreateNatGateway", "MissingParameter|InvalidParameter", "llocation")
def public_nat_gateway_without_address(aws: Cloud) -> None:
    vpc = aws.vpc()
    aws.gateway(vpc)
    aws.ec2.create_nat_gateway(SubnetId=aws.subnet(vpc))


@mistake("ec2.CreateNatGateway", "InvalidAllocationID.NotFound")
def nat_gateway_with_a_missing_address(aws: Cloud) -> None:
    vpc = aws.vpc()
    aws.gateway(vpc)
    aws.ec2.create_nat_gateway(SubnetId=aws.subnet(vpc), AllocationId="eipalloc-0123456789abcdef0")


@mistake("ec2.CreateNatGateway", "Resource.AlreadyAssociated")
def nat_gateways_share_an_address(aws: Cloud) -> None:
    vpc, address = aws.vpc(), aws.eip()
    aws.gateway(vpc)
    aws.ec2.create_nat_gateway(SubnetId=aws.subnet(vpc, 1), AllocationId=address)
    aws.ec2.create_nat_gateway(SubnetId=aws.subnet(vpc, 2), AllocationId=address)


@mistake("ec2.ReleaseAddress", "InvalidIPAddress.InUse|AuthFailure")
def release_address_of_a_nat_gateway(aws: Cloud) -> None:
    vpc, address = aws.vpc(), aws.eip()
    aws.gateway(vpc)
    aws.ec2.create_nat_gateway(SubnetId=aws.subnet(vpc), AllocationId=address)
    aws.ec2.release_address(AllocationId=address)


@mistake("ec2.DetachInternetGateway", "DependencyViolation", "mapped public address")
def detach_internet_gateway_under_a_nat_gateway(aws: Cloud) -> None:
    vpc = aws.vpc()
    gateway = aws.gateway(vpc)
    aws.ec2.create_nat_gateway(SubnetId=aws.subnet(vpc), AllocationId=aws.eip())
    aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)


@mistake("ec2.DeleteInternetGateway", "DependencyViolation")
def delete_attached_internet_gateway(aws: Cloud) -> None:
    aws.ec2.delete_internet_gateway(InternetGatewayId=aws.gateway(aws.vpc()))


@mistake("ec2.DeleteVpc", "DependencyViolation")
def delete_vpc_with_subnets(aws: Cloud) -> None:
    vpc = aws.vpc()
    aws.subnet(vpc)
    aws.ec2.delete_vpc(VpcId=vpc)


@mistake("ec2.DeleteSubnet", "DependencyViolation")
def delete_subnet_with_interface(aws: Cloud) -> None:
    vpc = aws.vpc()
    subnet = aws.subnet(vpc)
    aws.interface(subnet, aws.group(vpc))
    aws.ec2.delete_subnet(SubnetId=subnet)


@mistake("ec2.DeleteSubnet", "DependencyViolation")
def delete_subnet_with_nat_gateway(aws: Cloud) -> None:
    vpc = aws.vpc()
    aws.gateway(vpc)
    subnet = aws.subnet(vpc)
    aws.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=aws.eip())
    aws.ec2.delete_subnet(SubnetId=subnet)


@mistake("ec2.DeleteRouteTable", "DependencyViolation")
def delete_route_table_in_use(aws: Cloud) -> None:
    vpc = aws.vpc()
    table = aws.table(vpc)
    aws.ec2.associate_route_table(RouteTableId=table, SubnetId=aws.subnet(vpc))
    aws.ec2.delete_route_table(RouteTableId=table)


@mistake("ec2.CreateSecurityGroup", "InvalidGroup.Duplicate")
def security_group_name_taken(aws: Cloud) -> None:
    vpc = aws.vpc()
    for _ in range(2):
        aws.ec2.create_security_group(GroupName="nodes", Description="nodes", VpcId=vpc)


@mistake("ec2.CreateSecurityGroup", "InvalidParameterValue", "sg-")
def security_group_name_like_an_id(aws: Cloud) -> None:
    aws.ec2.create_security_group(GroupName="sg-nodes", Description="nodes", VpcId=aws.vpc())


@mistake("ec2.CreateSecurityGroup", "InvalidParameterValue", "escription")
def security_group_description_with_apostrophe(aws: Cloud) -> None:
    aws.ec2.create_security_group(GroupName=name(), Description="the team's nodes", VpcId=aws.vpc())


@mistake("ec2.AuthorizeSecurityGroupIngress", "InvalidParameterValue", "escription")
def rule_description_with_arrow(aws: Cloud) -> None:
    permit(aws, aws.group(aws.vpc()), IpRanges=[{"CidrIp": "10.0.0.0/16", "Description": "nodes -> api"}])


@mistake("ec2.AuthorizeSecurityGroupIngress", "InvalidParameterValue", "10.0.0.0/33")
def rule_range_is_not_a_cidr(aws: Cloud) -> None:
    permit(aws, aws.group(aws.vpc()), IpRanges=[{"CidrIp": "10.0.0.0/33"}])


@mistake("ec2.AuthorizeSecurityGroupIngress", "InvalidParameterValue|InvalidParameterCombination", "")
def rule_ports_reversed(aws: Cloud) -> None:
    permit(aws, aws.group(aws.vpc()), FromPort=8443, ToPort=443, IpRanges=[{"CidrIp": "10.0.0.0/16"}])


@mistake("ec2.AuthorizeSecurityGroupIngress", "InvalidParameterValue", "port")
def rule_port_out_of_range(aws: Cloud) -> None:
    permit(aws, aws.group(aws.vpc()), FromPort=0, ToPort=70000, IpRanges=[{"CidrIp": "10.0.0.0/16"}])


@mistake("ec2.AuthorizeSecurityGroupIngress", "InvalidParameterValue", "rotocol")
def rule_protocol_invented(aws: Cloud) -> None:
    permit(aws, aws.group(aws.vpc()), IpProtocol="https", IpRanges=[{"CidrIp": "10.0.0.0/16"}])


@mistake("ec2.AuthorizeSecurityGroupIngress", "InvalidGroup.NotFound")
def rule_names_a_group_of_another_vpc(aws: Cloud) -> None:
    permit(aws, aws.group(aws.vpc()), UserIdGroupPairs=[{"GroupId": aws.group(aws.vpc())}])


@mistake("ec2.AuthorizeSecurityGroupIngress", "InvalidGroup.NotFound")
def rule_names_a_missing_group(aws: Cloud) -> None:
    permit(aws, aws.group(aws.vpc()), UserIdGroupPairs=[{"GroupId": "sg-0123456789abcdef0"}])


@mistake("ec2.AuthorizeSecurityGroupIngress", "InvalidPrefixListID.NotFound|InvalidPrefixListId.NotFound")
def rule_names_a_missing_prefix_list(aws: Cloud) -> None:
    permit(aws, aws.group(aws.vpc()), PrefixListIds=[{"PrefixListId": "pl-0123456789abcdef0"}])


@mistake("ec2.AuthorizeSecurityGroupIngress", "InvalidPermission.Duplicate")
def rule_exists(aws: Cloud) -> None:
    group = aws.group(aws.vpc())
    permit(aws, group, IpRanges=[{"CidrIp": "10.0.0.0/16"}])
    permit(aws, group, IpRanges=[{"CidrIp": "10.0.0.0/16"}])


@mistake("ec2.AuthorizeSecurityGroupIngress", "RulesPerSecurityGroupLimitExceeded")
def sixty_one_rules(aws: Cloud) -> None:
    permit(aws, aws.group(aws.vpc()), IpRanges=[{"CidrIp": f"10.0.{number}.0/24"} for number in range(61)])


@mistake("ec2.DeleteSecurityGroup", "DependencyViolation")
def delete_security_group_on_an_interface(aws: Cloud) -> None:
    vpc = aws.vpc()
    group = aws.group(vpc)
    aws.interface(aws.subnet(vpc), group)
    aws.ec2.delete_security_group(GroupId=group)


@mistake("ec2.DeleteSecurityGroup", "DependencyViolation")
def delete_security_group_that_another_names(aws: Cloud) -> None:
    vpc = aws.vpc()
    group = aws.group(vpc)
    permit(aws, aws.group(vpc), UserIdGroupPairs=[{"GroupId": group}])
    aws.ec2.delete_security_group(GroupId=group)


@mistake("ec2.DeleteSecurityGroup", "CannotDelete")
def delete_default_security_group(aws: Cloud) -> None:
    filters = [{"Name": "vpc-id", "Values": [aws.vpc()]}, {"Name": "group-name", "Values": ["default"]}]
    group = aws.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]
    aws.ec2.delete_security_group(GroupId=group)


@mistake("ec2.CreateNetworkInterface", "InvalidParameter|InvalidParameterValue|InvalidGroup.NotFound", "")
def interface_with_a_group_of_another_vpc(aws: Cloud) -> None:
    aws.interface(aws.subnet(aws.vpc()), aws.group(aws.vpc()))


@mistake("ec2.CreateNetworkInterface", "InvalidParameterValue", "subnet")
def interface_address_outside_its_subnet(aws: Cloud) -> None:
    aws.ec2.create_network_interface(SubnetId=aws.subnet(aws.vpc()), PrivateIpAddress="10.0.99.5")


def endpoint(aws: Cloud, vpc: str, service: str = "sts", **rest: Any) -> None:
    full = {"VpcEndpointType": "Interface", "PrivateDnsEnabled": True, **rest}
    aws.ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{aws.region}.{service}", **full)


@mistake("ec2.CreateVpcEndpoint", "InvalidServiceName")
def endpoint_service_misspelt(aws: Cloud) -> None:
    endpoint(aws, aws.vpc(), "sagemaker.runtimes")


@mistake("ec2.CreateVpcEndpoint", "InvalidServiceName")
def endpoint_service_of_another_region(aws: Cloud) -> None:
    aws.ec2.create_vpc_endpoint(VpcId=aws.vpc(), ServiceName="com.amazonaws.eu-west-1.sts", VpcEndpointType="Interface")


@mistake("ec2.CreateVpcEndpoint", "InvalidParameter", "DNS")
def endpoint_private_names_without_vpc_names(aws: Cloud) -> None:
    endpoint(aws, aws.vpc(names=False))


@mistake("ec2.CreateVpcEndpoint", "InvalidParameter", "conflicting DNS domain")
def second_endpoint_with_private_names(aws: Cloud) -> None:
    vpc = aws.vpc()
    endpoint(aws, vpc, SubnetIds=[aws.subnet(vpc, 1)])
    endpoint(aws, vpc, SubnetIds=[aws.subnet(vpc, 2, "b")])


@mistake("ec2.CreateVpcEndpoint", "DuplicateSubnetsInSameZone")
def endpoint_twice_in_a_zone(aws: Cloud) -> None:
    vpc = aws.vpc()
    endpoint(aws, vpc, SubnetIds=[aws.subnet(vpc, 1), aws.subnet(vpc, 2)])


@mistake("ec2.CreateVpcEndpoint", "InvalidParameter", "SecurityGroup|belong")
def endpoint_with_a_group_of_another_vpc(aws: Cloud) -> None:
    vpc = aws.vpc()
    endpoint(aws, vpc, SubnetIds=[aws.subnet(vpc)], SecurityGroupIds=[aws.group(aws.vpc())])


@mistake("ec2.CreateVpcEndpoint", "InvalidParameter", "Gateway")
def gateway_endpoint_for_a_service_without_one(aws: Cloud) -> None:
    endpoint(aws, aws.vpc(), "sts", VpcEndpointType="Gateway", PrivateDnsEnabled=False)


@mistake("ec2.CreateVpcEndpoint", "InvalidParameter", "subnet")
def gateway_endpoint_with_subnets(aws: Cloud) -> None:
    vpc = aws.vpc()
    endpoint(aws, vpc, "s3", VpcEndpointType="Gateway", PrivateDnsEnabled=False, SubnetIds=[aws.subnet(vpc)])


@mistake("ec2.CreateVpcEndpoint", "RouteAlreadyExists")
def second_gateway_endpoint_in_a_route_table(aws: Cloud) -> None:
    vpc = aws.vpc()
    table = aws.table(vpc)
    for _ in range(2):
        endpoint(aws, vpc, "s3", VpcEndpointType="Gateway", PrivateDnsEnabled=False, RouteTableIds=[table])


@mistake("ec2.CreateVpcEndpoint", "InvalidPolicyDocument|InvalidParameter")
def endpoint_policy_is_malformed(aws: Cloud) -> None:
    document = policy({"Effect": "Permit", "Principal": "*", "Action": "*", "Resource": "*"})
    endpoint(aws, aws.vpc(), "s3", VpcEndpointType="Gateway", PrivateDnsEnabled=False, PolicyDocument=document)


def flow_log(aws: Cloud, **rest: Any) -> None:
    full = {"ResourceType": "VPC", "ResourceIds": [aws.vpc(names=False)], "TrafficType": "ALL", **rest}
    aws.ec2.create_flow_logs(**full)


@mistake("ec2.CreateFlowLogs", "InvalidParameter", "role")
def flow_log_role_missing(aws: Cloud) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/nobody"
    flow_log(aws, LogGroupName=aws.log_group(), DeliverLogsPermissionArn=role)


@mistake("ec2.CreateFlowLogs", "InvalidParameter", "vpc-flow-logs.amazonaws.com")
def flow_log_role_for_another_service(aws: Cloud) -> None:
    flow_log(aws, LogGroupName=aws.log_group(), DeliverLogsPermissionArn=aws.role("ec2.amazonaws.com"))


@mistake("ec2.CreateFlowLogs", "InvalidParameter", "DeliverLogsPermissionArn")
def flow_log_without_role(aws: Cloud) -> None:
    flow_log(aws, LogGroupName=aws.log_group())


@mistake("ec2.CreateFlowLogs", "InvalidParameter", "60")
def flow_log_interval_invented(aws: Cloud) -> None:
    role = aws.role("vpc-flow-logs.amazonaws.com")
    flow_log(aws, LogGroupName=aws.log_group(), DeliverLogsPermissionArn=role, MaxAggregationInterval=300)


@mistake("ec2.CreateFlowLogs", "InvalidParameterValue|InvalidParameter", "TrafficType")
def flow_log_traffic_invented(aws: Cloud) -> None:
    role = aws.role("vpc-flow-logs.amazonaws.com")
    flow_log(aws, LogGroupName=aws.log_group(), DeliverLogsPermissionArn=role, TrafficType="DENIED")


@mistake("ec2.CreateFlowLogs", "InvalidParameterValue|InvalidParameter|InvalidLogDestination|400", "ucket")
def flow_log_to_a_missing_bucket(aws: Cloud) -> None:
    flow_log(aws, LogDestinationType="s3", LogDestination=f"arn:aws:s3:::{name('nowhere')}")


@mistake("ec2.CreateNetworkAclEntry", "NetworkAclEntryAlreadyExists")
def network_acl_rule_number_taken(aws: Cloud) -> None:
    acl = aws.ec2.create_network_acl(VpcId=aws.vpc())["NetworkAcl"]["NetworkAclId"]
    for _ in range(2):
        aws.ec2.create_network_acl_entry(
            NetworkAclId=acl, RuleNumber=100, Protocol="-1", RuleAction="allow", Egress=False, CidrBlock="0.0.0.0/0"
        )


@mistake("ec2.CreateNetworkAclEntry", "InvalidParameterValue", "32766")
def network_acl_rule_number_too_high(aws: Cloud) -> None:
    acl = aws.ec2.create_network_acl(VpcId=aws.vpc())["NetworkAcl"]["NetworkAclId"]
    aws.ec2.create_network_acl_entry(
        NetworkAclId=acl, RuleNumber=40000, Protocol="-1", RuleAction="allow", Egress=False, CidrBlock="0.0.0.0/0"
    )


@mistake("ec2.CreateVpcEndpoint", "InvalidPolicyDocument|InvalidParameter", "")
def endpoint_policy_without_principal(aws: Cloud) -> None:
    document = policy(allow("s3:*"))
    endpoint(aws, aws.vpc(), "s3", VpcEndpointType="Gateway", PrivateDnsEnabled=False, PolicyDocument=document)


def firewall_rule_group(aws: Cloud) -> tuple[str, str]:
    """A group of DNS firewall rules and a list of domains."""
    resolver = aws.route53resolver
    group = resolver.create_firewall_rule_group(CreatorRequestId=name(), Name=name("group"))["FirewallRuleGroup"]["Id"]
    listed = resolver.create_firewall_domain_list(CreatorRequestId=name(), Name=name("list"))
    return group, listed["FirewallDomainList"]["Id"]


def firewall_rule(aws: Cloud, group: str, domains: str, priority: int) -> None:
    aws.route53resolver.create_firewall_rule(
        CreatorRequestId=name(), Name=name("rule"), FirewallRuleGroupId=group, FirewallDomainListId=domains,
        Priority=priority, Action="ALLOW",
    )  # fmt: skip


@mistake("route53resolver.CreateFirewallRule", "ValidationException")
def firewall_rules_of_one_priority(aws: Cloud) -> None:
    group, domains = firewall_rule_group(aws)
    firewall_rule(aws, group, domains, 100)
    firewall_rule(aws, group, firewall_rule_group(aws)[1], 100)


@mistake("route53resolver.CreateFirewallRule", "ResourceNotFoundException")
def firewall_rule_without_its_domains(aws: Cloud) -> None:
    firewall_rule(aws, firewall_rule_group(aws)[0], "rslvr-fdl-0123456789abcdef0", 100)


@mistake("route53resolver.DeleteFirewallDomainList", "ConflictException")
def delete_firewall_domains_in_use(aws: Cloud) -> None:
    group, domains = firewall_rule_group(aws)
    firewall_rule(aws, group, domains, 100)
    aws.route53resolver.delete_firewall_domain_list(FirewallDomainListId=domains)


@mistake("network-firewall.DeleteFirewall", "InvalidOperationException")
def delete_protected_firewall(aws: Cloud) -> None:
    policy_arn = aws.arn("network-firewall", "firewall-policy/any")
    vpc = aws.vpc()
    made = aws.network_firewall.create_firewall(
        FirewallName=name("wall"), FirewallPolicyArn=policy_arn, VpcId=vpc, DeleteProtection=True,
        SubnetMappings=[{"SubnetId": aws.subnet(vpc)}],
    )  # fmt: skip
    aws.network_firewall.delete_firewall(FirewallArn=made["Firewall"]["FirewallArn"])
