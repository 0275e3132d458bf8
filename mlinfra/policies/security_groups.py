"""Rules about security groups: what the internet reaches, and what reaches the internet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.policies.openings import (
    DEFAULT_GROUP,
    EGRESS,
    GROUP,
    INGRESS,
    RULE,
    WITH_EGRESS,
    WITH_INGRESS,
    egress,
    ingress,
    none_of,
)

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth

VPC: Final = "aws:ec2/vpc:Vpc"
ADMIN_PORTS: Final = (22, 3389, 5985, 5986)
ML_PORTS: Final = (
    *(8888, 8889),  # Jupyter
    *(8786, 8787),  # Dask: scheduler, dashboard
    *(6379, 8265, 10001),  # Ray: head, dashboard, client
    6006,  # TensorBoard
    *(5000, 5001),  # MLflow
    *(8000, 8001, 8002),  # Triton, vLLM
    *(8501, 8500),  # TensorFlow Serving
    11434,  # Ollama
    *(29400, 29500),  # torch.distributed
    *(4040, 7077, 18080),  # Spark
    7860,  # Gradio
)
"""The ports that ML tools listen on without authentication unless told otherwise, by their own documentation."""
DATA_PORTS: Final = (
    *(20, 21, 23, 25, 110, 135, 143, 445, 1433, 1434, 2049, 3306, 4333, 5432, 5500, 5601, 9200, 9300),
    *(2379, 9092, 11211, 27017, 988),
)
"""Databases, file systems and protocols without encryption. Source: docs.aws.amazon.com/securityhub/latest/userguide/
ec2-controls.html#ec2-19, and etcd, Kafka, memcached, MongoDB, NFS and Lustre."""


@rule(
    "sg-no-all-ingress",
    title="No security group lets in everything from the internet",
    severity=Severity.CRITICAL,
    types=WITH_INGRESS,
    fix="name the ports, and the ranges or the security group that they are for",
    waivable=False,
)
def sg_no_all_ingress(group: Resource) -> Truth:
    """Whatever listens is reached, whoever started it: the group does nothing."""
    return none_of(ingress(group), lambda one: one.to_world() & one.everything())


@rule(
    "sg-no-admin-ports",
    title="Nobody logs in from the internet",
    severity=Severity.HIGH,
    types=WITH_INGRESS,
    fix="no such rule: Session Manager needs no open port; or the range of the organisation",
)
def sg_no_admin_ports(group: Resource) -> Truth:
    """SSH, RDP and WinRM are tried within minutes by whoever scans the internet."""
    return none_of(ingress(group), lambda one: one.to_world_on(ADMIN_PORTS))


@rule(
    "sg-no-ml-ports",
    title="No ML tool is reached from the internet",
    severity=Severity.HIGH,
    types=WITH_INGRESS,
    fix="the security group of the load balancer or the range of the VPN as the source",
)
def sg_no_ml_ports(group: Resource) -> Truth:
    """Jupyter, Ray, Dask, MLflow and model servers run whatever code they are sent, and ask nobody who they are."""
    return none_of(ingress(group), lambda one: one.to_world_on(ML_PORTS))


@rule(
    "sg-no-data-ports",
    title="No database or file system is reached from the internet",
    severity=Severity.HIGH,
    types=WITH_INGRESS,
    fix="the security group of the workload as the source",
)
def sg_no_data_ports(group: Resource) -> Truth:
    """They are made for a network in which everybody may speak to them."""
    return none_of(ingress(group), lambda one: one.to_world_on(DATA_PORTS))


@rule(
    "sg-egress-restricted",
    title="Security groups do not let out everything to everywhere",
    severity=Severity.MEDIUM,
    types=WITH_EGRESS,
    fix='protocol="tcp", from_port=443, to_port=443, or the security groups and prefix lists that are needed',
    profiles=STRICT,
)
def sg_egress_restricted(group: Resource) -> Truth:
    """What was broken into calls home, and carries the data out, on any port that it finds open."""
    return none_of(egress(group), lambda one: one.to_world() & one.everything())


@rule(
    "sg-description",
    title="Rules of security groups say what they are for",
    severity=Severity.LOW,
    types=(GROUP, RULE, INGRESS, EGRESS),
    fix='description="HTTPS from the load balancer"',
)
def sg_description(group: Resource) -> Truth:
    """A rule of which nobody knows any more why it is there is never taken away."""
    if group.type != GROUP:
        return group["description"].present()
    return none_of((*ingress(group), *egress(group)), lambda one: ~one.description.present())


@rule(
    "vpc-default-sg-closed",
    title="The default security group of a VPC lets nothing through",
    severity=Severity.HIGH,
    types=(VPC,),
    fix="aws.ec2.DefaultSecurityGroup(name, vpc_id=vpc.id), without ingress and egress",
)
def vpc_default_sg_closed(vpc: Resource) -> Truth:
    """Whatever names no group gets this one: everything in it may then speak with everything else, and with the internet."""
    adopted = vpc.attached(DEFAULT_GROUP, at="vpcId")
    return adopted.any(lambda group: ~group["ingress"].present() & ~group["egress"].present())


@rule(
    "sg-in-vpc",
    title="Security groups name their VPC",
    severity=Severity.LOW,
    types=(GROUP,),
    fix="aws.ec2.SecurityGroup(name, vpc_id=vpc.id, …)",
)
def sg_in_vpc(group: Resource) -> Truth:
    """Without one the group lands in the default VPC of the account, whose subnets are public."""
    vpc = group["vpcId"]
    return vpc.resources(VPC).exist() if vpc.is_unknown else vpc.present()


RULES: Final = (
    *(sg_no_all_ingress, sg_no_admin_ports, sg_no_ml_ports, sg_no_data_ports, sg_egress_restricted),
    *(sg_description, vpc_default_sg_closed, sg_in_vpc),
)
