"""Queues that look like quotas: more is promised than there is, nothing that was lent comes back, and anybody may use them."""

import pulumi_aws as aws
import pulumi_kubernetes as k8s

KUEUE = "kueue.x-k8s.io/v1beta2"
lake = aws.s3.Bucket("patients", bucket="acme-patients", tags={"data-classification": "restricted"})
scratch = aws.fsx.LustreFileSystem(
    "scratch",
    subnet_ids="subnet-0a1b2c3d4e5f60718",
    storage_capacity=1200,
    deployment_type="SCRATCH_2",
    tags={"data-classification": "internal"},
)
aws.fsx.DataRepositoryAssociation(
    "patients", file_system_id=scratch.id, file_system_path="/patients", data_repository_path="s3://acme-patients/"
)
aws.eks.NodeGroup(
    "h100",
    cluster_name="ml",
    node_role_arn="arn:aws:iam::123456789012:role/nodes",
    subnet_ids=["subnet-0a1b2c3d4e5f60718"],
    ami_type="AL2023_x86_64_NVIDIA",
    release_version="1.35.3-20260903",
    instance_types=["p5.48xlarge"],
    labels={"pool": "h100"},
    scaling_config={"desired_size": 2, "min_size": 0, "max_size": 2},
)
k8s.helm.v3.Release("kueue", chart="oci://registry.k8s.io/kueue/charts/kueue", version="0.19.3")
k8s.helm.v3.Release("trainer", chart="oci://ghcr.io/kubeflow/charts/kubeflow-trainer", version="2.0.1")


def made(name: str, kind: str, metadata: dict[str, object], **spec: object) -> None:
    k8s.apiextensions.CustomResource(name, api_version=KUEUE, kind=kind, metadata=metadata, spec=spec)


made("h100-flavor", "ResourceFlavor", {"name": "h100"}, nodeLabels={"pool": "h100"})
for team, gpus in {"research": 16, "products": 8}.items():
    k8s.core.v1.Namespace(team, metadata={"name": team})
    resources = [{"name": "nvidia.com/gpu", "nominalQuota": gpus}]
    made(
        f"{team}-share",
        "ClusterQueue",
        {"name": team},
        cohortName="all",
        namespaceSelector={},
        resourceGroups=[
            {"coveredResources": ["nvidia.com/gpu"], "flavors": [{"name": "h100", "resources": resources}]}
        ],
    )
    made(f"{team}-queue", "LocalQueue", {"name": "train", "namespace": team}, clusterQueue=team)

k8s.rbac.v1.RoleBinding(
    "products-trains-everywhere",
    metadata={"name": "trainer", "namespace": "research"},
    role_ref={"api_group": "rbac.authorization.k8s.io", "kind": "Role", "name": "trainer"},
    subjects=[{"kind": "ServiceAccount", "name": "trainer", "namespace": "products"}],
)
for name, labels in {"past-the-queue": {}, "misspelt": {"kueue.x-k8s.io/queue-name": "trian"}}.items():
    k8s.apiextensions.CustomResource(
        name,
        api_version="jobset.x-k8s.io/v1alpha2",
        kind="JobSet",
        metadata={"name": name, "namespace": "research", "labels": labels},
        spec={
            "failurePolicy": {"maxRestarts": 100000},
            "replicatedJobs": [
                {
                    "name": "node",
                    "template": {
                        "spec": {
                            "parallelism": 2,
                            "template": {
                                "spec": {
                                    "containers": [
                                        {
                                            "name": "train",
                                            "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/train:v7",
                                            "resources": {"limits": {"nvidia.com/gpu": "8"}},
                                        }
                                    ]
                                }
                            },
                        }
                    },
                }
            ],
        },
    )
