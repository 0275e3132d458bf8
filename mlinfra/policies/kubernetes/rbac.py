"""Rules about permissions in Kubernetes: roles and who has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, only_if

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

CLUSTER_ROLE: Final = "kubernetes:rbac.authorization.k8s.io/*:ClusterRole"
ROLES: Final = (CLUSTER_ROLE, "kubernetes:rbac.authorization.k8s.io/*:Role")
CLUSTER_BINDING: Final = "kubernetes:rbac.authorization.k8s.io/*:ClusterRoleBinding"
BINDINGS: Final = (CLUSTER_BINDING, "kubernetes:rbac.authorization.k8s.io/*:RoleBinding")
_SHARED_GROUPS: Final = (
    "", "*", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "autoscaling", "batch",
    "certificates.k8s.io", "discovery.k8s.io", "events.k8s.io", "metrics.k8s.io", "networking.k8s.io", "node.k8s.io", "policy",
    "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
)  # fmt: skip
"""API groups of Kubernetes itself, in which a wildcard speaks of things that everybody has."""


def _has(list_: Value, *names: str) -> Truth:
    return list_.any(lambda one: one.is_(*names))


@rule(
    "k8s-rbac-wildcard",
    title="Roles name what they allow",
    severity=Severity.HIGH,
    types=ROLES,
    fix='rules=[{"api_groups": ["batch"], "resources": ["jobs"], "verbs": ["get", "list", "create", "delete"]}]',
)
def k8s_rbac_wildcard(role: Resource) -> Truth:
    """A wildcard takes in secrets, nodes and webhooks, and whatever a later version adds.

    In the API group of an operator it speaks only of what is the operator's own.
    """

    def named(one: Value) -> Truth:
        shared = one["apiGroups"].any(lambda group: group.is_(*_SHARED_GROUPS))
        return ~(shared & (_has(one["resources"], "*") | _has(one["verbs"], "*")))

    return role["rules"].every(named)


@rule(
    "k8s-rbac-escalation",
    title="No role lets its holder become somebody else",
    severity=Severity.HIGH,
    types=ROLES,
    fix="take bind, escalate and impersonate out of the verbs",
)
def k8s_rbac_escalation(role: Resource) -> Truth:
    """With one of these verbs, whatever else a role says, its holder is cluster-admin."""
    return role["rules"].every(lambda one: ~_has(one["verbs"], "bind", "escalate", "impersonate"))


@rule(
    "k8s-rbac-secrets",
    title="No role reads the secrets of every namespace",
    severity=Severity.HIGH,
    types=(CLUSTER_ROLE,),
    fix='a Role in the namespace, or "resource_names": ["model-registry-token"]',
)
def k8s_rbac_secrets(role: Resource) -> Truth:
    """Who lists secrets of all namespaces has the token of every service account and every team's credentials."""

    def narrow(one: Value) -> Truth:
        reads = _has(one["verbs"], "get", "list", "watch", "*")
        secrets = _has(one["apiGroups"], "", "*") & _has(one["resources"], "secrets", "*")
        return ~(secrets & reads) | one["resourceNames"].present()

    return role["rules"].every(narrow)


@rule(
    "k8s-rbac-exec",
    title="No role opens shells in the pods of every namespace",
    severity=Severity.MEDIUM,
    types=(CLUSTER_ROLE,),
    arguments={"mlinfra:teams:TeamSpace": "shells"},
    fix="a Role in the namespace in which pods/exec is needed",
)
def k8s_rbac_exec(role: Resource) -> Truth:
    """A shell in a pod has the pod's identity and its data."""
    return role["rules"].every(
        lambda one: (
            ~(
                _has(one["resources"], "pods/exec", "pods/attach", "pods/ephemeralcontainers", "*")
                & _has(one["verbs"], "create", "get", "update", "patch", "*")
                & _has(one["apiGroups"], "", "*")
            )
        )
    )


@rule(
    "k8s-rbac-cluster-admin",
    title="No service account and no single user is cluster-admin",
    severity=Severity.HIGH,
    types=(CLUSTER_BINDING,),
    fix="a role of its own with what the workload needs",
)
def k8s_rbac_cluster_admin(binding: Resource) -> Truth:
    """A pod that is taken over takes the cluster over. People come in by groups, from access entries."""
    admin = binding["roleRef.name"].is_("cluster-admin")
    return only_if(admin, binding["subjects"].every(lambda one: ~one["kind"].is_("ServiceAccount", "User")))


@rule(
    "k8s-rbac-anonymous",
    title="Nobody has permissions without signing in",
    severity=Severity.CRITICAL,
    types=BINDINGS,
    fix="name groups of people, or service accounts, in subjects",
)
def k8s_rbac_anonymous(binding: Resource) -> Truth:
    """Whoever reaches the API, from any pod or the internet, would have the role."""
    anonymous = binding["subjects"].any(
        lambda one: one["name"].is_("system:anonymous", "system:unauthenticated", "system:authenticated")
    )
    return ~anonymous | binding["roleRef.name"].is_(
        "system:public-info-viewer", "system:discovery", "system:basic-user"
    )


@rule(
    "k8s-rbac-default-sa",
    title="Default service accounts have no permissions",
    severity=Severity.MEDIUM,
    types=BINDINGS,
    fix='subjects=[{"kind": "ServiceAccount", "name": account.metadata.name, ...}]',
)
def k8s_rbac_default_sa(binding: Resource) -> Truth:
    """Every pod of the namespace that names no account would have them."""
    return binding["subjects"].every(lambda one: ~(one["kind"].is_("ServiceAccount") & one["name"].is_("default")))


RULES: Final = (
    k8s_rbac_wildcard,
    k8s_rbac_escalation,
    k8s_rbac_secrets,
    k8s_rbac_exec,
    k8s_rbac_cluster_admin,
    k8s_rbac_anonymous,
    k8s_rbac_default_sa,
)
