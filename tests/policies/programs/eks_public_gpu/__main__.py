"""An EKS cluster with GPU nodes, put together from blog posts."""

import json

import pulumi_aws as aws


def role(name: str, service: str, *policies: str) -> aws.iam.Role:
    made = aws.iam.Role(
        name,
        assume_role_policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
            }
        ),
    )
    for policy in policies:
        aws.iam.RolePolicyAttachment(
            f"{name}-{policy.lower()}", role=made.name, policy_arn=f"arn:aws:iam::aws:policy/{policy}"
        )
    return made


vpc = aws.ec2.Vpc("ml", cidr_block="10.20.0.0/16", enable_dns_hostnames=True)
gateway = aws.ec2.InternetGateway("ml", vpc_id=vpc.id)
routes = aws.ec2.RouteTable("public", vpc_id=vpc.id, routes=[{"cidr_block": "0.0.0.0/0", "gateway_id": gateway.id}])
subnets = []
for index, zone in enumerate(("us-east-1a", "us-east-1b")):
    subnet = aws.ec2.Subnet(
        f"public-{index}",
        vpc_id=vpc.id,
        cidr_block=f"10.20.{index}.0/24",
        availability_zone=zone,
        map_public_ip_on_launch=True,
    )
    aws.ec2.RouteTableAssociation(f"public-{index}", subnet_id=subnet.id, route_table_id=routes.id)
    subnets.append(subnet.id)

cluster = aws.eks.Cluster(
    "ml",
    version="1.31",
    role_arn=role("cluster", "eks.amazonaws.com", "AmazonEKSClusterPolicy").arn,
    vpc_config={"subnet_ids": subnets},
)
nodes = role(
    "nodes",
    "ec2.amazonaws.com",
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonS3FullAccess",
)
aws.eks.NodeGroup(
    "gpu",
    cluster_name=cluster.name,
    node_role_arn=nodes.arn,
    subnet_ids=subnets,
    instance_types=["g5.12xlarge"],
    ami_type="AL2_x86_64_GPU",
    remote_access={"ec2_ssh_key": "ml-team"},
    scaling_config={"desired_size": 2, "min_size": 2, "max_size": 20},
)
aws.eks.AccessEntry("jo", cluster_name=cluster.name, principal_arn="arn:aws:iam::123456789012:user/jo")
aws.eks.AccessPolicyAssociation(
    "jo",
    cluster_name=cluster.name,
    principal_arn="arn:aws:iam::123456789012:user/jo",
    policy_arn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
    access_scope={"type": "cluster"},
)
