"""The controller that makes nodes as pods need them."""

import json
from collections.abc import Mapping
from typing import Any, Final, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator, model_validator

from mlinfra.components import references
from mlinfra.components.args import Args
from mlinfra.components.cluster.reference import ClusterReference
from mlinfra.components.component import Component
from mlinfra.components.documents import Document
from mlinfra.components.karpenter.policies import controller_policy, queue_policy, tls_only
from mlinfra.components.problems import Invalid
from mlinfra.components.releases import chart_versions, pinned, release
from mlinfra.components.trusts import pod_trust

NAMESPACE: Final = "kube-system"
SERVICE_ACCOUNT: Final = "karpenter"
_CHARTS: Final = ("karpenter", "karpenter-crd")
_NOTICE_SECONDS: Final = 300  # what is older says nothing any more: Spot instances go after two minutes
_TRIES: Final = 5
_LEAST_REPLICAS: Final = 2
# What happens to instances, as EventBridge tells it ("Interruption" in Karpenter's documentation on disruption).
_EVENTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "spot": {"source": ["aws.ec2"], "detail-type": ["EC2 Spot Instance Interruption Warning"]},
    "rebalance": {"source": ["aws.ec2"], "detail-type": ["EC2 Instance Rebalance Recommendation"]},
    "state": {"source": ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"]},
    "reservation": {"source": ["aws.ec2"], "detail-type": ["EC2 Capacity Reservation Instance Interruption Warning"]},
    "health": {"source": ["aws.health"], "detail-type": ["AWS Health Event"]},
}


