"""A team's place on a cluster."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Optional

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.core.v1 import LimitRangeSpecArgs, ResourceQuotaSpecArgs
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs, ObjectMetaPatchArgs
from pulumi_kubernetes.rbac.v1 import PolicyRuleArgs, RoleRefArgs, SubjectArgs
from pydantic import field_validator, model_validator

from mlinfra.catalog.team_roles import permissions, team_personas
from mlinfra.components.args import Args
from mlinfra.components.cluster.reference import ClusterReference
from mlinfra.components.component import Component
from mlinfra.components.pools.reference import PoolReference
from mlinfra.components.problems import Invalid, Problem
from mlinfra.components.teams import names
from mlinfra.components.teams.connections import TeamConnection, built_in
from mlinfra.components.teams.quota import ContainerDefaults, TeamQuota

TEAM_LABEL = "mlinfra/team"
_POD_SECURITY = "pod-security.kubernetes.io"
_RBAC = "rbac.authorization.k8s.io"


class PodSecurity(StrEnum):
    """The pod security standard that the API server enforces. There is none for privileged pods.

    Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
    """

    RESTRICTED = "restricted"
    """Pods that run as nobody in particular, with no capabilities and no way to the node."""
    BASELINE = "baseline"
    """Pods without the known ways to the node. For software that must run as root."""


class ClusterTeam(Args):
    """A team on a cluster: its people, what it may use, and whom its pods talk to."""

    members: Mapping[str, Sequence[str]]
    """The Kubernetes groups of the team's people by persona (data-scientist, ml-engineer, platform-operator, auditor), as
    the cluster's access entries give them."""
    quota: TeamQuota
    """What everything in the namespace may use together."""
    defaults: ContainerDefaults = ContainerDefaults()
    """What containers get when they say nothing. Default: half a processor and 2 GiB."""
    connections: Sequence[TeamConnection] = ()
    """Traffic with others, by name. Default: none but DNS and EKS Pod Identity."""
    internal_traffic: bool = True
    """Whether the team's pods may call each other, as the nodes of a training job do. Default: true."""
    pod_security: PodSecurity = PodSecurity.RESTRICTED
    """The pod security standard of the namespace: restricted or baseline. Default: restricted."""
    service_accounts: Sequence[str] = ()
    """Service accounts for workloads; give them roles in AWS with `PodRole`. Default: none."""
    shells: bool = False
    """Whether those who start pods may also open shells in them and forward ports. Default: false."""

    @field_validator("members")
    @classmethod
    def _members(cls, value: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
        if not value:
            raise Invalid(
                "nobody could use the namespace", fix='give groups by persona: {"data-scientist": ["vision"]}'
            )
        for persona, groups in value.items():
            if persona not in team_personas():
                fix = f"use {', '.join(team_personas())}; for emergencies give an access policy of EKS"
                raise Invalid(f"{persona!r} has no role in a team", fix=fix)
            if not groups:
                raise Invalid(f"{persona} is nobody", fix="leave the persona out")
            for group in groups:
                names.group(group)
        return value

    @field_validator("service_accounts")
    @classmethod
    def _accounts(cls, value: Sequence[str]) -> Sequence[str]:
        for account in value:
            if account == "default":
                reason = "every pod that names no service account would have its roles"
                raise Invalid(reason, fix="give the workload an account of its own, such as trainer")
            names.label("the name of a service account", "trainer")(account)
        return _unlike(value, "service account")

    @field_validator("connections")
    @classmethod
    def _connections(cls, value: Sequence[TeamConnection]) -> Sequence[TeamConnection]:
        _unlike([connection.name for connection in value], "connection")
        return value


class TeamSpaceArgs(ClusterTeam):
    """Arguments of `TeamSpace`."""

    cluster: ClusterReference
    """The cluster, a `Cluster`'s reference."""
    namespace: Optional[str] = None
    """The namespace. Default: the component's name."""
    pools: Sequence[PoolReference] = ()
    """The node pools of the cluster, so that no device that they offer is left without a limit. Default: none."""

    @field_validator("namespace")
    @classmethod
    def _namespace(cls, value: Optional[str]) -> Optional[str]:
        return value if value is None else names.namespace(value)

    @model_validator(mode="after")
    def _devices(self) -> "TeamSpaceArgs":
        offered = {device for pool in self.pools for device in pool.devices}
        wanted = [device for device, amount in self.quota.by_resource().items() if amount]
        if self.pools and (missing := [device for device in wanted if device not in offered]):
            reason = f"no pool offers {', '.join(missing)}"
            fix = f"use what they offer ({', '.join(sorted(offered)) or 'no devices'}), or name the pool that does in pools"
            raise Invalid(reason, fix=fix, argument="quota")
        return self


class TeamSpace(Component[TeamSpaceArgs]):
    """A team's namespace: what it may use, whom its pods talk to, and what its people may do there.

    The API server refuses pods that break the pod security standard, and whatever goes over the quota. No traffic passes
    but DNS, EKS Pod Identity, the team's own and its connections. Members work with what they run, by persona; nobody
    reads secrets or changes roles, quotas and network policies there.

        speech = ml.TeamSpace("speech", ml.TeamSpaceArgs(
            cluster=cluster.reference,
            members={"data-scientist": ["speech-science"], "auditor": ["audit"]},
            quota=ml.TeamQuota(cpu=256, memory_gib=2048, gpus=16, efa_interfaces=64),
            connections=[ml.TeamConnection(
                name="endpoints", direction=ml.TrafficDirection.TO, cidr="10.0.0.0/16", ports=[443])],
            service_accounts=["trainer"],
        ), opts=pulumi.ResourceOptions(provider=cluster.kubernetes))
    """

    namespace: pulumi.Output[str]
    """The namespace's name, known once its quota and network policies are in place."""
    service_accounts: pulumi.Output[Sequence[str]]
    """The names of its service accounts."""

    _args_type = TeamSpaceArgs
    _needs_kubernetes = True

    def _refusals(self, name: str, args: TeamSpaceArgs) -> Iterable[Problem]:
        try:
            names.namespace(args.namespace or name)
        except Invalid as error:
            yield Problem("namespace", "", error.reason, error.fix)

    def __init__(self, name: str, args: TeamSpaceArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args = self._args
        namespace = args.namespace or name
        space = kubernetes.core.v1.Namespace(
            f"{name}-namespace",
            metadata=ObjectMetaArgs(name=namespace, labels=self._labels(namespace)),
            opts=self.child(),
        )
        self._space = space.metadata.name
        guards = [*self._limits(name), *self._network(name)]
        accounts = self._accounts(name)
        self._members(name)
        self.namespace = pulumi.Output.all(self._space, *(one.id for one in guards)).apply(lambda known: str(known[0]))
        self.service_accounts = pulumi.Output.all(*(account.metadata.name for account in accounts))
        self.finish()

    def _labels(self, team: str) -> Mapping[str, str]:
        level, version = self._args.pod_security.value, f"v{self._args.cluster.version}"
        standard = {
            f"{_POD_SECURITY}/{mode}{suffix}": value
            for mode in ("enforce", "audit", "warn")
            for suffix, value in (("", level), ("-version", version))
        }
        return {TEAM_LABEL: team, **standard}

    def _in_space(self, name: str) -> ObjectMetaArgs:
        return ObjectMetaArgs(name=name, namespace=self._space)

    def _limits(self, name: str) -> list[pulumi.CustomResource]:
        args = self._args
        return [
            kubernetes.core.v1.ResourceQuota(
                f"{name}-quota",
                metadata=self._in_space("quota"),
                spec=ResourceQuotaSpecArgs(hard=args.quota.hard(args.pools)),
                opts=self.child(),
            ),
            kubernetes.core.v1.LimitRange(
                f"{name}-limits",
                metadata=self._in_space("limits"),
                spec=LimitRangeSpecArgs(limits=args.defaults.limits()),
                opts=self.child(),
            ),
        ]

    def _network(self, name: str) -> list[pulumi.CustomResource]:
        args = self._args
        policies = {
            **built_in(auto_mode=args.cluster.auto_mode, internal=args.internal_traffic),
            **{connection.name: connection.policy() for connection in args.connections},
        }
        return [
            kubernetes.networking.v1.NetworkPolicy(
                f"{name}-allow-{role}" if role != "default-deny" else f"{name}-{role}",
                metadata=self._in_space(role),
                spec=spec,
                opts=self.child(),
            )
            for role, spec in policies.items()
        ]

    def _accounts(self, name: str) -> list[kubernetes.core.v1.ServiceAccount]:
        """The service accounts of workloads. Kubernetes makes the one called default, which here loses its token."""
        kubernetes.core.v1.ServiceAccountPatch(
            f"{name}-default-account",
            metadata=ObjectMetaPatchArgs(name="default", namespace=self._space),
            automount_service_account_token=False,
            opts=self.child(),
        )
        return [
            kubernetes.core.v1.ServiceAccount(
                f"{name}-account-{account}",
                metadata=self._in_space(account),
                automount_service_account_token=False,
                opts=self.child(),
            )
            for account in self._args.service_accounts
        ]

    def _members(self, name: str) -> None:
        for persona, groups in self._args.members.items():
            role = kubernetes.rbac.v1.Role(
                f"{name}-{persona}",
                metadata=self._in_space(persona),
                rules=[
                    PolicyRuleArgs(api_groups=[one.group], resources=[*one.resources], verbs=[*one.verbs])
                    for one in permissions(persona, shells=self._args.shells)
                ],
                opts=self.child(),
            )
            kubernetes.rbac.v1.RoleBinding(
                f"{name}-{persona}",
                metadata=self._in_space(persona),
                role_ref=RoleRefArgs(api_group=_RBAC, kind="Role", name=role.metadata.name),
                subjects=[SubjectArgs(kind="Group", name=group, api_group=_RBAC) for group in groups],
                opts=self.child(),
            )


def _unlike(values: Sequence[str], what: str) -> Sequence[str]:
    for value in values:
        if list(values).count(value) > 1:
            raise Invalid(f"two are called {value!r}", fix=f"give every {what} a name of its own")
    return values
