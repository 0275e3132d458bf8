"""A private network: tiers, egress, endpoints, flow logs, and everything that AWS opens by default closed."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator, model_validator

from mlinfra.catalog import endpoints
from mlinfra.components import references
from mlinfra.components.account import Account
from mlinfra.components.addresses import letter, pod_range, pod_zone_range, vpc_range, zone_ranges
from mlinfra.components.args import Args
from mlinfra.components.component import Component
from mlinfra.components.dns_firewall import check_domains, dns_firewall
from mlinfra.components.dns_logs import dns_logs
from mlinfra.components.egress import internet_gateway, nat_gateways, route_out
from mlinfra.components.flow_logs import flow_logs
from mlinfra.components.network_acls import Tier
from mlinfra.components.network_checks import check_egress, check_endpoints, check_zones
from mlinfra.components.profiles import POSTURES, Egress, Profile, log_days
from mlinfra.components.tiers import ids, subnets
from mlinfra.components.vpc_endpoints import vpc_endpoints


class NetworkArgs(Args):
    """Arguments of `Network`."""

    account: Account
    """Where the network lives."""
    cidr: str
    """The VPC's address range: private (RFC 1918), from /16 to /21, such as 10.0.0.0/16."""
    zones: Sequence[str]
    """The availability zones, two at least. Adding one moves nothing; the first holds the only NAT of single egress."""
    logs_key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts flow logs and DNS query logs."""
    profile: Profile = Profile.REGULATED
    """The security profile. Default: regulated."""
    egress: Optional[Egress] = None
    """How workloads reach the internet. Default: the profile's (single, per-zone, none)."""
    pods_cidr: Optional[str] = None
    """A secondary range for pods inside 100.64.0.0/10, from /16 to /21. Default: pods share the workload tier."""
    endpoints: Sequence[str] = ()
    """Services to reach privately beside the profile's own, such as bedrock-runtime."""
    allowed_domains: Optional[Sequence[str]] = None
    """The domain names that can be resolved beside AWS's own, such as pypi.org or *.pythonhosted.org; an empty list
    leaves AWS's alone. Default: every name, in the isolated profile AWS's alone."""
    log_retention_days: Optional[int] = None
    """How long flow logs and DNS query logs are kept. Default: the profile's floor (90, 365, 365)."""
    block_public_access: Optional[bool] = None
    """Whether to switch on VPC Block Public Access, which holds for the whole account and region. Default: only in
    the isolated profile."""

    @field_validator("cidr")
    @classmethod
    def _vpc_range(cls, value: str) -> str:
        return str(vpc_range(value))

    _key = field_validator("logs_key_arn")(references.key_arn)

    @field_validator("pods_cidr")
    @classmethod
    def _pod_range(cls, value: Optional[str]) -> Optional[str]:
        return None if value is None else str(pod_range(value))

    @field_validator("endpoints")
    @classmethod
    def _known_services(cls, value: Sequence[str]) -> Sequence[str]:
        return check_endpoints(value)

    @field_validator("allowed_domains")
    @classmethod
    def _domains(cls, value: Optional[Sequence[str]]) -> Optional[Sequence[str]]:
        return None if value is None else check_domains(value)

    @model_validator(mode="after")
    def _consistent(self) -> "NetworkArgs":
        check_zones(self.zones, self.account.region)
        check_egress(self.egress, self.profile)
        log_days(self.profile, self.log_retention_days, "log_retention_days")
        return self


