"""A cluster for training and serving as it should be: nothing in it may be found fault with."""

import json

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

ACCOUNT = "123456789012"
TAGS = {"owner": "ml-platform", "cost-center": "4711", "environment": "dev", "data-classification": "confidential"}
LOGS = ["api", "audit", "authenticator", "controllerManager", "scheduler"]


def tagged(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """Whose a resource is, what pays for it and how sensitive it is, wherever it can be said."""
    if not args.type_.startswith("aws:") or "tags" not in args.props:
        return None
    return pulumi.ResourceTransformationResult({**args.props, "tags": TAGS}, args.opts)


pulumi.runtime.register_stack_transformation(tagged)


def role(name: str, service: str, *policies: str) -> aws.iam.Role:
    made = aws.iam.Role(
        name,
        permissions_boundary=f"arn:aws:iam::{ACCOUNT}:policy/boundary",
        assume_role_policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": service},
                        "Action": "sts:AssumeRole",
                        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
                    }
                ],
            }
        ),
    )
    for policy in policies:
        aws.iam.RolePolicyAttachment(
            f"{name}-{policy.lower()}", role=made.name, policy_arn=f"arn:aws:iam::aws:policy/{policy}"
        )
    return made


key = aws.kms.Key("cluster", enable_key_rotation=True, deletion_window_in_days=30)
logs = aws.cloudwatch.LogGroup("ml", name="/aws/eks/ml/cluster", retention_in_days=400, kms_key_id=key.arn)
cluster = aws.eks.Cluster(
    "ml",
    name="ml",
    version="1.35",
    role_arn=role("cluster", "eks.amazonaws.com", "AmazonEKSClusterPolicy").arn,
    enabled_cluster_log_types=LOGS,
    deletion_protection=True,
    upgrade_policy={"support_type": "STANDARD"},
    access_config={"authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": False},
    encryption_config={"provider": {"key_arn": key.arn}, "resources": ["secrets"]},
    vpc_config={
        "subnet_ids": ["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"],
        "endpoint_public_access": False,
        "endpoint_private_access": True,
    },
)
aws.eks.AccessPolicyAssociation(
    "platform",
    cluster_name=cluster.name,
    principal_arn=f"arn:aws:iam::{ACCOUNT}:role/platform-admin",
    policy_arn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
    access_scope={"type": "cluster"},
)
for addon, version in {"vpc-cni": "v1.20.4-eksbuild.1", "eks-pod-identity-agent": "v1.3.9-eksbuild.3"}.items():
    aws.eks.Addon(
        addon,
        cluster_name=cluster.name,
        addon_name=addon,
        addon_version=version,
        resolve_conflicts_on_update="PRESERVE",
        configuration_values=json.dumps({"enableNetworkPolicy": "true"}) if addon == "vpc-cni" else None,
    )
fabric = aws.ec2.SecurityGroup("efa", description="EFA between nodes of one job", vpc_id="vpc-0a1b2c3d4e5f60718")
aws.vpc.SecurityGroupIngressRule(
    "efa", security_group_id=fabric.id, referenced_security_group_id=fabric.id, ip_protocol="-1", description="EFA"
)
aws.vpc.SecurityGroupEgressRule(
    "efa", security_group_id=fabric.id, referenced_security_group_id=fabric.id, ip_protocol="-1", description="EFA"
)
together = aws.ec2.PlacementGroup("h100", strategy="cluster")
template = aws.ec2.LaunchTemplate(
    "h100",
    instance_type="p4d.24xlarge",
    placement={"group_name": together.name},
    metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1},
    block_device_mappings=[
        {"device_name": "/dev/xvda", "ebs": {"encrypted": "true", "kms_key_id": key.arn, "volume_size": 500}}
    ],
    network_interfaces=[
        {
            "device_index": 0 if card == 0 else 1,
            "network_card_index": card,
            "interface_type": "efa" if card == 0 else "efa-only",
            "associate_public_ip_address": "false",
            "security_groups": [fabric.id],
        }
        for card in range(4)
    ],
)
nodes = role(
    "nodes",
    "ec2.amazonaws.com",
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonEC2ContainerRegistryReadOnly",
)
aws.eks.NodeGroup(
    "h100",
    cluster_name=cluster.name,
    node_role_arn=nodes.arn,
    subnet_ids=["subnet-0a1b2c3d4e5f60718"],
    launch_template={"id": template.id, "version": "1"},
    ami_type="AL2023_x86_64_NVIDIA",
    release_version="1.35.3-20260903",
    node_repair_config={"enabled": True},
    taints=[{"key": "nvidia.com/gpu", "value": "true", "effect": "NO_SCHEDULE"}],
    scaling_config={"desired_size": 2, "min_size": 0, "max_size": 4},
)
aws.budgets.Budget(
    "gpu",
    budget_type="COST",
    limit_amount="20000",
    limit_unit="USD",
    time_unit="MONTHLY",
    notifications=[
        {
            "comparison_operator": "GREATER_THAN",
            "threshold": 80,
            "threshold_type": "PERCENTAGE",
            "notification_type": "FORECASTED",
            "subscriber_email_addresses": ["ml-platform@example.com"],
        }
    ],
)

