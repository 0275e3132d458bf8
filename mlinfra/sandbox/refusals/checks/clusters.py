"""EKS: versions that follow each other, nodes that follow the control plane, entries, Auto Mode and deletions.

Read from the EKS API reference and user guide ("Update existing cluster to new Kubernetes version", "Customize managed nodes
with launch templates", "Deletion protection"), 2026-11-22.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.refusals.call import Call, Check, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

INVALID: Final = "InvalidParameterException"
REQUEST: Final = "InvalidRequestException"
IN_USE: Final = "ResourceInUseException"
LAST_AL2: Final = (1, 32)
SKEW: Final = 3  # minor versions that nodes may be behind
BY_TEMPLATE: Final = {  # what a launch template of managed nodes must not say, and why
    "IamInstanceProfile": "the node role is given to the node group",
    "HibernationOptions": "managed nodes do not hibernate",
    "InstanceMarketOptions": "the capacity type is given to the node group",
    "InstanceInitiatedShutdownBehavior": "EKS decides it",
}


def one_minor_at_a_time(call: Call) -> None:
    """A control plane goes up by one minor version, never down, and not away from nodes that are too old for it."""
    cluster = _cluster(call, call.params["name"])
    now, wanted = _number(cluster["version"]), _number(call.params["version"])
    if wanted == now:
        raise Refused(INVALID, f"Cluster is already at the desired configuration with version {call.params['version']}")
    if wanted[0] != now[0] or wanted[1] != now[1] + 1:
        raise Refused(
            INVALID,
            f"Unsupported Kubernetes minor version update from {cluster['version']} to {call.params['version']}",
        )
    for name in (call.account.ask("eks", "list_nodegroups", clusterName=call.params["name"]) or {}).get(
        "nodegroups", ()
    ):
        nodes = _nodes(call, call.params["name"], name)
        if nodes and wanted[1] - _number(nodes["version"])[1] > SKEW:
            message = f"Nodegroup {name} runs Kubernetes {nodes['version']}, which is more than {SKEW} minor versions behind {call.params['version']}. Update it first"
            raise Refused(INVALID, message)


def nodes_follow(call: Call) -> None:
    """Nodes are no newer than their control plane, and those of Amazon Linux 2 ended with 1.32."""
    cluster = _cluster(call, call.params["clusterName"])
    version = call.params.get("version") or (cluster["version"] if call.operation == "CreateNodegroup" else "")
    if not version:
        return
    if _number(version) > _number(cluster["version"]):
        message = (
            f"Nodegroup Kubernetes version {version} cannot be newer than the cluster's version {cluster['version']}"
        )
        raise Refused(INVALID, message)
    image = str(call.params.get("amiType", ""))
    if image.startswith("AL2_") and _number(version) > LAST_AL2:
        raise Refused(INVALID, f"AMI Type {image} is only supported for kubernetes versions 1.32 or earlier")


def template_fits(call: Call) -> None:
    """A launch template leaves to the node group what is the node group's."""
    template = call.params.get("launchTemplate") or {}
    named = {"LaunchTemplateId": template.get("id"), "LaunchTemplateName": template.get("name")}
    if not any(named.values()):
        return
    version = str(template.get("version") or "$Default")
    if version.startswith("$"):
        version = "$Default" if version == "$Default" else "$Latest"
    found = call.account.ask(
        "ec2",
        "describe_launch_template_versions",
        Versions=[version],
        **{name: value for name, value in named.items() if value},
    )
    versions = (found or {}).get("LaunchTemplateVersions", [])
    if not versions:
        raise Refused(INVALID, f"Launch template version {version} does not exist")
    data = versions[0]["LaunchTemplateData"]
    for member, why in BY_TEMPLATE.items():
        if data.get(member) and not (member == "InstanceMarketOptions" and _capacity_block(data)):
            raise Refused(INVALID, f"Launch template {member} should not be specified: {why}")
    if any(one.get("SubnetId") for one in data.get("NetworkInterfaces", ())):
        raise Refused(INVALID, "Subnets must be specified in the node group, not in the launch template")
    if data.get("InstanceType") and call.params.get("instanceTypes"):
        raise Refused(INVALID, "Instance types can be specified in the launch template or the node group, not in both")
    if data.get("ImageId") and call.params.get("amiType", "CUSTOM") != "CUSTOM":
        raise Refused(INVALID, "An AMI in the launch template cannot be combined with the amiType of the node group")