class Network(Component[NetworkArgs]):
    """A VPC with a workload, a data and a control-plane tier in every zone, and a public tier only for NAT gateways.

    Default security group, default network ACL and main route table are closed. Data and control subnets have no
    route out. S3, DynamoDB and the profile's services are reached through endpoints whose policies admit the account
    alone. Flow logs and DNS queries go to encrypted log groups. Names outside a list can be kept from being resolved.

        network = ml.Network("main", ml.NetworkArgs(
            account=account, cidr="10.0.0.0/16", zones=["eu-central-1a", "eu-central-1b"],
            logs_key_arn=keys.arn(ml.KeyPurpose.LOGS)))
    """

    vpc_id: pulumi.Output[str]
    """The VPC's id."""
    workload_subnet_ids: pulumi.Output[Sequence[str]]
    """Subnets for nodes, jobs and notebooks, in the order of the zones."""
    data_subnet_ids: pulumi.Output[Sequence[str]]
    """Subnets for file systems and databases, in the order of the zones."""
    control_subnet_ids: pulumi.Output[Sequence[str]]
    """Small subnets for control planes' network interfaces, in the order of the zones."""
    pod_subnet_ids: pulumi.Output[Sequence[str]]
    """Subnets for pods, in the order of the zones; empty without a secondary range."""
    egress_ips: pulumi.Output[Sequence[str]]
    """The public addresses that workloads appear from; empty without egress."""
    endpoint_ids: pulumi.Output[Mapping[str, str]]
    """The VPC endpoints' ids by service."""
    flow_log_group_arn: pulumi.Output[str]
    """The log group of the flow logs."""
    dns_log_group_arn: pulumi.Output[str]
    """The log group of the DNS queries."""

    _args_type = NetworkArgs

    def __init__(self, name: str, args: NetworkArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args, posture = self._args, POSTURES[self._args.profile]
        self._prefix = name
        self._vpc = self._closed_vpc()
        nats = self._nat_gateways(args.egress or posture.egress)
        closed = self._route_table("closed")
        routed = {zone: self._workload_routes(zone, nats) for zone in args.zones}
        workload = self._tier(Tier.WORKLOAD, routed)
        data = self._tier(Tier.DATA, dict.fromkeys(args.zones, closed))
        control = self._tier(Tier.CONTROL, dict.fromkeys(args.zones, closed))
        pods = self._pod_tier(routed)
        if posture.block_public_access if args.block_public_access is None else args.block_public_access:
            aws.ec2.VpcBlockPublicAccessOptions(
                f"{name}-block-public-access", internet_gateway_block_mode="block-bidirectional", opts=self.child()
            )
        self.vpc_id = self._vpc.id
        self.workload_subnet_ids, self.data_subnet_ids = ids(workload), ids(data)
        self.control_subnet_ids, self.pod_subnet_ids = ids(control), ids(pods)
        self.egress_ips = pulumi.Output.all(*[nat.public_ip for nat in nats.values()])
        self.endpoint_ids = vpc_endpoints(
            self,
            name,
            services=[*endpoints.defaults(args.profile.value), *args.endpoints],
            account=args.account,
            vpc_id=self._vpc.id,
            vpc_cidrs=self._cidrs,
            route_tables=[table.id for table in routed.values()],
            subnet_ids=ids(workload),
        )
        if (domains := args.allowed_domains) is not None or posture.aws_names_only:
            dns_firewall(self, name, vpc_id=self._vpc.id, region=args.account.region, domains=domains or ())
        days = log_days(args.profile, args.log_retention_days, "log_retention_days")
        logged: dict[str, Any] = {"vpc_id": self._vpc.id, "account": args.account, "key_arn": args.logs_key_arn}
        self.flow_log_group_arn = flow_logs(self, name, **logged, retention_days=days).arn
        self.dns_log_group_arn = dns_logs(self, name, **logged, retention_days=days).arn
        self.finish()

    @property
    def _cidrs(self) -> list[str]:
        return [self._args.cidr, *([self._args.pods_cidr] if self._args.pods_cidr else [])]

    def _closed_vpc(self) -> aws.ec2.Vpc:
        """The VPC, with everything closed that AWS leaves open."""
        name = self._prefix
        vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=self._args.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": name},
            opts=self.child(),
        )
        closed = {"Name": f"{name}-default-closed"}
        aws.ec2.DefaultSecurityGroup(f"{name}-default", vpc_id=vpc.id, tags=closed, opts=self.child())
        aws.ec2.DefaultRouteTable(
            f"{name}-default", default_route_table_id=vpc.default_route_table_id, tags=closed, opts=self.child()
        )
        # AWS lists under the default ACL whatever subnet has no other one yet; those here all get their own.
        aws.ec2.DefaultNetworkAcl(
            f"{name}-default",
            default_network_acl_id=vpc.default_network_acl_id,
            tags=closed,
            opts=self.child(ignore_changes=["subnetIds"]),
        )
        return vpc

    def _tier(self, tier: Tier, route_tables: Mapping[str, aws.ec2.RouteTable]) -> dict[str, aws.ec2.Subnet]:
        """A tier of the VPC's own range, in the zones of the route tables."""
        vpc = vpc_range(self._args.cidr)
        ranges = {zone: getattr(zone_ranges(vpc, zone), tier.value) for zone in route_tables}
        return self._subnets(tier, self._vpc.id, ranges, route_tables)

    def _pod_tier(self, route_tables: Mapping[str, aws.ec2.RouteTable]) -> dict[str, aws.ec2.Subnet]:
        """The tier of the secondary range, if there is one."""
        if self._args.pods_cidr is None:
            return {}
        block = aws.ec2.VpcIpv4CidrBlockAssociation(
            f"{self._prefix}-pods", vpc_id=self._vpc.id, cidr_block=self._args.pods_cidr, opts=self.child()
        )
        pods = pod_range(self._args.pods_cidr)
        ranges = {zone: pod_zone_range(pods, zone) for zone in route_tables}
        return self._subnets(Tier.PODS, block.vpc_id, ranges, route_tables)  # once the range belongs to the VPC

    def _subnets(
        self,
        tier: Tier,
        vpc_id: pulumi.Output[str],
        ranges: Mapping[str, IPv4Network],
        route_tables: Mapping[str, aws.ec2.RouteTable],
    ) -> dict[str, aws.ec2.Subnet]:
        return subnets(
            self,
            self._prefix,
            tier,
            vpc_id=vpc_id,
            vpc_cidrs=self._cidrs,
            ranges=ranges,
            route_tables=route_tables,
        )

    def _nat_gateways(self, egress: Egress) -> dict[str, aws.ec2.NatGateway]:
        """NAT gateways by zone, with the internet gateway and public subnets that they need; none without egress."""
        zones = {Egress.PER_ZONE: self._args.zones, Egress.SINGLE: self._args.zones[:1], Egress.NONE: ()}[egress]
        if not zones:
            return {}
        name = self._prefix
        gateway = internet_gateway(self, name, vpc_id=self._vpc.id)
        table = self._route_table("public")
        route_out(self, f"{name}-public", table, gateway_id=gateway.id)
        return nat_gateways(self, name, subnets=self._tier(Tier.PUBLIC, dict.fromkeys(zones, table)), gateway=gateway)

    def _workload_routes(self, zone: str, nats: Mapping[str, aws.ec2.NatGateway]) -> aws.ec2.RouteTable:
        """The zone's route table: out through its own NAT gateway, else through the only one, else not at all."""
        role = f"workload-{letter(zone)}"
        table = self._route_table(role)
        if nats:
            gateway = nats.get(zone, next(iter(nats.values())))
            route_out(self, f"{self._prefix}-{role}", table, nat_gateway_id=gateway.id)
        return table

    def _route_table(self, role: str) -> aws.ec2.RouteTable:
        name = f"{self._prefix}-{role}"
        return aws.ec2.RouteTable(name, vpc_id=self._vpc.id, tags={"Name": name}, opts=self.child())
