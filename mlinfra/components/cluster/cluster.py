"""A hardened EKS cluster with what runs on every one of them."""

import json
from collections.abc import Sequence
from typing import Any, Optional

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from mlinfra.components.cluster import auto_mode
from mlinfra.components.cluster.access import ADMINISTRATOR, AccessLevel, ClusterAccess, administrator, grant_access
from mlinfra.components.cluster.addons import METRICS, AddOn, add_ons, eni_configs, mounted
from mlinfra.components.cluster.args import ClusterArgs
from mlinfra.components.cluster.control_plane import POLICY, cluster_role, control_plane
from mlinfra.components.cluster.hook import drain_hook
from mlinfra.components.cluster.install import install
from mlinfra.components.cluster.kubeconfig import kubeconfig
from mlinfra.components.cluster.nodes import AUTO_WORKER, WORKER, SystemPool, node_role, system_nodes
from mlinfra.components.cluster.objects import operators, storage_class, switch_on_network_policies
from mlinfra.components.cluster.reference import ClusterReference
from mlinfra.components.component import Component
from mlinfra.components.trusts import STS


class Cluster(Component[ClusterArgs]):
    """An EKS cluster: private, logged, its secrets under a key, its add-ons pinned, its system nodes hardened.

    The API server is reached from inside the VPC alone. Nobody may enter but those whom `administrators` and `access` name.
    All logs of the control plane go to an encrypted log group. Network policies are enforced, pods have roles of their own
    through EKS Pod Identity, and the nodes' credentials are out of their reach. What is deployed into the cluster with
    `cluster.kubernetes` comes after all of it, and goes before.

        cluster = ml.Cluster("platform", ml.ClusterArgs(
            account=account,
            boundary_arn=boundary.policy_arn,
            vpc_id=network.vpc_id,
            zones=["eu-central-1a", "eu-central-1b"],
            subnet_ids=network.workload_subnet_ids,
            control_subnet_ids=network.control_subnet_ids,
            key_arn=keys.arn(ml.KeyPurpose.CLUSTER),
            logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
            administrators=["arn:aws:iam::123456789012:role/deployer"],
            access={"auditors": ml.ClusterAccess(
                principal_arn="arn:aws:iam::123456789012:role/auditor", level=ml.AccessLevel.VIEW)}))
    """

    cluster_name: pulumi.Output[str]
    """The cluster's name."""
    cluster_arn: pulumi.Output[str]
    """The cluster's ARN."""
    endpoint: pulumi.Output[str]
    """The URL of its API server."""
    certificate_authority: pulumi.Output[str]
    """The certificate authority of its API server, in base64."""
    kubeconfig: pulumi.Output[str]
    """A kubeconfig that gets tokens of the administrator role from `aws eks get-token`; nothing in it is secret."""
    version: pulumi.Output[str]
    """Its Kubernetes version."""
    oidc_provider_arn: pulumi.Output[str]
    """The ARN of its OIDC provider, for the few pods that cannot use EKS Pod Identity."""
    cluster_security_group_id: pulumi.Output[str]
    """The security group that EKS made for it, through which nodes and control plane reach each other."""
    administrator_role_arn: pulumi.Output[str]
    """The ARN of the role that administers it, which `administrators` may take."""
    node_role_arn: pulumi.Output[str]
    """The ARN of the role of its nodes, known once it is complete."""

    _args_type = ClusterArgs

    def __init__(self, name: str, args: ClusterArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        self._prefix = name
        self._cluster, nodes, self.node_role_arn = self._control_plane()
        made = self._cluster
        self.cluster_name, self.cluster_arn, self.version = made.name, made.arn, made.version
        self.endpoint = made.endpoint
        self.certificate_authority = made.certificate_authority.apply(lambda authority: str(authority.data))
        self.cluster_security_group_id = made.vpc_config.apply(lambda config: str(config.cluster_security_group_id))
        self.oidc_provider_arn = self._oidc_provider().arn
        admin, access = self._access()
        self.administrator_role_arn = admin.arn
        self.kubeconfig = kubeconfig(
            name=made.name,
            endpoint=made.endpoint,
            certificate_authority=self.certificate_authority,
            role_arn=admin.arn,
            region=self._args.account.region,
        )
        first = [] if self._args.auto_mode else self._add_ons(self._own(first=True), after=[])
        last = self._last_add_on(after=[*access, *first])
        self.kubernetes = k8s.Provider(
            f"{name}-kubernetes", kubeconfig=self.kubeconfig, opts=self.child(depends_on=[last])
        )
        self._objects()
        self.reference = self._reference(nodes, after=first)
        self.finish()

    def _control_plane(self) -> tuple[aws.eks.Cluster, aws.iam.Role, pulumi.Output[str]]:
        args, automatic = self._args, self._args.auto_mode
        nodes, complete = node_role(
            self,
            f"{self._prefix}-nodes",
            account=args.account,
            boundary_arn=args.boundary_arn,
            policies=AUTO_WORKER if automatic else WORKER,
            session_manager=bool(args.system_pool and args.system_pool.session_manager),
        )
        role_arn = _when(nodes.arn, complete)
        role, attached = cluster_role(
            self,
            f"{self._prefix}-cluster-role",
            args=args,
            policies=auto_mode.CLUSTER_POLICIES if automatic else [POLICY],
        )
        made = control_plane(
            self,
            self._prefix,
            args=args,
            cluster_name=self.qualified_name(self._prefix),
            role=role,
            automatic=automatic.settings(role_arn) if automatic else {},
            after=attached,
        )
        return made, nodes, role_arn

    def _access(self) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
        args = self._args
        role = administrator(
            self,
            f"{self._prefix}-{ADMINISTRATOR}",
            account=args.account,
            boundary_arn=args.boundary_arn,
            administrators=args.administrators,
        )
        entries = {
            ADMINISTRATOR: ClusterAccess(principal_arn=role.arn, level=AccessLevel.CLUSTER_ADMIN),
            **args.access,
        }
        name = self._cluster.name
        return role, grant_access(self, self._prefix, cluster_name=name, account=args.account, access=entries)

    def _oidc_provider(self) -> aws.iam.OpenIdConnectProvider:
        issuer = self._cluster.identities.apply(_issuer)
        return aws.iam.OpenIdConnectProvider(
            f"{self._prefix}-oidc", url=issuer, client_id_lists=[STS], opts=self.child()
        )

    def _own(self, *, first: bool) -> list[AddOn]:
        """The add-ons that come before the nodes, or after them."""
        args, custom = self._args, self._args.pod_subnet_ids is not None
        if args.auto_mode:
            return [] if first else [*mounted(args.storage)]
        every = add_ons(args.storage, args.key_arn, custom_networking=custom)
        return [add_on for add_on in every if add_on.first is first]

    def _add_ons(self, wanted: Sequence[AddOn], *, after: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        return [
            install(
                self,
                self._prefix,
                add_on,
                cluster=self._cluster,
                args=self._args,
                values=self._values(add_on),
                after=after,
            )
            for add_on in wanted
        ]

    def _values(self, add_on: AddOn) -> Optional[pulumi.Input[str]]:
        args, subnets = self._args, self._args.pod_subnet_ids
        if add_on.name != "vpc-cni" or subnets is None:
            return add_on.values
        known: pulumi.Output[Any] = pulumi.Output.from_input(subnets)
        return known.apply(
            lambda ids: json.dumps(
                {**add_on.configuration, **eni_configs(args.zones, ids, args.account.region)}, sort_keys=True
            )
        )

    def _last_add_on(self, *, after: Sequence[pulumi.Resource]) -> aws.eks.Addon:
        """The metrics server, which comes after the nodes and all other add-ons.

        Whatever is deployed into the cluster hangs on it alone: when it goes, nothing is left in the cluster but what the
        program does not know of.
        """
        args, before = self._args, [*after]
        clients = args.client_security_group_ids
        if not args.auto_mode:
            before.append(
                system_nodes(
                    self,
                    f"{self._prefix}-system",
                    pool=args.system_pool or SystemPool(),
                    cluster=self._cluster,
                    role_arn=self.node_role_arn,
                    subnet_ids=args.subnet_ids,
                    security_group_ids=[self.cluster_security_group_id, *clients] if clients else [],
                    key_arn=args.key_arn,
                    after=after,
                )
            )
        before += self._add_ons(self._own(first=False), after=before)
        return install(
            self,
            self._prefix,
            METRICS,
            cluster=self._cluster,
            args=args,
            values=METRICS.values,
            after=before,
            hooks=drain_hook(self._prefix, self.kubeconfig) if args.drain_on_delete else None,
        )

    def _objects(self) -> None:
        args, inside = self._args, self.child(provider=self.kubernetes)
        operators(f"{self._prefix}-operators", inside)
        if args.storage.volumes:
            storage_class(f"{self._prefix}-gp3", inside, key_arn=args.key_arn, automatic=bool(args.auto_mode))
        if args.auto_mode:
            switch_on_network_policies(f"{self._prefix}-network-policies", inside)

    def _reference(self, nodes: aws.iam.Role, *, after: Sequence[pulumi.Resource]) -> ClusterReference:
        """What nodes need to become ready is there when others learn the cluster's name."""
        args = self._args
        profile = None
        if not args.auto_mode:  # IAM has no endpoint inside a VPC, so that Karpenter could not make one everywhere
            profile = aws.iam.InstanceProfile(f"{self._prefix}-nodes", role=nodes.name, opts=self.child()).name
        return ClusterReference(
            name=_when(self._cluster.name, after),
            arn=self._cluster.arn,
            version=args.version,
            auto_mode=bool(args.auto_mode),
            account=args.account,
            endpoint=self.endpoint,
            vpc_id=args.vpc_id,
            zones=args.zones,
            subnet_ids=args.subnet_ids,
            security_group_id=self.cluster_security_group_id,
            node_role_arn=self.node_role_arn,
            volume_key_arn=args.key_arn,
            instance_profile_name=profile,
            client_security_group_ids=args.client_security_group_ids,
        )


def _issuer(identities: Sequence[Any]) -> str:
    return str(identities[0].oidcs[0].issuer)


def _when(value: pulumi.Output[str], complete: Sequence[pulumi.Resource]) -> pulumi.Output[str]:
    """The value, known once these are there."""
    parts = [part.id for part in complete if isinstance(part, pulumi.CustomResource)]
    return pulumi.Output.all(value, *parts).apply(lambda known: str(known[0]))
