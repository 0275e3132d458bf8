"""The security group of managed jobs."""

from typing import Any

import pulumi_aws as aws

from mlinfra.components.component import Component
from mlinfra.components.documents import Text

_HTTPS = 443


def job_group(parent: Component[Any], name: str, vpc_id: Text) -> aws.ec2.SecurityGroup:
    """A group whose members talk to each other as they like, reach AWS by HTTPS, and are reached by nobody else.

    Nodes of one job need every port among themselves, and EFA wants all traffic from and to the group itself:
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-start.html.
    """
    group = aws.ec2.SecurityGroup(
        name, description=f"{name}: nodes of jobs", vpc_id=vpc_id, tags={"Name": name}, opts=parent.child()
    )
    among: dict[str, Any] = {
        "security_group_id": group.id,
        "referenced_security_group_id": group.id,
        "ip_protocol": "-1",
        "description": "Everything, among nodes of jobs",
        "opts": parent.child(),
    }
    aws.vpc.SecurityGroupIngressRule(f"{name}-among", **among)
    aws.vpc.SecurityGroupEgressRule(f"{name}-among", **among)
    aws.vpc.SecurityGroupEgressRule(
        f"{name}-https",
        security_group_id=group.id,
        cidr_ipv4="0.0.0.0/0",
        ip_protocol="tcp",
        from_port=_HTTPS,
        to_port=_HTTPS,
        description="HTTPS, to AWS services",
        opts=parent.child(),
    )
    return group
