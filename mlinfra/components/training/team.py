"""A team's namespace as a place to train: accounts with roles in AWS, data, and the traffic that training needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.rbac.v1 import PolicyRuleArgs, RoleRefArgs, SubjectArgs

from mlinfra.components.component import Component
from mlinfra.components.roles import workload_role
from mlinfra.components.teams.connections import TeamConnection, TrafficDirection
from mlinfra.components.teams.teams import TeamSpace, TeamSpaceArgs
from mlinfra.components.training import data
from mlinfra.components.training.arguments import DRIVER, TrainingClusterArgs, TrainingOperators
from mlinfra.components.training.objects import network_policies
from mlinfra.components.training.operators import RAY_PORT
from mlinfra.components.training.shares import usable
from mlinfra.components.trusts import pod_trust

SYSTEM: Final = "training-system"
"""The namespace of the operators."""
_HTTPS = 443
_SERVICES: Final = ("10.100.0.0/16", "172.20.0.0/16")
"""Where EKS gives services their addresses, the API server's among them: the one of both that the VPC does not use.

Source: https://docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html
"""
_RBAC = "rbac.authorization.k8s.io"
# What a driver of Spark does with its executors ("RBAC" in "Running Spark on Kubernetes", spark.apache.org).
_MAKES = ("pods", "configmaps", "persistentvolumeclaims", "services")
_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")


@dataclass(frozen=True, slots=True)
class Settled:
    """What a team has, so that its jobs can be referred to it."""

    space: pulumi.Input[str]
    accounts: Sequence[pulumi.CustomResource]
    rest: Sequence[pulumi.CustomResource]
    role_arn: pulumi.Output[str]

    @property
    def objects(self) -> list[pulumi.CustomResource]:
        """Everything that its jobs need there."""
        return [*self.accounts, *self.rest]


def settle(parent: Component[TrainingClusterArgs], prefix: str, team: str, args: TrainingClusterArgs) -> Settled:
    """Makes the team's place, in a namespace of its own unless it has one."""
    name, wanted = f"{prefix}-{team}", args.teams[team]
    space = wanted.namespace if wanted.namespace is not None else _space(parent, name, team, args)
    accounts = [args.service_account, *([DRIVER] if args.operators.spark else [])]
    role_arns, associations = _identities(parent, name, team, accounts, args)
    made = [
        kubernetes.core.v1.ServiceAccount(
            f"{name}-{account}",
            metadata=ObjectMetaArgs(name=account, namespace=space),
            automount_service_account_token=False,
            opts=parent.child(),
        )
        for account in accounts
    ]
    if args.operators.spark:
        _driver(parent, name, space)
    policies = {one.name: one.policy() for one in connections(args.operators, args.networks)}
    traffic = network_policies(parent, f"{name}-allow", space, policies)
    return Settled(space, made, [*associations, *traffic, *_data(parent, name, team, space, args)], role_arns[0])


def connections(operators: TrainingOperators, networks: Sequence[str]) -> Sequence[TeamConnection]:
    """The traffic that jobs need beside their own: endpoints of AWS and the API server, and KubeRay, which calls Ray."""
    makers = (
        _SERVICES if operators.ray or operators.spark else ()
    )  # Spark's drivers and Ray's heads make pods themselves
    reach = [
        TeamConnection(name=f"{name}-{number}", direction=TrafficDirection.TO, cidr=cidr, ports=[_HTTPS])
        for name, cidrs in (("network", networks), ("services", makers))
        for number, cidr in enumerate(cidrs)
    ]
    from_ray = TeamConnection(
        name="kuberay",
        direction=TrafficDirection.FROM,
        namespace=SYSTEM,
        pod_labels={"app.kubernetes.io/name": "kuberay-operator"},
        ports=[RAY_PORT],
    )
    return [*reach, *([from_ray] if operators.ray else [])]


def _space(parent: Component[Any], name: str, team: str, args: TrainingClusterArgs) -> pulumi.Output[str]:
    wanted = args.teams[team]
    return TeamSpace(
        name,
        TeamSpaceArgs(
            cluster=args.cluster,
            namespace=team,
            members=wanted.members,
            quota=wanted.quota or usable(wanted.shares, args.pools),
            pools=args.pools,
            connections=wanted.connections,
        ),
        parent.child(),
    ).namespace


def _identities(
    parent: Component[Any], name: str, team: str, accounts: Sequence[str], args: TrainingClusterArgs
) -> tuple[list[pulumi.Output[str]], list[pulumi.CustomResource]]:
    """A role for each account, with the same rights: those of the team's data."""
    cluster = args.cluster
    roles: list[pulumi.Output[str]] = []
    associations: list[pulumi.CustomResource] = []
    for account in accounts:
        role_arn, _ = workload_role(
            parent,
            f"{name}-{account}-role",
            description=f"{name}: pods of {team}/{account}",
            trust=pod_trust(cluster.account, cluster.arn, team, account).json(),
            account=cluster.account,
            access=data.access(team, args.teams[team], args.stores),
            boundary_arn=args.boundary_arn,
        )
        association = aws.eks.PodIdentityAssociation(
            f"{name}-{account}-association",
            cluster_name=cluster.name,
            namespace=team,
            service_account=account,
            role_arn=role_arn,
            opts=parent.child(),
        )
        roles.append(role_arn)
        associations.append(association)
    return roles, associations


def _driver(parent: Component[Any], name: str, space: pulumi.Input[str]) -> None:
    """Lets Spark's drivers make executors in the namespace, and nothing else."""
    kubernetes.rbac.v1.Role(
        f"{name}-{DRIVER}",
        metadata=ObjectMetaArgs(name=DRIVER, namespace=space),
        rules=[PolicyRuleArgs(api_groups=[""], resources=[*_MAKES], verbs=[*_VERBS])],
        opts=parent.child(),
    )
    kubernetes.rbac.v1.RoleBinding(
        f"{name}-{DRIVER}",
        metadata=ObjectMetaArgs(name=DRIVER, namespace=space),
        role_ref=RoleRefArgs(api_group=_RBAC, kind="Role", name=DRIVER),
        subjects=[SubjectArgs(kind="ServiceAccount", name=DRIVER, namespace=space)],
        opts=parent.child(),
    )


def _data(
    parent: Component[Any], name: str, team: str, space: pulumi.Input[str], args: TrainingClusterArgs
) -> list[pulumi.CustomResource]:
    """A volume and a claim for every store that the team's jobs mount."""
    claims: list[pulumi.CustomResource] = []
    for store, read_only in data.mounted(args.teams[team], args.stores).items():
        spec = data.volume(team, store, args.stores[store], args.cluster.account, read_only=read_only)
        volume = kubernetes.core.v1.PersistentVolume(
            f"{name}-{store}",
            metadata=ObjectMetaArgs(name=data.volume_name(team, store)),
            spec=spec,
            opts=parent.child(),
        )
        claims.append(
            kubernetes.core.v1.PersistentVolumeClaim(
                f"{name}-{store}",
                metadata=ObjectMetaArgs(name=store, namespace=space),
                spec=data.claim(team, store, read_only=read_only),
                opts=parent.child(depends_on=[volume]),
            )
        )
    return claims
