"""The cluster: what it declares, in which order, and in Auto Mode."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

import mlinfra as ml
from mlinfra.components.cluster.kubeconfig import document

ACCOUNT = ml.Account(id="123456789012", region="eu-central-1")
KEY = "arn:aws:kms:eu-central-1:123456789012:key/one"
FILES = "sg-0fedcba9876543210"
LOGS = "arn:aws:kms:eu-central-1:123456789012:key/logs"
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
DEPLOYER = "arn:aws:iam::123456789012:role/deployer"
SUBNETS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
ADDON, ENTRY = "aws:eks/addon:Addon", "aws:eks/accessEntry:AccessEntry"
GROUP, ASSOCIATION = "aws:eks/nodeGroup:NodeGroup", "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"


def arguments(**changes: Any) -> dict[str, Any]:
    return {
        "account": ACCOUNT,
        "boundary_arn": BOUNDARY,
        "vpc_id": "vpc-0123456789abcdef0",
        "zones": ["eu-central-1a", "eu-central-1b"],
        "subnet_ids": SUBNETS,
        "control_subnet_ids": SUBNETS,
        "key_arn": KEY,
        "logs_key_arn": LOGS,
        "administrators": [DEPLOYER],
        **changes,
    }


@pytest.fixture(scope="module")
def full(declare: Callable[..., Any]) -> Any:
    """A cluster with everything that can be switched on, and something deployed into it."""

    def program() -> None:
        import pulumi_kubernetes as k8s

        bucket = ml.BucketAccess(bucket_arn="arn:aws:s3:::datasets", key_arn=KEY)
        files = ml.FileSystemAccess(
            file_system_arn="arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-01234567",
            access_point_arn="arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-01234567",
        )
        cluster = ml.Cluster(
            "main",
            ml.ClusterArgs(
                **arguments(
                    pod_subnet_ids=SUBNETS,
                    system_pool=ml.SystemPool(system=ml.NodeSystem.BOTTLEROCKET, dedicated=True, session_manager=True),
                    storage=ml.ClusterStorage(buckets=[bucket], file_systems=[files], lustre=True),
                    access={
                        "operators": ml.persona_access(
                            ml.Persona.PLATFORM_OPERATOR, "arn:aws:iam::123456789012:role/o"
                        ),
                        "vision": ml.ClusterAccess(
                            principal_arn="arn:aws:iam::123456789012:role/v",
                            level=ml.AccessLevel.EDIT,
                            namespaces=["vision"],
                        ),
                    },
                    client_security_group_ids=[FILES],
                    drain_on_delete=True,
                )
            ),
        )
        k8s.core.v1.Namespace("inside", opts=pulumi.ResourceOptions(provider=cluster.kubernetes))

    return declare(program)


@pytest.fixture(scope="module")
def automatic(declare: Callable[..., Any]) -> Any:
    return declare(lambda: ml.Cluster("main", ml.ClusterArgs(**arguments(auto_mode=ml.AutoMode()))))


def test_the_control_plane_is_private_logged_and_nobodys_by_default(full: Any) -> None:
    cluster = full.one("aws:eks/cluster:Cluster")
    network = cluster.inputs["vpcConfig"]
    assert (network["endpointPrivateAccess"], network["endpointPublicAccess"]) == (True, False)
    assert cluster.inputs["accessConfig"] == {
        "authenticationMode": "API",
        "bootstrapClusterCreatorAdminPermissions": False,
    }
    assert len(cluster.inputs["enabledClusterLogTypes"]) == 5
    assert cluster.inputs["encryptionConfig"] == {"provider": {"keyArn": KEY}, "resources": ["secrets"]}
    assert cluster.inputs["upgradePolicy"] == {"supportType": "STANDARD"}
    assert cluster.inputs["deletionProtection"] is True
    assert cluster.options.protect
    logs = full.one("aws:cloudwatch/logGroup:LogGroup")
    assert logs.inputs["name"] == f"/aws/eks/{cluster.inputs['name']}/cluster"
    assert (logs.inputs["kmsKeyId"], logs.inputs["retentionInDays"]) == (LOGS, 365)
    assert logs.name in full.needs(cluster)


def test_whoever_may_enter_is_named(full: Any, statements: Callable[..., Any]) -> None:
    policies = {node.name: node.inputs for node in full.of(ASSOCIATION)}
    assert {name: one["policyArn"].rpartition("/")[2] for name, one in policies.items()} == {
        "main-administrator": "AmazonEKSClusterAdminPolicy",
        "main-operators": "AmazonEKSViewPolicy",
        "main-vision": "AmazonEKSEditPolicy",
    }
    assert policies["main-vision"]["accessScope"] == {"type": "namespace", "namespaces": ["vision"]}
    assert full.one(ENTRY, "main-operators").inputs["kubernetesGroups"] == ["mlinfra:platform-operator"]
    (trust,) = statements(full.one("aws:iam/role:Role", "main-administrator"), "assumeRolePolicy")
    assert trust["Condition"] == {"ArnLike": {"aws:PrincipalArn": [DEPLOYER]}}


def test_add_ons_are_pinned_and_run_with_roles_of_their_own(full: Any) -> None:
    added = {node.inputs["addonName"]: node for node in full.of(ADDON)}
    assert set(added) == {
        *("vpc-cni", "kube-proxy", "eks-pod-identity-agent", "eks-node-monitoring-agent", "coredns", "metrics-server"),
        *("aws-ebs-csi-driver", "aws-efs-csi-driver", "aws-fsx-csi-driver", "aws-mountpoint-s3-csi-driver"),
    }
    assert all("-eksbuild." in node.inputs["addonVersion"] for node in added.values())
    cni = json.loads(added["vpc-cni"].inputs["configurationValues"])
    assert cni["enableNetworkPolicy"] == "true"
    assert cni["env"]["ENABLE_PREFIX_DELEGATION"] == "true"
    assert cni["eniConfig"]["subnets"] == {
        "eu-central-1a": {"id": SUBNETS[0]},
        "eu-central-1b": {"id": SUBNETS[1]},
    }
    roles = {node.inputs["serviceAccount"] for node in full.of("aws:eks/podIdentityAssociation:PodIdentityAssociation")}
    assert roles == {
        *("aws-node", "ebs-csi-controller-sa", "efs-csi-controller-sa", "efs-csi-node-sa"),
        *("fsx-csi-controller-sa", "s3-csi-driver-sa"),
    }
    attached = {node.inputs["policyArn"] for node in full.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")}
    assert not [arn for arn in attached if "FullAccess" in arn]
    assert {node.inputs["permissionsBoundary"] for node in full.of("aws:iam/role:Role")} == {BOUNDARY}


def test_what_nodes_need_comes_before_them_and_what_needs_nodes_after(full: Any) -> None:
    nodes = full.one(GROUP)
    assert {"main-vpc-cni", "main-kube-proxy", "main-eks-pod-identity-agent"} <= full.needs(nodes)
    assert nodes.name in full.needs(full.one(ADDON, "main-coredns"))
    assert "main-aws-node" in full.needs(full.one(ADDON, "main-vpc-cni"))


def test_whatever_is_in_the_cluster_hangs_on_all_that_serves_it(full: Any) -> None:
    """So that at its end it goes before nodes, drivers and whoever may enter."""
    provider = full.one("pulumi:providers:kubernetes")
    assert provider.urn in str(full.one("kubernetes:core/v1:Namespace").provider)
    last = full.one(ADDON, "main-metrics-server")
    assert last.name in full.needs(provider)
    before = full.needs(last)
    assert {node.name for node in (*full.of(ADDON), *full.of(ASSOCIATION)) if node is not last} <= before
    assert full.one(GROUP).name in before


def test_nodes_are_hardened(full: Any) -> None:
    nodes, template = full.one(GROUP), full.one("aws:ec2/launchTemplate:LaunchTemplate")
    assert nodes.inputs["amiType"] == "BOTTLEROCKET_x86_64"
    assert nodes.inputs["version"] == full.one("aws:eks/cluster:Cluster").inputs["version"]
    assert nodes.inputs["nodeRepairConfig"] == {"enabled": True}
    assert nodes.inputs["taints"] == [{"key": "CriticalAddonsOnly", "value": "true", "effect": "NO_SCHEDULE"}]
    assert "remoteAccess" not in nodes.inputs
    assert "keyName" not in template.inputs
    metadata = template.inputs["metadataOptions"]
    assert (metadata["httpTokens"], metadata["httpPutResponseHopLimit"]) == ("required", 1)
    disks = {one["deviceName"]: one["ebs"] for one in template.inputs["blockDeviceMappings"]}
    assert {name: disk["volumeSize"] for name, disk in disks.items()} == {"/dev/xvda": 4, "/dev/xvdb": 50}
    assert {(disk["encrypted"], disk["kmsKeyId"], disk["volumeType"]) for disk in disks.values()} == {
        ("true", KEY, "gp3")
    }
    (own, files) = template.inputs["vpcSecurityGroupIds"]
    assert files == FILES
    assert own != FILES
    sessions = full.one("aws:iam/rolePolicy:RolePolicy", "main-nodes-sessions").inputs["policy"]
    assert "ssm:GetParameter" not in sessions


def test_auto_mode_brings_nodes_and_what_they_need(automatic: Any) -> None:
    cluster = automatic.one("aws:eks/cluster:Cluster")
    assert cluster.inputs["computeConfig"]["enabled"] is True
    assert cluster.inputs["computeConfig"]["nodePools"] == ["system", "general-purpose"]
    assert cluster.inputs["kubernetesNetworkConfig"] == {"elasticLoadBalancing": {"enabled": True}}
    assert cluster.inputs["storageConfig"] == {"blockStorage": {"enabled": True}}
    assert automatic.of(GROUP) == automatic.of("aws:ec2/launchTemplate:LaunchTemplate") == []
    assert automatic.of("aws:iam/instanceProfile:InstanceProfile") == []
    assert automatic.names(ADDON) == ["main-metrics-server"]
    assert automatic.one("kubernetes:core/v1:ConfigMap").inputs["data"] == {"enable-network-policy-controller": "true"}
    assert (
        automatic.one("kubernetes:storage.k8s.io/v1:StorageClass").inputs["provisioner"] == "ebs.csi.eks.amazonaws.com"
    )


def test_the_reference_tells_what_pools_need(declare: Callable[..., Any]) -> None:
    told: list[ml.ClusterReference] = []
    declare(lambda: told.append(ml.Cluster("main", ml.ClusterArgs(**arguments(version="1.34")), None).reference))
    (reference,) = told
    assert reference.instance_profile_name is not None
    assert (reference.version, reference.auto_mode) == ("1.34", False)
    assert reference.zones == ["eu-central-1a", "eu-central-1b"]


def test_a_kubeconfig_holds_nothing_secret() -> None:
    config = json.loads(document("main", "https://example", "Y2E=", "arn:aws:iam::123456789012:role/a", "eu-central-1"))
    (user,) = config["users"]
    assert set(user["user"]) == {"exec"}
    assert user["user"]["exec"]["args"][:5] == ["--region", "eu-central-1", "eks", "get-token", "--cluster-name"]
    assert "arn:aws:iam::123456789012:role/a" in user["user"]["exec"]["args"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"administrators": []}, "administrators = []: nobody could administer the cluster"),
        ({"administrators": ["deployer"]}, "administrators = "),
        ({"version": "1.19"}, "version = '1.19': no version of Kubernetes that the catalogue has add-ons for"),
        ({"expose_to_internet": ["0.0.0.0/0"]}, "0.0.0.0/0 is everybody's, nobody's or no IPv4 range"),
        ({"expose_to_internet": ["10.0.0.0/8"]}, "10.0.0.0/8 is everybody's, nobody's or no IPv4 range"),
        ({"expose_to_internet": ["office"]}, "'office' is not a range of addresses"),
        ({"expose_to_internet": ["203.0.114.0/24"], "profile": "isolated"}, "the isolated profile has no path"),
        ({"auto_mode": {}, "system_pool": {}}, "system_pool = {}: EKS Auto Mode brings its own nodes"),
        ({"auto_mode": {}, "pod_subnet_ids": SUBNETS}, "EKS Auto Mode has no VPC CNI to configure"),
        ({"auto_mode": {"built_in_pools": ["system", "system"]}}, "a pool stands there twice"),
        ({"client_security_group_ids": ["files"]}, "client_security_group_ids"),
        ({"system_pool": {"nodes": 1}}, "system_pool.nodes = 1: the loss of one node would take DNS away"),
        ({"system_pool": {"disk_gib": 8}}, "too small for the images of the add-ons"),
        ({"system_pool": {"instance_types": ["p5.48xlarge"]}}, "accelerators are not for DNS and controllers"),
        ({"system_pool": {"instance_types": ["m7i.huge"]}}, "'m7i.huge' is not in the catalogue"),
        ({"system_pool": {"instance_types": ["m7i.xlarge", "m7g.xlarge"]}}, "several architectures"),
        ({"zones": ["eu-central-1a"]}, "zones"),
        ({"subnet_ids": SUBNETS[:1]}, "subnet_ids"),
        ({"log_retention_days": 7}, "log_retention_days = 7"),
        ({"access": {"administrator": {"principal_arn": DEPLOYER, "level": "view"}}}, "the cluster's own entry"),
        ({"access": {"a": {"principal_arn": DEPLOYER}}}, "may enter and then do nothing"),
        ({"access": {"a": {"principal_arn": DEPLOYER, "groups": ["system:masters"]}}}, "CreateAccessEntry"),
        ({"access": {"a": {"principal_arn": DEPLOYER, "level": "cluster-admin", "namespaces": ["x"]}}}, "kept to namespaces"),
        ({"access": {"a": {"principal_arn": DEPLOYER, "groups": ["g"], "namespaces": ["x"]}}}, "limits a level"),
    ],
    ids=lambda value: None if isinstance(value, dict) else value[:40],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_a_fix(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ml.ArgumentError) as error:
        ml.ClusterArgs(**arguments(**changes))
    assert says in str(error.value)
    assert "fix:" in str(error.value)
