"""A bare cluster with node pools of every kind that a managed node group makes; what changes is configured."""

import json

import pulumi
import pulumi_aws as aws

import mlinfra as ml

config = pulumi.Config()
ACCOUNT, REGION, ZONES = "123456789012", "us-east-1", ["us-east-1a", "us-east-1b"]


def role(name: str, service: str) -> aws.iam.Role:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return aws.iam.Role(name, assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


vpc = aws.ec2.Vpc("network", cidr_block="10.0.0.0/16")
subnets = [
    aws.ec2.Subnet(zone, vpc_id=vpc.id, cidr_block=f"10.0.{number}.0/24", availability_zone=zone)
    for number, zone in enumerate(ZONES)
]
key = aws.kms.Key("volumes")
nodes, control = role("nodes", "ec2.amazonaws.com"), role("control", "eks.amazonaws.com")
policies = {"AmazonEKSWorkerNodePolicy": nodes, "AmazonEKSClusterPolicy": control}
attached = [
    aws.iam.RolePolicyAttachment(name.lower(), role=of.name, policy_arn=f"arn:aws:iam::aws:policy/{name}")
    for name, of in policies.items()
]
eks = aws.eks.Cluster(
    "main",
    role_arn=control.arn,
    version="1.35",
    vpc_config=aws.eks.ClusterVpcConfigArgs(subnet_ids=[one.id for one in subnets]),
    opts=pulumi.ResourceOptions(depends_on=attached),
)
reserved = aws.ec2.CapacityReservation(
    "reserved",
    availability_zone=ZONES[0],
    instance_type="p5.48xlarge",
    instance_count=4,
    instance_platform="Linux/UNIX",
    instance_match_criteria="targeted",
)
cluster = ml.ClusterReference(
    name=eks.name,
    arn=eks.arn,
    version="1.35",
    account=ml.Account(id=ACCOUNT, region=REGION),
    endpoint=eks.endpoint,
    vpc_id=vpc.id,
    zones=ZONES,
    subnet_ids=pulumi.Output.all(*[one.id for one in subnets]),
    security_group_id=eks.vpc_config.apply(lambda network: network.cluster_security_group_id or ""),
    node_role_arn=nodes.arn,
    instance_profile_name=aws.iam.InstanceProfile("nodes", role=nodes.name).name,
    volume_key_arn=key.arn,
)
taints = [ml.Taint(key="team", value=team)] if (team := config.get("team")) else []
ml.NodePool(
    "services",
    ml.NodePoolArgs(cluster=cluster, instance_types=["m7i.2xlarge"], nodes=config.get_int("nodes") or 3),
)
ml.GpuNodePool(
    "inference",
    ml.GpuNodePoolArgs(cluster=cluster, instance_types=[config.get("type") or "g6.xlarge"], nodes=2, taints=taints),
)
ml.GpuNodePool(
    "batch",
    ml.GpuNodePoolArgs(
        cluster=cluster,
        instance_types=["g6.xlarge", "g5.xlarge", "g6e.xlarge"],
        capacity=ml.Capacity(spot=ml.Spot()),
        max_nodes=8,
        provisioner=ml.Provisioner.MANAGED,
    ),
)
ml.GpuNodePool(
    "training",
    ml.GpuNodePoolArgs(
        cluster=cluster,
        instance_types=["p5.48xlarge"],
        capacity=ml.Capacity(reservation=ml.Reservation(reservation_id=reserved.id)),
        zones=ZONES[:1],
        nodes=4,
    ),
)
ml.GpuNodePool("close", ml.GpuNodePoolArgs(cluster=cluster, instance_types=["p4d.24xlarge"], zones=ZONES[:1], nodes=1))
ml.GpuNodePool(
    "window",
    ml.GpuNodePoolArgs(
        cluster=cluster,
        instance_types=["p5en.48xlarge"],
        capacity=ml.Capacity(
            capacity_block=ml.CapacityBlock(
                reservation_id="cr-0123456789abcdef0", start="2027-01-11T11:30:00Z", end="2027-01-25T11:30:00Z"
            )
        ),
        zones=ZONES[:1],
        nodes=4,
    ),
)
