"""Two teams that train on one cluster as tutorials show it: it works, until somebody looks at the bill, or at the data."""

import json

import pulumi_aws as aws
import pulumi_kubernetes as k8s

data = aws.s3.Bucket("lake", bucket="acme-lake")
cluster = "ml"


def role(name: str, objects: str, *actions: str) -> aws.iam.Role:
    made = aws.iam.Role(
        name,
        assume_role_policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "pods.eks.amazonaws.com"},
                        "Action": ["sts:AssumeRole", "sts:TagSession"],
                    }
                ],
            }
        ),
    )
    aws.iam.RolePolicy(
        name,
        role=made.name,
        policy=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [*actions], "Resource": objects}]}
        ),
    )
    return made


vision = role("vision", "arn:aws:s3:::acme-lake/*", "s3:GetObject", "s3:PutObject")
speech = role("speech", "arn:aws:s3:::acme-lake/speech/*", "s3:GetObject", "s3:PutObject")
for team, pods in {"vision": vision, "speech": speech, "demo": vision}.items():
    aws.eks.PodIdentityAssociation(
        team, cluster_name=cluster, namespace=team, service_account="trainer", role_arn=pods.arn
    )
    k8s.core.v1.Namespace(team, metadata={"name": team})

k8s.apiextensions.CustomResource(
    "bert",
    api_version="trainer.kubeflow.org/v1alpha1",
    kind="TrainJob",
    metadata={"name": "bert", "namespace": "speech"},
    spec={
        "runtimeRef": {"name": "torch-distributed"},
        "trainer": {
            "image": "pytorch/pytorch:2.9.0-cuda12.8-cudnn9-runtime",
            "numNodes": 4,
            "command": ["torchrun", "train.py"],
            "resourcesPerNode": {"limits": {"nvidia.com/gpu": "8"}},
        },
    },
)
CONTAINER = {
    "name": "pytorch",
    "image": "acme/vision:latest",
    "resources": {"limits": {"nvidia.com/gpu": "8"}},
    "securityContext": {"privileged": True},
    "volumeMounts": [{"name": "shm", "mountPath": "/dev/shm"}, {"name": "cache", "mountPath": "/cache"}],
}
k8s.apiextensions.CustomResource(
    "resnet",
    api_version="kubeflow.org/v1",
    kind="PyTorchJob",
    metadata={"name": "resnet", "namespace": "vision"},
    spec={
        "pytorchReplicaSpecs": {
            "Worker": {
                "replicas": 4,
                "template": {
                    "spec": {
                        "hostNetwork": True,
                        "nodeSelector": {"karpenter.sh/capacity-type": "spot"},
                        "containers": [CONTAINER],
                        "volumes": [
                            {"name": "shm", "emptyDir": {"medium": "Memory"}},
                            {"name": "cache", "hostPath": {"path": "/var/cache"}},
                        ],
                    }
                },
            }
        }
    },
)