def access_by_api(call: Call) -> None:
    """Access entries need a cluster that takes them, a principal that exists, and groups where the kind has them."""
    cluster = _cluster(call, call.params["clusterName"])
    mode = cluster.get("accessConfig", {}).get("authenticationMode", "CONFIG_MAP")
    if mode == "CONFIG_MAP":
        message = "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation."
        raise Refused(REQUEST, message)
    principal = call.params["principalArn"]
    if call.operation != "CreateAccessEntry" or not call.account.owns(principal):
        return
    find = call.account.user if ":user/" in principal else call.account.role
    if find(principal) is None:
        raise Refused(INVALID, "The specified principalArn is invalid: invalid principal.")
    if call.params.get("type", "STANDARD") != "STANDARD" and call.params.get("kubernetesGroups"):
        raise Refused(INVALID, f"The kubernetesGroups of an access entry of type {call.params['type']} cannot be set")


def mode_goes_forward(call: Call) -> None:
    """Access entries cannot be given up again."""
    wanted = call.first("accessConfig.authenticationMode")
    if not wanted:
        return
    order = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
    now = _cluster(call, call.params["name"]).get("accessConfig", {}).get("authenticationMode", "CONFIG_MAP")
    if order.index(wanted) < order.index(now):
        raise Refused(INVALID, f"Unsupported authentication mode update from {now} to {wanted}")


def stays_in_its_vpc(call: Call) -> None:
    """New subnets of a cluster lie in the VPC that it is in."""
    wanted = call.account.subnets(call.values("resourcesVpcConfig.subnetIds[]"))
    before = _cluster(call, call.params["name"]).get("resourcesVpcConfig", {}).get("vpcId")
    if before and any(subnet.vpc != before for subnet in wanted.values()):
        raise Refused(INVALID, f"Provided subnets belong to a VPC other than that of the cluster, {before}")


def auto_mode_whole(call: Call) -> None:
    """The three switches of Auto Mode go together, and with add-ons that nobody else manages."""
    switches = [
        call.first("computeConfig.enabled"),
        call.first("kubernetesNetworkConfig.elasticLoadBalancing.enabled"),
        call.first("storageConfig.blockStorage.enabled"),
    ]
    if any(switch is not None for switch in switches) and len({bool(switch) for switch in switches}) > 1:
        message = "The type for cluster update was not provided: computeConfig, kubernetesNetworkConfig.elasticLoadBalancing and storageConfig.blockStorage must all be enabled or all be disabled."
        raise Refused(INVALID, message)
    if switches[0] and call.operation == "CreateCluster" and call.params.get("bootstrapSelfManagedAddons", True):
        raise Refused(INVALID, "When Auto Mode is enabled, bootstrapSelfManagedAddons must be set to false")
    if call.first("computeConfig.nodePools[]") and not call.first("computeConfig.nodeRoleArn"):
        raise Refused(INVALID, "When node pools are specified, computeConfig.nodeRoleArn is required")


def deletable(call: Call) -> None:
    """A protected cluster stays, and one that still has nodes."""
    cluster = _cluster(call, call.params["name"])
    if cluster.get("deletionProtection"):
        raise Refused(REQUEST, f"Cluster {call.params['name']} cannot be deleted: deletion protection is enabled")
    for operation, answer in (("list_nodegroups", "nodegroups"), ("list_fargate_profiles", "fargateProfileNames")):
        left = (call.account.ask("eks", operation, clusterName=call.params["name"]) or {}).get(answer, [])
        if left:
            raise Refused(IN_USE, f"Cluster has {answer} attached: {', '.join(left)}", status=409)


def _capacity_block(data: Mapping[str, Any]) -> bool:
    return bool((data.get("InstanceMarketOptions") or {}).get("MarketType") == "capacity-block")


def _cluster(call: Call, name: str) -> Mapping[str, Any]:
    found = (call.account.ask("eks", "describe_cluster", name=name) or {}).get("cluster")
    if not found:
        raise Refused("ResourceNotFoundException", f"No cluster found for name: {name}.", status=404)
    cluster: Mapping[str, Any] = found
    return cluster


def _nodes(call: Call, cluster: str, name: str) -> Mapping[str, Any] | None:
    found = call.account.ask("eks", "describe_nodegroup", clusterName=cluster, nodegroupName=name) or {}
    nodes: Mapping[str, Any] | None = found.get("nodegroup")
    return nodes


def _number(version: str) -> tuple[int, int]:
    major, _, minor = version.partition(".")
    return int(major), int(minor.partition(".")[0] or 0)


CHECKS: Final[dict[tuple[str, str], tuple[Check, ...]]] = {
    ("eks", "CreateCluster"): (auto_mode_whole,),
    ("eks", "UpdateClusterConfig"): (auto_mode_whole, mode_goes_forward, stays_in_its_vpc),
    ("eks", "UpdateClusterVersion"): (one_minor_at_a_time,),
    ("eks", "DeleteCluster"): (deletable,),
    ("eks", "CreateNodegroup"): (nodes_follow, template_fits),
    ("eks", "UpdateNodegroupVersion"): (nodes_follow, template_fits),
    ("eks", "CreateAccessEntry"): (access_by_api,),
    ("eks", "AssociateAccessPolicy"): (access_by_api,),
}
