"""EKS clusters: versions, nodes, access entries, Auto Mode and deletions."""

from __future__ import annotations

from typing import Any

from tests.sandbox.refusals.catalogue import mistake
from tests.sandbox.refusals.cloud import ACCOUNT, Cloud, name
from tests.sandbox.refusals.mistakes.compute import cluster, nodes

INVALID = "InvalidParameterException"
VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"


def made(aws: Cloud, **rest: Any) -> str:
    title = name("cluster")
    cluster(aws, name=title, **{"version": "1.34", "accessConfig": {"authenticationMode": "API"}, **rest})
    return title


def template(aws: Cloud, **data: Any) -> dict[str, str]:
    found = aws.ec2.create_launch_template(
        LaunchTemplateName=name("nodes"), LaunchTemplateData={"EbsOptimized": True, **data}
    )
    return {"id": found["LaunchTemplate"]["LaunchTemplateId"], "version": "1"}


@mistake("eks.UpdateClusterVersion", INVALID, "1.34 to 1.36")
def upgrade_by_two(aws: Cloud) -> None:
    aws.eks.update_cluster_version(name=made(aws), version="1.36")


@mistake("eks.UpdateClusterVersion", INVALID, "1.34 to 1.33")
def downgrade(aws: Cloud) -> None:
    aws.eks.update_cluster_version(name=made(aws), version="1.33")


@mistake("eks.UpdateClusterVersion", INVALID, "more than 3 minor versions behind")
def upgrade_away_from_the_nodes(aws: Cloud) -> None:
    title = made(aws)
    nodes(aws, clusterName=title, version="1.32")
    aws.eks.update_cluster_version(name=title, version="1.35")
    aws.eks.update_cluster_version(name=title, version="1.36")


@mistake("eks.CreateNodegroup", INVALID, "1.35 cannot be newer")
def nodes_before_their_cluster(aws: Cloud) -> None:
    nodes(aws, clusterName=made(aws), version="1.35")


@mistake("eks.CreateNodegroup", INVALID, "1.32 or earlier")
def nodes_on_amazon_linux_2(aws: Cloud) -> None:
    nodes(aws, clusterName=made(aws), amiType="AL2_x86_64")


@mistake("eks.CreateNodegroup", INVALID, "not in both")
def node_types_in_group_and_template(aws: Cloud) -> None:
    nodes(
        aws, clusterName=made(aws), launchTemplate=template(aws, InstanceType="m7i.large"), instanceTypes=["m7i.large"]
    )


@mistake("eks.CreateNodegroup", INVALID, "InstanceMarketOptions")
def node_template_that_asks_for_spot(aws: Cloud) -> None:
    nodes(aws, clusterName=made(aws), launchTemplate=template(aws, InstanceMarketOptions={"MarketType": "spot"}))


@mistake("eks.UpdateNodegroupVersion", INVALID, "version 7 does not exist")
def node_template_version_missing(aws: Cloud) -> None:
    title, given = made(aws), template(aws)
    nodes(aws, clusterName=title, nodegroupName="nodes", launchTemplate=given)
    aws.eks.update_nodegroup_version(
        clusterName=title, nodegroupName="nodes", launchTemplate={"id": given["id"], "version": "7"}
    )


@mistake("eks.CreateAccessEntry", "InvalidRequestException", "authentication mode")
def entry_of_a_cluster_with_aws_auth(aws: Cloud) -> None:
    title = made(aws, accessConfig={"authenticationMode": "CONFIG_MAP"})
    aws.eks.create_access_entry(clusterName=title, principalArn=aws.role("ec2.amazonaws.com"))


@mistake("eks.CreateAccessEntry", INVALID, "invalid principal")
def entry_of_nobody(aws: Cloud) -> None:
    aws.eks.create_access_entry(clusterName=made(aws), principalArn=f"arn:aws:iam::{ACCOUNT}:role/nobody")


@mistake("eks.CreateAccessEntry", INVALID, "system:masters")
def entry_in_a_group_of_kubernetes(aws: Cloud) -> None:
    role = aws.role("ec2.amazonaws.com")
    aws.eks.create_access_entry(clusterName=made(aws), principalArn=role, kubernetesGroups=["system:masters"])


@mistake("eks.AssociateAccessPolicy", INVALID, "at least one namespace")
def access_to_no_namespace(aws: Cloud) -> None:
    title, role = made(aws), aws.role("ec2.amazonaws.com")
    aws.eks.create_access_entry(clusterName=title, principalArn=role)
    aws.eks.associate_access_policy(
        clusterName=title, principalArn=role, policyArn=VIEW, accessScope={"type": "namespace"}
    )


@mistake("eks.UpdateClusterConfig", INVALID, "API to CONFIG_MAP")
def access_entries_given_up(aws: Cloud) -> None:
    aws.eks.update_cluster_config(name=made(aws), accessConfig={"authenticationMode": "CONFIG_MAP"})


@mistake("eks.UpdateClusterConfig", INVALID, "VPC other than")
def cluster_moved_to_another_vpc(aws: Cloud) -> None:
    vpc = aws.vpc()
    subnets = [aws.subnet(vpc, 1), aws.subnet(vpc, 2, "b")]
    aws.eks.update_cluster_config(name=made(aws), resourcesVpcConfig={"subnetIds": subnets})


@mistake("eks.CreateCluster", INVALID, "must all be enabled")
def half_of_auto_mode(aws: Cloud) -> None:
    made(aws, computeConfig={"enabled": True}, bootstrapSelfManagedAddons=False)


@mistake("eks.CreateAddon", INVALID, "not supported")
def add_on_version_of_a_chart(aws: Cloud) -> None:
    aws.eks.create_addon(clusterName=made(aws), addonName="vpc-cni", addonVersion="1.21.1")


@mistake("eks.DeleteCluster", "InvalidRequestException", "deletion protection")
def protected_cluster_deleted(aws: Cloud) -> None:
    aws.eks.delete_cluster(name=made(aws, deletionProtection=True))


@mistake("eks.DeleteCluster", "ResourceInUseException", "nodegroups attached")
def cluster_deleted_under_its_nodes(aws: Cloud) -> None:
    title = made(aws)
    nodes(aws, clusterName=title)
    aws.eks.delete_cluster(name=title)