team = k8s.core.v1.Namespace(
    "research",
    metadata={"name": "research", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
)
k8s.networking.v1.NetworkPolicy(
    "default-deny",
    metadata={"namespace": team.metadata.name},
    spec={"pod_selector": {}, "policy_types": ["Ingress", "Egress"]},
)
k8s.core.v1.ServiceAccountPatch(
    "default", metadata={"name": "default", "namespace": "research"}, automount_service_account_token=False
)
k8s.core.v1.ResourceQuota(
    "gpus", metadata={"namespace": team.metadata.name}, spec={"hard": {"requests.nvidia.com/gpu": "16"}}
)
k8s.helm.v3.Release(
    "kyverno",
    chart="kyverno",
    version="3.5.2",
    namespace="kyverno",
    repository_opts={"repo": "https://kyverno.github.io/kyverno/"},
)
k8s.helm.v3.Release(
    "kueue", chart="oci://registry.k8s.io/kueue/charts/kueue", version="0.19.3", namespace="kueue-system"
)
k8s.helm.v3.Release(
    "trainer", chart="oci://ghcr.io/kubeflow/charts/kubeflow-trainer", version="2.3.0", namespace="kubeflow-system"
)
k8s.apps.v1.DaemonSet(
    "efa-device-plugin",
    metadata={"name": "efa-device-plugin", "namespace": "kube-system"},
    spec={
        "selector": {"match_labels": {"name": "efa"}},
        "template": {
            "metadata": {"labels": {"name": "efa"}},
            "spec": {
                "host_network": True,
                "service_account_name": "efa",
                "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
                "containers": [
                    {
                        "name": "plugin",
                        "image": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/eks/aws-efa-k8s-device-plugin:v0.5.29",
                        "security_context": {"capabilities": {"drop": ["ALL"]}, "allow_privilege_escalation": False},
                        "volume_mounts": [{"name": "plugins", "mount_path": "/var/lib/kubelet/device-plugins"}],
                    }
                ],
                "volumes": [{"name": "plugins", "host_path": {"path": "/var/lib/kubelet/device-plugins"}}],
            },
        },
    },
)
CONTAINER = {
    "image": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/train@sha256:{'0' * 64}",
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    },
}
k8s.apiextensions.CustomResource(
    "torch",
    api_version="trainer.kubeflow.org/v1alpha1",
    kind="TrainingRuntime",
    metadata={"name": "torch-efa", "namespace": "research"},
    spec={
        "mlPolicy": {"numNodes": 2, "torch": {"numProcPerNode": 8}},
        "template": {
            "spec": {
                "replicatedJobs": [
                    {
                        "name": "node",
                        "template": {
                            "spec": {
                                "template": {
                                    "spec": {
                                        "serviceAccountName": "trainer",
                                        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
                                        "volumes": [
                                            {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "256Gi"}}
                                        ],
                                        "containers": [
                                            {
                                                **CONTAINER,
                                                "name": "node",
                                                "env": [{"name": "NCCL_DEBUG", "value": "WARN"}],
                                                "resources": {
                                                    "requests": {"cpu": "90", "memory": "1000Gi"},
                                                    "limits": {
                                                        "memory": "1000Gi",
                                                        "nvidia.com/gpu": "8",
                                                        "vpc.amazonaws.com/efa": "4",
                                                    },
                                                },
                                            }
                                        ],
                                    }
                                }
                            }
                        },
                    }
                ]
            }
        },
    },
)
k8s.core.v1.Service(
    "tracking",
    metadata={
        "name": "mlflow",
        "namespace": "research",
        "annotations": {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"},
    },
    spec={
        "type": "LoadBalancer",
        "load_balancer_class": "service.k8s.aws/nlb",
        "selector": {"app": "mlflow"},
        "ports": [{"port": 443, "target_port": 5000}],
    },
)
k8s.rbac.v1.Role(
    "trainer",
    metadata={"namespace": "research"},
    rules=[{"api_groups": ["trainer.kubeflow.org"], "resources": ["trainjobs"], "verbs": ["get", "list", "create"]}],
)
monitor = aws.costexplorer.AnomalyMonitor(
    "services", name="services", monitor_type="DIMENSIONAL", monitor_dimension="SERVICE"
)
aws.costexplorer.AnomalySubscription(
    "services",
    name="services",
    frequency="DAILY",
    monitor_arn_lists=[monitor.arn],
    subscribers=[{"type": "EMAIL", "address": "ml-platform@example.com"}],
)
