"""The kubeconfig of a cluster: who asks proves himself with a token of AWS's own, and nothing in it is secret."""

import json
from typing import Final

import pulumi

from mlinfra.components.documents import Text

EXEC_API: Final = "client.authentication.k8s.io/v1beta1"  # what `aws eks update-kubeconfig` writes


def kubeconfig(
    *, name: Text, endpoint: Text, certificate_authority: Text, role_arn: Text, region: str
) -> pulumi.Output[str]:
    """A kubeconfig, as JSON, that gets the role's tokens from `aws eks get-token` (EKS user guide, "Connect kubectl")."""
    known = pulumi.Output.all(name=name, endpoint=endpoint, authority=certificate_authority, role=role_arn)
    return known.apply(lambda at: document(at["name"], at["endpoint"], at["authority"], at["role"], region))


def document(name: str, endpoint: str, authority: str, role_arn: str, region: str) -> str:
    """The kubeconfig of a cluster whose name and place are known."""
    get_token = ["--region", region, "eks", "get-token", "--cluster-name", name, "--role-arn", role_arn]
    get_token += ["--output", "json"]
    user = {
        "exec": {"apiVersion": EXEC_API, "command": "aws", "args": get_token, "interactiveMode": "IfAvailable"},
    }
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [
                {"name": name, "cluster": {"server": endpoint, "certificate-authority-data": authority}},
            ],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "users": [{"name": name, "user": user}],
        }
    )
