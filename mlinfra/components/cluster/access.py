"""Who may enter a cluster: access entries with EKS access policies, and the Kubernetes groups that roles are bound to."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator, model_validator

from mlinfra.components import references
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.component import Component
from mlinfra.components.documents import Document, Principals, Statement, Text, arn_like
from mlinfra.components.persona_policies import Persona
from mlinfra.components.problems import Invalid

ADMINISTRATOR: Final = "administrator"  # the name of the entry of the cluster's own role
# "The value you specify can't start with …" (CreateAccessEntry, kubernetesGroups, in the EKS API reference, 2026-11-22).
RESERVED_GROUPS: Final = ("system:", "eks:", "aws:", "amazon:", "iam:")


class AccessLevel(StrEnum):
    """What an EKS access policy allows (EKS user guide, "Review access policy permissions")."""

    CLUSTER_ADMIN = "cluster-admin"
    """Everything, secrets and permissions included; of the whole cluster only."""
    ADMIN = "admin"
    """Everything that namespaces hold, roles included, but no quotas."""
    EDIT = "edit"
    """Workloads and secrets of namespaces."""
    VIEW = "view"
    """Everything that namespaces hold but secrets, without changing it."""

    @property
    def policy(self) -> str:
        """The name of the access policy."""
        words = self.value.replace("-", " ").title().replace(" ", "")
        return f"AmazonEKS{words}Policy"


class ClusterAccess(Args):
    """A principal that may enter a cluster, and what it may do there."""

    principal_arn: pulumi.Input[str]
    """The ARN of the role (or user)."""
    level: Optional[AccessLevel] = None
    """cluster-admin, admin, edit or view. Default: what the cluster binds to its groups, and nothing else."""
    namespaces: Sequence[str] = ()
    """The only namespaces in which the level holds. Default: all of them."""
    groups: Sequence[str] = ()
    """Kubernetes groups, to which roles inside the cluster can be bound. Default: none."""

    _principal = field_validator("principal_arn")(references.principal_arn)

    @field_validator("groups")
    @classmethod
    def _own(cls, value: Sequence[str]) -> Sequence[str]:
        for group in value:
            if not group or group.startswith(RESERVED_GROUPS):
                fix = f"choose a name that does not begin with {', '.join(RESERVED_GROUPS)}"
                raise Invalid(f"EKS does not give {group!r} to access entries (CreateAccessEntry)", fix=fix)
        return value

    @model_validator(mode="after")
    def _something(self) -> "ClusterAccess":
        if self.level is None and not self.groups:
            fix = "give a level such as view, or groups that roles are bound to"
            raise Invalid("may enter and then do nothing", fix=fix, argument="level")
        if self.namespaces and self.level is None:
            raise Invalid("limits a level that is not given", fix="give a level such as edit", argument="namespaces")
        if self.namespaces and self.level is AccessLevel.CLUSTER_ADMIN:
            fix = "use admin, or leave namespaces out"
            raise Invalid("a cluster's administrator cannot be kept to namespaces", fix=fix, argument="namespaces")
        return self


PERSONAS: Final[Mapping[Persona, Optional[AccessLevel]]] = MappingProxyType(
    {
        Persona.DATA_SCIENTIST: None,
        Persona.ML_ENGINEER: None,
        Persona.PLATFORM_OPERATOR: AccessLevel.VIEW,
        Persona.AUDITOR: AccessLevel.VIEW,
        Persona.BREAK_GLASS: AccessLevel.CLUSTER_ADMIN,
    }
)
"""What personas may do in every namespace. What they may do in their teams' is bound to their groups."""


def persona_group(persona: Persona) -> str:
    """The Kubernetes group of everybody with the persona's role, such as mlinfra:data-scientist."""
    return f"mlinfra:{persona.value}"


def persona_access(persona: Persona, role_arn: Text) -> ClusterAccess:
    """How the people with a persona's role enter a cluster."""
    return ClusterAccess(principal_arn=role_arn, level=PERSONAS[persona], groups=[persona_group(persona)])


def administrator(
    parent: Component[Any], name: str, *, account: Account, boundary_arn: Text, administrators: Sequence[Text]
) -> aws.iam.Role:
    """The role with which a cluster is administered, for those who may take it; it can do nothing else in AWS.

    It is the account that is trusted, and the condition that names who: so nobody must exist before the cluster, and who
    takes the role needs sts:AssumeRole on it as well. Every use of it is a record of AssumeRole in the trail.
    """
    statement = Statement(
        sid="TakeRole",
        actions=["sts:AssumeRole"],
        principals=Principals.arns([account.root]),
        conditions=[arn_like("aws:PrincipalArn", [*administrators])],
    )
    return aws.iam.Role(
        name,
        description=f"{name}: administers the cluster",
        assume_role_policy=Document([statement]).json(),
        permissions_boundary=boundary_arn,
        opts=parent.child(),
    )


def grant_access(
    parent: Component[Any], name: str, *, cluster_name: Text, account: Account, access: Mapping[str, ClusterAccess]
) -> list[pulumi.Resource]:
    """An access entry for each, with its access policy. Returns what must be there before anybody can enter."""
    made: list[pulumi.Resource] = []
    for key, given in access.items():
        entry = aws.eks.AccessEntry(
            f"{name}-{key}",
            cluster_name=cluster_name,
            principal_arn=given.principal_arn,
            kubernetes_groups=[*given.groups],
            opts=parent.child(),
        )
        made.append(entry)
        if given.level is None:
            continue
        scope = "namespace" if given.namespaces else "cluster"
        made.append(
            aws.eks.AccessPolicyAssociation(
                f"{name}-{key}",
                cluster_name=cluster_name,
                principal_arn=entry.principal_arn,
                policy_arn=f"arn:{account.partition}:eks::aws:cluster-access-policy/{given.level.policy}",
                access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(
                    type=scope, namespaces=[*given.namespaces] or None
                ),
                opts=parent.child(),
            )
        )
    return made
