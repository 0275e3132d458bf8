"""What every cluster holds from its start: a storage class, what operators may do, and switches of EKS Auto Mode."""

from typing import Final

import pulumi
import pulumi_kubernetes as k8s

from mlinfra.components.cluster.access import persona_group
from mlinfra.components.documents import Text
from mlinfra.components.persona_policies import Persona

DEFAULT_CLASS: Final = "storageclass.kubernetes.io/is-default-class"
# "Create a storage class" in the EKS user guide, for Auto Mode; the EBS CSI driver's documentation for the add-on.
PROVISIONERS: Final = {True: "ebs.csi.eks.amazonaws.com", False: "ebs.csi.aws.com"}
SEE: Final = ("get", "list", "watch")


def storage_class(name: str, opts: pulumi.ResourceOptions, *, key_arn: Text, automatic: bool) -> None:
    """The default storage class gp3: encrypted with the cluster's key, made where the pod runs, gone with its claim."""
    k8s.storage.v1.StorageClass(
        name,
        metadata=k8s.meta.v1.ObjectMetaArgs(name="gp3", annotations={DEFAULT_CLASS: "true"}),
        provisioner=PROVISIONERS[automatic],
        parameters={"type": "gp3", "encrypted": "true", "kmsKeyId": key_arn},
        volume_binding_mode="WaitForFirstConsumer",
        reclaim_policy="Delete",
        allow_volume_expansion=True,
        opts=opts,
    )


def operators(name: str, opts: pulumi.ResourceOptions) -> None:
    """Lets platform operators drain nodes and see what the access policy for viewers leaves out, but no secrets."""
    rules = [
        (("",), ("nodes",), (*SEE, "patch")),
        (("",), ("pods/eviction",), ("create",)),
        (("",), ("persistentvolumes",), SEE),
        (("storage.k8s.io",), ("storageclasses", "volumeattachments", "csinodes"), SEE),
        (("metrics.k8s.io",), ("nodes", "pods"), SEE),
        (("karpenter.sh",), ("nodepools", "nodeclaims"), (*SEE, "patch")),
        (("karpenter.k8s.aws", "eks.amazonaws.com"), ("ec2nodeclasses", "nodeclasses"), SEE),
        (("resource.k8s.io",), ("deviceclasses", "resourceslices", "resourceclaims"), SEE),
    ]
    role = k8s.rbac.v1.ClusterRole(
        name,
        metadata=k8s.meta.v1.ObjectMetaArgs(name="mlinfra:platform-operator"),
        rules=[
            k8s.rbac.v1.PolicyRuleArgs(api_groups=[*groups], resources=[*resources], verbs=[*verbs])
            for groups, resources, verbs in rules
        ],
        opts=opts,
    )
    group = persona_group(Persona.PLATFORM_OPERATOR)
    k8s.rbac.v1.ClusterRoleBinding(
        name,
        metadata=k8s.meta.v1.ObjectMetaArgs(name="mlinfra:platform-operator"),
        role_ref=k8s.rbac.v1.RoleRefArgs(
            api_group="rbac.authorization.k8s.io", kind="ClusterRole", name=role.metadata.name
        ),
        subjects=[k8s.rbac.v1.SubjectArgs(kind="Group", name=group, api_group="rbac.authorization.k8s.io")],
        opts=opts,
    )


def switch_on_network_policies(name: str, opts: pulumi.ResourceOptions) -> None:
    """Makes EKS Auto Mode enforce network policies ("Use Network Policies with EKS Auto Mode" in its user guide)."""
    k8s.core.v1.ConfigMap(
        name,
        metadata=k8s.meta.v1.ObjectMetaArgs(name="amazon-vpc-cni", namespace="kube-system"),
        data={"enable-network-policy-controller": "true"},
        opts=opts,
    )
