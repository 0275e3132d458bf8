"""The security groups of a file system: one for its network interfaces, one for whatever may mount it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_aws as aws

from mlinfra.components.component import Component
from mlinfra.components.documents import Text


@dataclass(frozen=True, slots=True)
class Ports:
    """A range of TCP ports, and what it is for."""

    first: int
    last: int
    use: str


@dataclass(frozen=True, slots=True)
class MountGroups:
    """`servers` admits `clients`, which reaches nothing else by itself."""

    servers: aws.ec2.SecurityGroup
    clients: aws.ec2.SecurityGroup


def mount_groups(
    parent: Component[Any],
    name: str,
    *,
    vpc_id: Text,
    ports: Sequence[Ports],
    among_servers: bool = False,
    **servers_options: Any,
) -> MountGroups:
    """Groups whose members can mount, and nobody else; `among_servers` lets servers speak with each other too.

    `servers_options` are resource options of the servers' group alone.
    """
    servers = _group(parent, f"{name}-servers", f"{name}: the file system itself", vpc_id, **servers_options)
    clients = _group(parent, f"{name}-clients", f"{name}: whatever may mount the file system", vpc_id)
    pairs = [("clients", clients, "servers", servers)]
    if among_servers:
        # The servers of a parallel file system call its clients back, and each other.
        pairs += [("servers", servers, "clients", clients), ("servers", servers, "servers", servers)]
    for source, leaving, target, reaching in pairs:
        for wanted in ports:
            role = f"{name}-{source}-to-{target}-{wanted.first}"
            made: dict[str, Any] = {
                "ip_protocol": "tcp",
                "from_port": wanted.first,
                "to_port": wanted.last,
                "description": f"{wanted.use}, {source} to {target}",
                "opts": parent.child(),
            }
            aws.vpc.SecurityGroupEgressRule(
                role, security_group_id=leaving.id, referenced_security_group_id=reaching.id, **made
            )
            aws.vpc.SecurityGroupIngressRule(
                role, security_group_id=reaching.id, referenced_security_group_id=leaving.id, **made
            )
    return MountGroups(servers, clients)


def _group(parent: Component[Any], role: str, description: str, vpc_id: Text, **options: Any) -> aws.ec2.SecurityGroup:
    return aws.ec2.SecurityGroup(
        role, description=description, vpc_id=vpc_id, tags={"Name": role}, opts=parent.child(**options)
    )
