"""Rules about EFA, the network between nodes of one training job: that it is there, and that it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog.accelerators import accelerated
from mlinfra.catalog.instances import instance_type
from mlinfra.compliance.families import family
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import NOT_APPLICABLE, Truth, all_of, any_of, only_if
from mlinfra.policies.batch import ENVIRONMENT as BATCH_ENVIRONMENT
from mlinfra.policies.batch import JOB as BATCH_JOB
from mlinfra.policies.capacity import LAUNCH_TEMPLATE, NODE_GROUP
from mlinfra.policies.gpu import GROUP
from mlinfra.policies.kubernetes.pods import a_container, every_pod, pods, resource_of
from mlinfra.policies.references import holds_where_it_leads, leads_to_some
from mlinfra.policies.training.kinds import JOB_SET, RAY_CLUSTER, RAY_JOB, TRAIN_JOB, of_runtime

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

SECURITY_GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
_EFA: Final = ("efa", "efa-only")
_TARGET: Final = "capacityReservationSpecification.capacityReservationTarget"
_WHOLE_NODE: Final = 8  # GPUs: a pod with as many has a node to itself, of a type that has EFA
NODES: Final = {
    "kubernetes:trainer.kubeflow.org/*:TrainingRuntime": ("spec.mlPolicy.numNodes",),
    "kubernetes:trainer.kubeflow.org/*:ClusterTrainingRuntime": ("spec.mlPolicy.numNodes",),
    "kubernetes:kubeflow.org/*:PyTorchJob": ("spec.pytorchReplicaSpecs.Worker.replicas",),
    "kubernetes:kubeflow.org/*:TFJob": ("spec.tfReplicaSpecs.Worker.replicas",),
    "kubernetes:kubeflow.org/*:MPIJob": ("spec.mpiReplicaSpecs.Worker.replicas",),
    "kubernetes:leaderworkerset.x-k8s.io/*:LeaderWorkerSet": ("spec.leaderWorkerTemplate.size",),
    "kubernetes:batch/*:Job": ("spec.parallelism",),
}
"""Kinds of jobs over several nodes, and where they say over how many."""
_RAY: Final = {RAY_CLUSTER: "spec.workerGroupSpecs", RAY_JOB: "spec.rayClusterSpec.workerGroupSpecs"}
_GPU: Final = "nvidia.com/gpu"
_FABRIC: Final = "vpc.amazonaws.com/efa"


def _interfaces(template: Resource) -> Value:
    return template["networkInterfaces"]


def uses_efa(template: Resource) -> Truth:
    """Whether a launch template has an EFA interface."""
    return _interfaces(template).any(lambda one: one["interfaceType"].is_(*_EFA))


@rule(
    "efa-instance-type",
    title="EFA is asked for on instance types that have it",
    severity=Severity.MEDIUM,
    types=(LAUNCH_TEMPLATE,),
    fix='instance_type="p5.48xlarge", or no interface_type',
)
def efa_instance_type(template: Resource) -> Truth:
    """On other types the instances do not start."""

    def has(raw: Any) -> bool:
        known = accelerated(raw) if isinstance(raw, str) else None
        return known is None or known.efa

    return only_if(
        uses_efa(template) & template["instanceType"].present(),
        template["instanceType"].where(has, "an instance type with EFA"),
    )


@rule(
    "efa-all-cards",
    title="Every network card of an instance has its EFA interface",
    severity=Severity.LOW,
    types=(LAUNCH_TEMPLATE,),
    fix='network_interfaces=[{"network_card_index": i, "interface_type": "efa-only", ...} for i in range(cards)]',
)
def efa_all_cards(template: Resource) -> Truth:
    """A p5.48xlarge has 32 cards: with one interface a job has a thirty-second of the network that it pays for."""
    kind = template["instanceType"]
    known = instance_type(kind.raw) if isinstance(kind.raw, str) else None
    cards = len(known.efa_cards) if known is not None else 1

    def enough(raw: Any) -> bool:
        own = (
            [one for one in raw if isinstance(one, dict) and one.get("interfaceType") in _EFA]
            if isinstance(raw, list)
            else []
        )
        return len(own) >= cards

    several = kind.where(lambda _: cards > 1, "an instance type with several network cards")
    every_card = _interfaces(template).where(enough, f"{cards} EFA interfaces")
    return only_if(uses_efa(template) & several, several & every_card)


@rule(
    "efa-sg-self",
    title="Security groups of EFA let their members talk to each other, and only them",
    severity=Severity.MEDIUM,
    types=(LAUNCH_TEMPLATE,),
    fix='aws.vpc.SecurityGroupIngressRule(name, security_group_id=group.id, referenced_security_group_id=group.id, ip_protocol="-1") '
    "and the same for egress",
)
def efa_sg_self(template: Resource) -> Truth:
    """EFA needs all traffic from and to the group itself; a rule for addresses does not do, and opens more than it should."""

    def lets(group: Resource, direction: str) -> Truth:
        inline = group[direction].any(lambda one: one["self"].is_true() & one["protocol"].is_("-1", "all"))
        kind = f"SecurityGroup{direction.capitalize()}Rule"
        rules = group.attached(f"aws:vpc/securityGroup{direction.capitalize()}Rule:{kind}", at="securityGroupId")
        single = rules.any(
            lambda one: (
                one["ipProtocol"].is_("-1")
                & one["referencedSecurityGroupId"]
                .resources(SECURITY_GROUP)
                .any(lambda other: other.says(other is group, "the group itself"))
            )
        )
        older = group.attached("aws:ec2/securityGroupRule:SecurityGroupRule", at="securityGroupId").any(
            lambda one: one["type"].is_(direction) & one["self"].is_true() & one["protocol"].is_("-1", "all")
        )
        return inline | single | older

    def closed(one: Value) -> Truth:
        # Rules of all its groups add up: one that lets members talk is enough.
        return one["securityGroups"].any(
            lambda group: holds_where_it_leads(
                group, (SECURITY_GROUP,), lambda found: lets(found, "ingress") & lets(found, "egress")
            )
        )

    return only_if(
        uses_efa(template),
        _interfaces(template).every(lambda one: only_if(one["interfaceType"].is_(*_EFA), closed(one))),
    )


def is_reserved(template: Resource) -> Truth:
    """Whether a launch template asks for capacity that was reserved."""
    return any_of(
        (
            template[f"{_TARGET}.capacityReservationId"].present(),
            template[f"{_TARGET}.capacityReservationResourceGroupArn"].present(),
            template["instanceMarketOptions.marketType"].is_("capacity-block"),
        )
    )


def _placed(template: Resource) -> Truth:
    return template["placement.groupName"].present() | template["placement.groupId"].present()


@rule(
    "efa-placement-group",
    title="Nodes with EFA stand close together",
    severity=Severity.LOW,
    types=(LAUNCH_TEMPLATE,),
    fix='placement={"group_name": group.name}, with aws.ec2.PlacementGroup(name, strategy="cluster")',
    arguments={"mlinfra:gpu_node_pool:GpuNodePool": "capacity"},
)
def efa_placement_group(template: Resource) -> Truth:
    """Without a cluster placement group latency between nodes varies, and the slowest pair sets the pace.

    Reserved capacity stands where it was reserved.
    """
    environments = template.attached(BATCH_ENVIRONMENT, at="computeResources.launchTemplate.launchTemplateId")
    placed = _placed(template) | environments.any(lambda one: one["computeResources.placementGroup"].present())
    return only_if(uses_efa(template) & ~is_reserved(template), placed)


@rule(
    "efa-reservation-placement",
    title="Reserved capacity is not asked for in another placement group",
    severity=Severity.MEDIUM,
    types=(LAUNCH_TEMPLATE,),
    fix="no placement: a capacity block or a reservation brings its own",
)
def efa_reservation_placement(template: Resource) -> Truth:
    """A placement group that the reservation does not belong to ends in InsufficientInstanceCapacity, with capacity paid for."""
    own = leads_to_some(
        template[f"{_TARGET}.capacityReservationId"],
        ("aws:ec2/capacityReservation:CapacityReservation",),
        lambda one: one["placementGroupArn"].present(),
    )
    return only_if(is_reserved(template), ~_placed(template) | own)


@rule(
    "efa-one-zone",
    title="Groups with EFA stay in one availability zone",
    severity=Severity.MEDIUM,
    types=(NODE_GROUP, GROUP),
    fix="subnet_ids=[subnet.id]: one subnet, and a group of its own for another zone",
    arguments={"mlinfra:gpu_node_pool:GpuNodePool": "zones"},
)
def efa_one_zone(group: Resource) -> Truth:
    """EFA does not leave its zone: a job that is spread over two falls back to TCP, or hangs."""
    places = (group["launchTemplate.id"], group["launchTemplate.name"])
    fabric = any_of(leads_to_some(one, (LAUNCH_TEMPLATE,), uses_efa) for one in places)
    subnets = group["subnetIds" if group.type == NODE_GROUP else "vpcZoneIdentifiers"]
    return only_if(fabric, subnets.where(lambda raw: not isinstance(raw, list) or len(raw) <= 1, "one subnet"))


@rule(
    "k8s-multi-node-efa",
    title="Jobs over several nodes of GPUs use EFA",
    severity=Severity.MEDIUM,
    types=(*NODES, *_RAY, JOB_SET, TRAIN_JOB),
    fix='resources={"limits": {"nvidia.com/gpu": "8", "vpc.amazonaws.com/efa": "32"}}',
    arguments={"mlinfra:pytorch_job:PyTorchJob": "resources", "mlinfra:ray_train_job:RayTrainJob": "workers"},
)
def k8s_multi_node_efa(job: Resource) -> Truth:
    """Without the resource NCCL falls back to TCP in silence, at less than a hundredth of the bandwidth."""
    kind = family(job.type)
    if kind == TRAIN_JOB:
        return _train_job(job)
    if kind in _RAY:
        return job[_RAY[kind]].every(_ray_group)
    if kind == JOB_SET:
        replicas = job["spec.replicatedJobs"]
        several = replicas.any(lambda one: one["replicas"].at_least(2) | one["template.spec.parallelism"].at_least(2))
    else:
        several = any_of(job[place].at_least(2) for place in NODES[kind])
    return only_if(several, every_pod(job, _wired))


def _wired(pod: Value) -> Truth:
    """Whether a pod that has a node of GPUs to itself has EFA too."""
    whole = a_container(pod, lambda one: resource_of(one, _GPU).at_least(_WHOLE_NODE))
    fabric = a_container(pod, lambda one: resource_of(one, _FABRIC).at_least(1))
    return only_if(whole, fabric | pod["resourceClaims"].present())


def _ray_group(group: Value) -> Truth:
    several = group["replicas"].at_least(2) | group["minReplicas"].at_least(2)
    return only_if(several, _wired(group["template.spec"]))


def _train_job(job: Resource) -> Truth:
    """A TrainJob says for itself how many nodes and what they have, or leaves either to its runtime."""
    limits = job["spec.trainer.resourcesPerNode.limits"]
    own = job["spec.trainer.numNodes"]
    nodes = own.at_least(2) | (
        ~own.present()
        & of_runtime(job, lambda one: any_of(one[place].at_least(2) for place in NODES[family(one.type)]))
    )
    said = only_if(limits.key(_GPU).at_least(_WHOLE_NODE), limits.key(_FABRIC).at_least(1))
    unwired = of_runtime(job, lambda one: any_of(~_wired(pod) for pod in pods(one)))
    return all_of((only_if(nodes, said), only_if(nodes & ~limits.present(), ~unwired)))


@rule(
    "batch-multi-node-efa",
    title="Batch jobs over several nodes of GPUs use EFA",
    severity=Severity.MEDIUM,
    types=(BATCH_JOB,),
    arguments={"mlinfra:batch_job:BatchPyTorchJob": "slow_network", "mlinfra:batch_training:BatchTraining": "efa"},
    fix='"linuxParameters": {"devices": [{"hostPath": "/dev/infiniband/uverbs0", "permissions": ["READ", "WRITE", "MKNOD"]}]}',
)
def batch_multi_node_efa(job: Resource) -> Truth:
    """Without the device NCCL falls back to TCP in silence."""
    nodes = job["nodeProperties"].json()
    if nodes.raw is None:
        return NOT_APPLICABLE

    def wired(one: Value) -> Truth:
        container = one.key("container")
        gpus = container.key("resourceRequirements").any(
            lambda need: need.key("type").is_("GPU") & need.key("value").at_least(_WHOLE_NODE)
        )
        devices = container.key("linuxParameters").key("devices")
        fabric = devices.any(lambda device: device.key("hostPath").matches(r"/dev/infiniband.*", "an EFA device"))
        return only_if(gpus, fabric)

    return only_if(nodes.key("numNodes").at_least(2), nodes.key("nodeRangeProperties").every(wired))


RULES: Final = (
    efa_instance_type,
    efa_all_cards,
    efa_sg_self,
    efa_placement_group,
    efa_reservation_placement,
    efa_one_zone,
    k8s_multi_node_efa,
    batch_multi_node_efa,
)
