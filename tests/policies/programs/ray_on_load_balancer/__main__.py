"""A Ray cluster whose dashboard the whole team, and everybody else, can open."""

import pulumi_kubernetes as k8s

team = k8s.core.v1.Namespace("research", metadata={"name": "research"})
account = k8s.core.v1.ServiceAccount("ray", metadata={"name": "ray", "namespace": team.metadata.name})
k8s.rbac.v1.ClusterRoleBinding(
    "ray-admin",
    role_ref={"api_group": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
    subjects=[{"kind": "ServiceAccount", "name": "ray", "namespace": "research"}],
)
k8s.apiextensions.CustomResource(
    "ray",
    api_version="ray.io/v1",
    kind="RayCluster",
    metadata={"name": "ray", "namespace": "research"},
    spec={
        "headGroupSpec": {
            "serviceType": "LoadBalancer",
            "rayStartParams": {"dashboard-host": "0.0.0.0"},
            "template": {
                "spec": {
                    "serviceAccountName": "ray",
                    "containers": [
                        {
                            "name": "head",
                            "image": "rayproject/ray-ml:latest",
                            "env": [
                                {"name": "AWS_SECRET_ACCESS_KEY", "value": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
                            ],
                            "ports": [{"containerPort": 8265, "name": "dashboard"}],
                        }
                    ],
                }
            },
        },
        "workerGroupSpecs": [
            {
                "groupName": "gpu",
                "replicas": 4,
                "template": {
                    "spec": {
                        "hostNetwork": True,
                        "containers": [
                            {
                                "name": "worker",
                                "image": "rayproject/ray-ml:latest",
                                "securityContext": {"privileged": True},
                                "resources": {"limits": {"nvidia.com/gpu": "8"}},
                            }
                        ],
                    }
                },
            }
        ],
    },
)
k8s.core.v1.Service(
    "dashboard",
    metadata={"name": "ray-dashboard", "namespace": "research"},
    spec={
        "type": "LoadBalancer",
        "selector": {"ray.io/node-type": "head"},
        "ports": [{"name": "dashboard", "port": 80, "target_port": 8265}],
    },
)
