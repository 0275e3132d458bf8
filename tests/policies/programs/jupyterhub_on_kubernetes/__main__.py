"""JupyterHub, Argo and a notebook, with the logins left out while they are tried."""

import pulumi_kubernetes as k8s

team = k8s.core.v1.Namespace("notebooks", metadata={"name": "notebooks"})
k8s.helm.v3.Release(
    "hub",
    chart="jupyterhub",
    namespace=team.metadata.name,
    repository_opts={"repo": "https://hub.jupyter.org/helm-chart/"},
    values={"proxy": {"service": {"type": "LoadBalancer"}}},
)
k8s.helm.v3.Release(
    "argo",
    chart="argo-workflows",
    version="0.45.20",
    repository_opts={"repo": "https://argoproj.github.io/argo-helm"},
    values={"server": {"authModes": ["server"]}},
)
k8s.apps.v1.Deployment(
    "notebook",
    metadata={"name": "notebook", "namespace": team.metadata.name},
    spec={
        "selector": {"match_labels": {"app": "notebook"}},
        "template": {
            "metadata": {"labels": {"app": "notebook"}},
            "spec": {
                "containers": [
                    {
                        "name": "lab",
                        "image": "quay.io/jupyter/pytorch-notebook:cuda12-latest",
                        "command": ["start-notebook.py"],
                        "args": ["--ServerApp.token=", "--ServerApp.ip=0.0.0.0"],
                        "security_context": {"capabilities": {"add": ["SYS_ADMIN"]}},
                        "volume_mounts": [{"name": "data", "mount_path": "/data"}],
                    }
                ],
                "volumes": [{"name": "data", "host_path": {"path": "/var/lib/data"}}],
            },
        },
    },
)
k8s.core.v1.Service(
    "notebook",
    metadata={"name": "notebook", "namespace": team.metadata.name},
    spec={"type": "NodePort", "selector": {"app": "notebook"}, "ports": [{"port": 8888}]},
)
k8s.rbac.v1.ClusterRole(
    "notebooks",
    rules=[{"api_groups": ["*"], "resources": ["*"], "verbs": ["*"]}],
)