class KarpenterArgs(Args):
    """Arguments of `Karpenter`."""

    cluster: ClusterReference
    """The cluster, a `Cluster`'s reference; not one in Auto Mode, which has a Karpenter of its own."""
    boundary_arn: pulumi.Input[str]
    """The ARN of the permissions boundary, a `PermissionsBoundary`'s."""
    queue_key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts notices of what happens to instances: a `KeyRing`'s for logs, which EventBridge may
    use."""
    node_repair: bool = True
    """Whether nodes that are no longer healthy are replaced; never more than a fifth of a pool at once. Default: true."""
    static_capacity: bool = True
    """Whether pools may have a fixed number of nodes. Default: true."""
    spot_to_spot: bool = False
    """Whether Spot nodes are replaced by cheaper Spot nodes while pods run there. Default: false."""
    replicas: int = 2
    """Controllers, of which one works. Default: 2."""
    service_monitor: bool = False
    """Whether Prometheus' operator is told of the metrics; its definitions must be there. Default: false."""
    versions: Mapping[str, str] = {}
    """Versions of karpenter and karpenter-crd that differ from the version lock. Default: none."""

    _boundary = field_validator("boundary_arn")(references.policy_arn)
    _key = field_validator("queue_key_arn")(references.key_arn)

    @field_validator("cluster")
    @classmethod
    def _own_nodes(cls, value: ClusterReference) -> ClusterReference:
        if value.auto_mode:
            source = "https://docs.aws.amazon.com/eks/latest/userguide/automode.html"
            reason = f"EKS Auto Mode runs a Karpenter of its own, and two would make every node twice ({source})"
            raise Invalid(reason, fix="leave Karpenter out; pools of the cluster work without")
        return value

    @field_validator("replicas")
    @classmethod
    def _several(cls, value: int) -> int:
        if value < _LEAST_REPLICAS:
            raise Invalid("with one controller no node comes while its own is replaced", fix="give 2 or more")
        return value

    @field_validator("versions")
    @classmethod
    def _versions(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        return chart_versions(value, _CHARTS)

    @model_validator(mode="after")
    def _same(self) -> "KarpenterArgs":
        used = {pinned(chart, self.versions).version for chart in _CHARTS}
        if len(used) > 1:
            source = "https://karpenter.sh/docs/upgrading/upgrade-guide/#crd-upgrades"
            reason = f"karpenter and karpenter-crd differ: {' and '.join(sorted(used))} ({source})"
            raise Invalid(reason, fix="give both the same version", argument="versions")
        return self


class Karpenter(Component[KarpenterArgs]):
    """Karpenter's controller: makes nodes as pods need them, and takes them away when they do not.

    It reaches AWS through EKS Pod Identity and touches only what carries the name of its cluster; nodes get the role of
    the cluster's nodes and no other. It hears of Spot interruptions, of maintenance and of instances that stop, through an
    encrypted queue, and drains those nodes in time. Make it before the pools that need it, with depends_on.

        karpenter = ml.Karpenter("karpenter", ml.KarpenterArgs(
            cluster=cluster.reference,
            boundary_arn=boundary.policy_arn,
            queue_key_arn=keys.arn(ml.KeyPurpose.LOGS),
        ), opts=pulumi.ResourceOptions(provider=cluster.kubernetes))
    """

    role_arn: pulumi.Output[str]
    """The ARN of the controller's role."""
    queue_name: pulumi.Output[str]
    """The name of the queue on which it hears of instances."""
    version: pulumi.Output[str]
    """Its version, known once it runs."""

    _args_type = KarpenterArgs
    _needs_kubernetes = True

    def __init__(self, name: str, args: KarpenterArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        queue = self._queue(name)
        self.queue_name = queue.name
        before = self._identity(name, queue)
        lock = pinned("karpenter-crd", self._args.versions)
        definitions = release(self, f"{name}-crd", lock, values={})
        lock = pinned("karpenter", self._args.versions)
        controller = release(
            self,
            f"{name}-controller",
            lock,
            values=self._values(),
            after=[definitions, *before],
            skip_crds=True,
        )
        self.version = controller.id.apply(lambda _: lock.version)
        self.finish()

    def _queue(self, name: str) -> aws.sqs.Queue:
        """What happens to instances, for five minutes; what Karpenter cannot read is kept beside."""
        args = self._args

        def queue(role: str, **settings: Any) -> aws.sqs.Queue:
            return aws.sqs.Queue(f"{name}-{role}", kms_master_key_id=args.queue_key_arn, opts=self.child(), **settings)

        unread = queue("unread", message_retention_seconds=14 * 24 * 3600)
        redrive = pulumi.Output.json_dumps({"deadLetterTargetArn": unread.arn, "maxReceiveCount": _TRIES})
        notices = queue("notices", message_retention_seconds=_NOTICE_SECONDS, redrive_policy=redrive)
        for role, made, policy in (
            ("notices", notices, queue_policy(args.cluster.account, notices.arn)),
            ("unread", unread, Document([tls_only(unread.arn)])),
        ):
            aws.sqs.QueuePolicy(f"{name}-{role}", queue_url=made.url, policy=policy.json(), opts=self.child())
        for role, pattern in _EVENTS.items():
            rule = aws.cloudwatch.EventRule(
                f"{name}-{role}",
                description=f"{name}: {pattern['detail-type'][0]}",
                event_pattern=json.dumps(pattern),
                opts=self.child(),
            )
            aws.cloudwatch.EventTarget(f"{name}-{role}", rule=rule.name, arn=notices.arn, opts=self.child())
        return notices

    def _identity(self, name: str, queue: aws.sqs.Queue) -> list[pulumi.Resource]:
        """The controller's role. Returns what gives it the role and the role its rights."""
        args, cluster = self._args, self._args.cluster
        role = aws.iam.Role(
            f"{name}-role",
            description=f"{name}: pods of {NAMESPACE}/{SERVICE_ACCOUNT}",
            assume_role_policy=pod_trust(cluster.account, cluster.arn, NAMESPACE, SERVICE_ACCOUNT).json(),
            permissions_boundary=args.boundary_arn,
            opts=self.child(),
        )
        self.role_arn = role.arn
        rights = controller_policy(
            cluster.account,
            cluster_name=cluster.name,
            cluster_arn=cluster.arn,
            node_role_arn=cluster.node_role_arn,
            volume_key_arn=cluster.volume_key_arn,
            queue_arn=queue.arn,
            queue_key_arn=args.queue_key_arn,
        )
        policy = aws.iam.RolePolicy(f"{name}-role", role=role.name, policy=rights.json(), opts=self.child())
        association = aws.eks.PodIdentityAssociation(
            f"{name}-association",
            cluster_name=cluster.name,
            namespace=NAMESPACE,
            service_account=SERVICE_ACCOUNT,
            role_arn=role.arn,
            opts=self.child(),
        )
        return [policy, association]

    def _values(self) -> Mapping[str, Any]:
        """The values of the chart; of resources as much as its documentation asks for."""
        args = self._args
        size = {"cpu": "1", "memory": "1Gi"}
        return {
            "replicas": args.replicas,
            "serviceAccount": {"create": True, "name": SERVICE_ACCOUNT},
            "serviceMonitor": {"enabled": args.service_monitor},
            "controller": {"resources": {"requests": size, "limits": {"memory": size["memory"]}}},
            "settings": {
                "clusterName": args.cluster.name,
                "clusterEndpoint": args.cluster.endpoint,
                "interruptionQueue": self.queue_name,
                "isolatedVPC": True,  # prices as of its release: their service has no endpoint inside a VPC
                "featureGates": {
                    "nodeRepair": args.node_repair,
                    "staticCapacity": args.static_capacity,
                    "spotToSpotConsolidation": args.spot_to_spot,
                    "reservedCapacity": True,
                },
            },
        }
