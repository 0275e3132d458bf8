"""The account as the tests use it: clients by attribute, and what most configurations need first."""

from __future__ import annotations

import functools
import io
import itertools
import json
import os
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

ACCOUNT = "123456789012"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
_numbers = itertools.count()


def name(prefix: str = "thing") -> str:
    """A name nobody else uses."""
    return f"{prefix}-{os.getpid():x}-{next(_numbers)}"


def allow(action: str | Sequence[str], resource: str | Sequence[str] | None = "*", **rest: Any) -> dict[str, Any]:
    """An Allow statement; `resource=None` leaves Resource out."""
    statement = {"Effect": "Allow", "Action": action, **rest}
    return statement if resource is None else {**statement, "Resource": resource}


def policy(*statements: dict[str, Any], **rest: Any) -> str:
    """A policy document as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **rest})


def trust(*services: str) -> str:
    """A role trust policy for services such as `lambda.amazonaws.com`."""
    return policy(allow("sts:AssumeRole", None, Principal={"Service": list(services)}))


def key_policy(*statements: dict[str, Any]) -> str:
    """A key policy that keeps the account in charge and adds `statements`."""
    return policy(allow("kms:*", Principal={"AWS": ROOT}), *statements)


def for_service(service: str, action: str | Sequence[str], resource: str | Sequence[str] = "*", **rest: Any) -> dict:
    """An Allow statement for a service principal."""
    return allow(action, resource, Principal={"Service": service}, **rest)


def archive() -> bytes:
    """The smallest Lambda deployment package."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("index.py", "def handler(event, context):\n    return event\n")
    return buffer.getvalue()


ARCHIVE = archive()


@dataclass(frozen=True)
class Network:
    """A VPC to put things into."""

    vpc: str
    subnets: list[str]
    group: str


class Cloud:
    """Boto3 clients of one region by attribute (`aws.ec2`, `aws.lambda_`, `aws.emr_serverless`), and builders."""

    strict: Callable[[str], Cloud]  # another region, with the quotas of a new account
    elsewhere: Cloud  # another region

    def __init__(self, client: Callable[[str, str], Any], region: str = "us-east-1") -> None:
        self.client = client
        self.region = region
        self._roles: dict[tuple[str, ...], str] = {}

    def __getattr__(self, service: str) -> Any:
        return self.client(service.rstrip("_").replace("_", "-"), self.region)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{ACCOUNT}:{resource}"

    def vpc(self, cidr: str = "10.0.0.0/16", *, names: bool = True) -> str:
        vpc = self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        if names:
            self.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
        return vpc

    def subnet(self, vpc: str, number: int = 1, zone: str = "a") -> str:
        cidr, zone = f"10.0.{number}.0/24", self.region + zone
        return self.ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"]

    def subnets(self, vpc: str) -> list[str]:
        return [self.subnet(vpc, 1, "a"), self.subnet(vpc, 2, "b")]

    def gateway(self, vpc: str) -> str:
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        return gateway

    def eip(self) -> str:
        return self.ec2.allocate_address(Domain="vpc")["AllocationId"]

    def table(self, vpc: str) -> str:
        return self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]

    def group(self, vpc: str) -> str:
        return self.ec2.create_security_group(GroupName=name("group"), Description="a group", VpcId=vpc)["GroupId"]

    def interface(self, subnet: str, *groups: str) -> str:
        made = self.ec2.create_network_interface(SubnetId=subnet, Groups=list(groups))
        return made["NetworkInterface"]["NetworkInterfaceId"]

    def role(self, *services: str, actions: Sequence[str] = ()) -> str:
        """A role for services, shared by all who ask for the same."""
        key = (*(services or ("ec2.amazonaws.com",)), "|", *actions)
        if key not in self._roles:
            role = name("role")
            made = self.iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(*key[: key.index("|")]))
            if actions:
                self.iam.put_role_policy(RoleName=role, PolicyName="inline", PolicyDocument=policy(allow(actions)))
            self._roles[key] = made["Role"]["Arn"]
        return self._roles[key]

    @functools.cached_property
    def home(self) -> Network:
        """A VPC with two subnets and a security group, for those who change nothing in it."""
        vpc = self.vpc()
        return Network(vpc, self.subnets(vpc), self.group(vpc))

    def key(self, *statements: dict[str, Any]) -> str:
        return self.kms.create_key(Policy=key_policy(*statements))["KeyMetadata"]["Arn"]

    def bucket(self, **given: Any) -> str:
        bucket = name("bucket")
        if self.region != "us-east-1":
            given["CreateBucketConfiguration"] = {"LocationConstraint": self.region}
        self.s3.create_bucket(Bucket=bucket, **given)
        return bucket

    def versioned(self) -> str:
        bucket = self.bucket()
        self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        return bucket

    def function(self, **given: Any) -> str:
        role = given.pop("Role", None) or self.role("lambda.amazonaws.com")
        made = self.lambda_.create_function(
            **{
                "FunctionName": name("function"),
                "Role": role,
                "Code": {"ZipFile": ARCHIVE},
                "Runtime": "python3.12",
                "Handler": "index.handler",
                **given,
            }
        )
        return made["FunctionArn"]

    def queue(self, **attributes: str) -> str:
        suffix = ".fifo" if "FifoQueue" in attributes else ""
        return self.sqs.create_queue(QueueName=name("queue") + suffix, Attributes=attributes)["QueueUrl"]

    def queue_arn(self, **attributes: str) -> str:
        return self.arn("sqs", self.queue(**attributes).rsplit("/", 1)[1])

    def topic(self, **attributes: str) -> str:
        suffix = ".fifo" if "FifoTopic" in attributes else ""
        return self.sns.create_topic(Name=name("topic") + suffix, Attributes=attributes)["TopicArn"]

    def log_group(self) -> str:
        group = name("/group")
        self.logs.create_log_group(logGroupName=group)
        return group

    def cluster(self, vpc: str | None = None) -> str:
        cluster = name("cluster")
        self.eks.create_cluster(
            name=cluster,
            roleArn=self.role("eks.amazonaws.com"),
            resourcesVpcConfig={"subnetIds": self.subnets(vpc) if vpc else self.home.subnets},
        )
        return cluster
