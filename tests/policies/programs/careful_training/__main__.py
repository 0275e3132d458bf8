"""Two teams that train on one cluster as it should be: nothing in it may be found fault with."""

import json

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

ACCOUNT = "123456789012"
REGISTRY = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
TAGS = {"owner": "ml-platform", "cost-center": "4711", "environment": "dev", "data-classification": "confidential"}
KUEUE, DIGEST = "kueue.x-k8s.io/v1beta2", f"sha256:{'0' * 64}"
LAKE = "arn:aws:s3:::acme-lake"
TEAMS = {"vision": 32, "speech": 16}


def tagged(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """Whose a resource is, what pays for it and how sensitive it is, wherever it can be said."""
    if not args.type_.startswith("aws:") or "tags" not in args.props:
        return None
    return pulumi.ResourceTransformationResult({**args.props, "tags": TAGS}, args.opts)


pulumi.runtime.register_stack_transformation(tagged)


def custom(name: str, api: str, kind: str, metadata: dict[str, object], spec: dict[str, object]) -> None:
    k8s.apiextensions.CustomResource(name, api_version=api, kind=kind, metadata=metadata, spec=spec)


def identity(team: str) -> None:
    """Pods of a team read what is shared, and have a folder of their own."""
    own = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"{LAKE}/${{aws:PrincipalTag/kubernetes-namespace}}/*",
        "Condition": {"StringEquals": {"aws:ResourceAccount": ACCOUNT}},
    }
    shared = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": f"{LAKE}/shared/*",
        "Condition": {"StringEquals": {"aws:ResourceAccount": ACCOUNT}},
    }
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {
            "StringEquals": {
                "aws:SourceAccount": ACCOUNT,
                "aws:RequestTag/kubernetes-namespace": team,
                "aws:RequestTag/kubernetes-service-account": "trainer",
            },
            "ArnEquals": {"aws:SourceArn": f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/ml"},
        },
    }
    role = aws.iam.Role(
        team,
        permissions_boundary=f"arn:aws:iam::{ACCOUNT}:policy/boundary",
        assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    aws.iam.RolePolicy(team, role=role.name, policy=json.dumps({"Version": "2012-10-17", "Statement": [own, shared]}))
    aws.eks.PodIdentityAssociation(
        team, cluster_name="ml", namespace=team, service_account="trainer", role_arn=role.arn
    )


def place(team: str, gpus: int) -> None:
    """A team's namespace, and its share of the pool."""
    k8s.core.v1.Namespace(team, metadata={"name": team, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}})
    k8s.networking.v1.NetworkPolicy(
        team, metadata={"namespace": team}, spec={"pod_selector": {}, "policy_types": ["Ingress", "Egress"]}
    )
    k8s.core.v1.ServiceAccountPatch(
        team, metadata={"name": "default", "namespace": team}, automount_service_account_token=False
    )
    k8s.core.v1.ResourceQuota(
        team, metadata={"namespace": team}, spec={"hard": {"requests.nvidia.com/gpu": str(gpus), "pods": "200"}}
    )
    quota = {"name": "h100", "resources": [{"name": "nvidia.com/gpu", "nominalQuota": gpus}]}
    share = {
        "cohortName": "all",
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": team}},
        "preemption": {"reclaimWithinCohort": "Any", "withinClusterQueue": "LowerPriority"},
        "resourceGroups": [{"coveredResources": ["nvidia.com/gpu"], "flavors": [quota]}],
    }
    custom(f"{team}-share", KUEUE, "ClusterQueue", {"name": team}, share)
    custom(f"{team}-queue", KUEUE, "LocalQueue", {"name": "train", "namespace": team}, {"clusterQueue": team})
    identity(team)


for team, gpus in TEAMS.items():
    place(team, gpus)
custom(
    "h100",
    KUEUE,
    "ResourceFlavor",
    {"name": "h100"},
    {
        "nodeLabels": {"pool": "h100"},
        "nodeTaints": [{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}],
    },
)
custom(
    "h100-pool",
    "karpenter.sh/v1",
    "NodePool",
    {"name": "h100"},
    {
        "limits": {"nvidia.com/gpu": "48", "cpu": "1152"},
        "disruption": {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "10m"},
        "template": {
            "metadata": {"labels": {"pool": "h100"}},
            "spec": {
                "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "h100"},
                "taints": [{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}],
                "requirements": [
                    {
                        "key": "node.kubernetes.io/instance-type",
                        "operator": "In",
                        "values": ["p5.48xlarge", "p5e.48xlarge", "p5en.48xlarge"],
                    },
                    {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot", "on-demand"]},
                    {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["us-east-1a"]},
                ],
            },
        },
    },
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

QUEUED = {"kueue.x-k8s.io/queue-name": "train"}
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
POD_SECURITY = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
GPUS = {"cpu": "180", "memory": "1900Gi", "nvidia.com/gpu": "8", "vpc.amazonaws.com/efa": "32"}
SMALL = {"cpu": "4", "memory": "16Gi"}


def pod(name: str, image: str, amounts: dict[str, str], *, gpu: bool = False) -> dict[str, object]:
    """A pod that training can run in."""
    container = {
        "name": name,
        "image": f"{REGISTRY}/{image}@{DIGEST}",
        "resources": {"requests": amounts, "limits": amounts},
        "securityContext": RESTRICTED,
        "volumeMounts": [
            {"name": "shm", "mountPath": "/dev/shm"},
            {"name": "checkpoints", "mountPath": "/checkpoint"},
        ],
    }
    made = {
        "serviceAccountName": "trainer",
        "automountServiceAccountToken": False,
        "securityContext": POD_SECURITY,
        "containers": [container],
        "volumes": [
            {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "64Gi"}},
            {"name": "checkpoints", "persistentVolumeClaim": {"claimName": "checkpoints"}},
        ],
    }
    if gpu:
        made |= {
            "nodeSelector": {"pool": "h100"},
            "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
        }
    return made


def metadata(name: str, namespace: str) -> dict[str, object]:
    return {"name": name, "namespace": namespace, "labels": QUEUED}


job = {
    "name": "node",
    "template": {"spec": {"backoffLimit": 0, "template": {"spec": pod("node", "torch", GPUS, gpu=True)}}},
}
custom(
    "torch",
    "trainer.kubeflow.org/v1alpha1",
    "TrainingRuntime",
    {"name": "finetune", "namespace": "vision"},
    {
        "mlPolicy": {"numNodes": 4, "torch": {}},
        "template": {"spec": {"failurePolicy": {"maxRestarts": 3}, "replicatedJobs": [job]}},
    },
)
custom(
    "finetune",
    "trainer.kubeflow.org/v1alpha1",
    "TrainJob",
    metadata("finetune", "vision"),
    {
        "runtimeRef": {"apiGroup": "trainer.kubeflow.org", "kind": "TrainingRuntime", "name": "finetune"},
        "activeDeadlineSeconds": 172800,
        "trainer": {"image": f"{REGISTRY}/torch@{DIGEST}", "numNodes": 4, "resourcesPerNode": {"limits": GPUS}},
    },
)
parameter_servers = {
    "name": "ps",
    "template": {
        "spec": {
            "parallelism": 2,
            "completions": 2,
            "activeDeadlineSeconds": 86400,
            "template": {"spec": pod("ps", "tensorflow", SMALL)},
        }
    },
}
custom(
    "ranking",
    "jobset.x-k8s.io/v1alpha2",
    "JobSet",
    metadata("ranking", "speech"),
    {"failurePolicy": {"maxRestarts": 3}, "replicatedJobs": [parameter_servers]},
)
custom(
    "tune",
    "ray.io/v1",
    "RayJob",
    metadata("tune", "speech"),
    {
        "entrypoint": "python tune.py",
        "activeDeadlineSeconds": 86400,
        "backoffLimit": 2,
        "shutdownAfterJobFinishes": True,
        "rayClusterSpec": {
            "rayVersion": "2.52.0",
            "authOptions": {"mode": "token"},
            "enableInTreeAutoscaling": False,
            "headGroupSpec": {"template": {"spec": pod("head", "ray", SMALL)}},
            "workerGroupSpecs": [
                {
                    "groupName": "gpu",
                    "replicas": 2,
                    "minReplicas": 2,
                    "maxReplicas": 2,
                    "template": {"spec": pod("worker", "ray", GPUS, gpu=True)},
                }
            ],
        },
    },
)
ROLE = {"podSecurityContext": POD_SECURITY, "securityContext": RESTRICTED, "cores": 4, "memory": "14g"}
custom(
    "features",
    "sparkoperator.k8s.io/v1beta2",
    "SparkApplication",
    metadata("features", "speech"),
    {
        "type": "Python",
        "mode": "cluster",
        "image": f"{REGISTRY}/spark@{DIGEST}",
        "sparkVersion": "4.0.1",
        "mainApplicationFile": "local:///workspace/features.py",
        "sparkConf": {
            "spark.authenticate": "true",
            "spark.network.crypto.enabled": "true",
            "spark.io.encryption.enabled": "true",
            "spark.eventLog.enabled": "true",
            "spark.eventLog.dir": "s3a://acme-lake/speech/events",
        },
        "dynamicAllocation": {"enabled": False},
        "restartPolicy": {"type": "OnFailure", "onFailureRetries": 3},
        "volumes": [{"name": "spark-local-dir-1", "emptyDir": {"sizeLimit": "100Gi"}}],
        "driver": {
            **ROLE,
            "serviceAccount": "spark",
            "template": {
                "spec": {
                    "activeDeadlineSeconds": 7200,
                    "serviceAccountName": "spark",
                    "containers": [
                        {
                            "name": "spark-kubernetes-driver",
                            "securityContext": {**RESTRICTED, **POD_SECURITY},
                            "resources": {"requests": SMALL, "limits": SMALL},
                        }
                    ],
                }
            },
        },
        "executor": {**ROLE, "instances": 8},
    },
)
