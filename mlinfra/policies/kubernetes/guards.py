"""Rules about what a cluster gives without being asked: tokens, volumes, ways out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, any_of, only_if
from mlinfra.policies.kubernetes.namespaces import NAMESPACE, NETWORK_POLICY, is_everybody, is_in, is_ours
from mlinfra.policies.references import names_a_key

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

STORAGE_CLASS: Final = "kubernetes:storage.k8s.io/*:StorageClass"
ACCOUNTS: Final = ("kubernetes:core/*:ServiceAccount", "kubernetes:core/*:ServiceAccountPatch")
_EBS: Final = ("ebs.csi.aws.com", "ebs.csi.eks.amazonaws.com", "kubernetes.io/aws-ebs")


@rule(
    "k8s-storage-encrypted",
    title="Volumes that pods ask for are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(STORAGE_CLASS,),
    fix='parameters={"type": "gp3", "encrypted": "true", "kmsKeyId": key.arn}',
)
def k8s_storage_encrypted(storage: Resource) -> Truth:
    """Whatever a pod keeps lies on volumes that the class makes; encryption cannot be switched on afterwards."""
    parameters = storage["parameters"]
    encrypted = parameters.key("encrypted").is_true() & names_a_key(parameters.key("kmsKeyId"))
    return only_if(storage["provisioner"].is_(*_EBS), encrypted)


@rule(
    "k8s-netpol-wide-egress",
    title="Network policies do not let traffic out to everywhere",
    severity=Severity.MEDIUM,
    types=(NETWORK_POLICY,),
    profiles=STRICT,
    arguments={"mlinfra:teams:TeamSpace": "connections", "mlinfra:training_cluster:TrainingCluster": "networks"},
    fix='egress=[{"to": [{"ip_block": {"cidr": "10.0.0.0/16"}}], "ports": [{"port": 443}]}]',
)
def k8s_netpol_wide_egress(policy: Resource) -> Truth:
    """A rule without `to`, to 0.0.0.0/0 or to every namespace is as if traffic were not denied: code in a notebook sends data anywhere."""

    def narrow(one: Value) -> Truth:
        return one["to"].present() & ~one["to"].any(is_everybody)

    return policy["spec.egress"].every(narrow)


@rule(
    "k8s-default-sa-token",
    title="Default service accounts give out no tokens",
    severity=Severity.LOW,
    types=(NAMESPACE,),
    profiles=STRICT,
    fix='ServiceAccountPatch(name, metadata={"name": "default", "namespace": ns.metadata.name}, '
    "automount_service_account_token=False), or a TeamSpace",
)
def k8s_default_sa_token(namespace: Resource) -> Truth:
    """Every pod that names no account would carry a token of the cluster's API, which an intruder finds first."""

    def closed(account: Resource) -> Truth:
        mine = is_in(account, namespace) & account["metadata.name"].is_("default")
        return mine & account["automountServiceAccountToken"].is_false()

    return only_if(is_ours(namespace), any_of(namespace.graph.of(kind).any(closed) for kind in ACCOUNTS))


@rule(
    "k8s-sa-token",
    title="Service accounts give out tokens to pods that ask for one",
    severity=Severity.LOW,
    types=ACCOUNTS,
    profiles=STRICT,
    arguments={"mlinfra:teams:TeamSpace": "service_accounts"},
    fix="automount_service_account_token=False; the pod that calls the API server says True for itself",
)
def k8s_sa_token(account: Resource) -> Truth:
    """Training and serving call no API server: a token that lies in each of their pods is only of use to an intruder."""
    return account["automountServiceAccountToken"].is_false()


RULES: Final = (k8s_storage_encrypted, k8s_netpol_wide_egress, k8s_default_sa_token, k8s_sa_token)
