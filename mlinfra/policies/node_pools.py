"""Rules about node pools: that how they are bought, what runs on them and who may run there go together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog import pools
from mlinfra.catalog.eks import accelerated_ami_type
from mlinfra.catalog.instances import instance_type
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, any_of, only_if
from mlinfra.policies.capacity import LAUNCH_TEMPLATE, NODE_GROUP, is_accelerated
from mlinfra.policies.efa import is_reserved, uses_efa
from mlinfra.policies.gpu import NODE_CLASS
from mlinfra.policies.references import leads_to_some
from mlinfra.policies.training.kinds import same
from mlinfra.policies.versions import NODE_POOL

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

SCHEDULE: Final = "aws:autoscaling/schedule:Schedule"
SPOT_TYPES: Final[int] = pools.limit("spot-one-type").values["types"]
_NODE: Final = "spec.template.spec"
_CATEGORIES: Final = ("g", "gr", "p", "trn", "inf", "dl")  # of Karpenter: types with accelerators


def _required(pool: Resource, says_key: tuple[str, ...], says: Any) -> Truth:
    """Whether a pool of Karpenter requires of a label a value of which something holds."""
    return pool[f"{_NODE}.requirements"].any(
        lambda one: one["key"].is_(*says_key) & one["operator"].is_("In") & says(one["values"])
    )


def _accelerated_pool(pool: Resource) -> Truth:
    """Whether a pool of Karpenter makes nodes with accelerators."""
    types = (
        "node.kubernetes.io/instance-type",
        "karpenter.k8s.aws/instance-family",
        "eks.amazonaws.com/instance-family",
    )
    categories = ("karpenter.k8s.aws/instance-category", "eks.amazonaws.com/instance-category")
    by_type = _required(pool, types, lambda values: values.any(is_accelerated))
    return by_type | _required(pool, categories, lambda values: values.any(lambda one: one.is_(*_CATEGORIES)))


@rule(
    "karpenter-gpu-taint",
    title="Nodes with accelerators that Karpenter makes are tainted",
    severity=Severity.MEDIUM,
    types=(NODE_POOL,),
    fix='spec.template.spec.taints: [{key: nvidia.com/gpu, value: "true", effect: NoSchedule}]',
    arguments={"mlinfra:gpu_node_pool:GpuNodePool": "taints"},
)
def karpenter_gpu_taint(pool: Resource) -> Truth:
    """Without a taint Karpenter buys GPUs for pods that need none."""
    tainted = pool[f"{_NODE}.taints"].any(lambda taint: taint["effect"].is_("NoSchedule", "NoExecute"))
    return only_if(_accelerated_pool(pool), tainted)


@rule(
    "karpenter-jobs-stay",
    title="Karpenter leaves nodes with accelerators alone while something runs on them",
    severity=Severity.LOW,
    types=(NODE_POOL,),
    fix="spec.disruption: {consolidationPolicy: WhenEmpty, consolidateAfter: 10m}",
)
def karpenter_jobs_stay(pool: Resource) -> Truth:
    """By default Karpenter moves what it could pack more tightly: a training run ends in the middle, and starts again."""
    return only_if(_accelerated_pool(pool), pool["spec.disruption.consolidationPolicy"].is_("WhenEmpty"))


@rule(
    "cost-schedule-stops",
    title="What a schedule starts another stops",
    severity=Severity.LOW,
    types=(SCHEDULE,),
    fix='aws.autoscaling.Schedule(name, autoscaling_group_name=…, desired_capacity=0, min_size=0, recurrence="0 20 * * 1-5")',
    arguments={"mlinfra:gpu_node_pool:GpuNodePool": "schedule"},
)
def cost_schedule_stops(schedule: Resource) -> Truth:
    """Nodes that come every morning and never go are paid for every night."""
    own = schedule["autoscalingGroupName"]

    def stops(one: Resource) -> Truth:
        group = one["autoscalingGroupName"]
        shared = set(own.resources(NODE_GROUP).found) & set(group.resources(NODE_GROUP).found)
        return (group.says(True, "the same") if shared else same(group, own)) & one["desiredCapacity"].is_(0)

    starts = schedule["recurrence"].present() & schedule["desiredCapacity"].at_least(1)
    return only_if(starts, schedule.graph.of(SCHEDULE).any(stops))


@rule(
    "spot-diversified",
    title="Pools of Spot instances are of several instance types",
    severity=Severity.MEDIUM,
    types=(NODE_GROUP, NODE_POOL),
    fix='instance_types=["g6.2xlarge", "g5.2xlarge", "g6e.2xlarge"]',
    arguments={"mlinfra:node_pool:NodePool": "instance_types", "mlinfra:gpu_node_pool:GpuNodePool": "instance_types"},
)
def spot_diversified(nodes: Resource) -> Truth:
    """Spot takes instances back by type and zone: a pool of one type loses all of its nodes in the same minute."""
    if nodes.type == NODE_GROUP:
        types = nodes["instanceTypes"]
        return only_if(nodes["capacityType"].is_("SPOT"), types.where(_several, f"{SPOT_TYPES} instance types or more"))
    spot = _required(nodes, ("karpenter.sh/capacity-type",), lambda values: values.contains("spot"))
    few = _required(
        nodes,
        ("node.kubernetes.io/instance-type",),
        lambda values: values.where(lambda raw: not _several(raw), f"fewer than {SPOT_TYPES} instance types"),
    )
    return only_if(spot, ~few)


def _several(raw: Any) -> bool:
    return isinstance(raw, list) and len(raw) >= SPOT_TYPES


@rule(
    "gpu-block-window",
    title="Node groups on Capacity Blocks go to no nodes before the block ends",
    severity=Severity.MEDIUM,
    types=(NODE_GROUP,),
    fix="aws.autoscaling.Schedule(name, autoscaling_group_name=group.resources[0].autoscaling_groups[0].name, "
    "desired_capacity=0, min_size=0, max_size=4, start_time=an hour before the end of the block)",
    arguments={"mlinfra:gpu_node_pool:GpuNodePool": "capacity"},
)
def gpu_block_window(nodes: Resource) -> Truth:
    """EC2 ends the instances of a block whatever runs on them; a group that still wants them asks in vain ever after."""
    down = nodes.attached(SCHEDULE, at="autoscalingGroupName").any(lambda one: one["desiredCapacity"].is_(0))
    return only_if(nodes["capacityType"].is_("CAPACITY_BLOCK"), down)


@rule(
    "gpu-block-node-group",
    title="Node groups ask for Capacity Blocks as their launch templates do",
    severity=Severity.MEDIUM,
    types=(NODE_GROUP,),
    fix='capacity_type="CAPACITY_BLOCK", with a launch template of instance_market_options={"market_type": "capacity-block"}',
    arguments={"mlinfra:gpu_node_pool:GpuNodePool": "capacity"},
)
def gpu_block_node_group(nodes: Resource) -> Truth:
    """EKS starts nothing when one says that a block is meant and the other does not."""
    meant = any_of(
        leads_to_some(
            nodes[place], (LAUNCH_TEMPLATE,), lambda one: one["instanceMarketOptions.marketType"].is_("capacity-block")
        )
        for place in ("launchTemplate.id", "launchTemplate.name")
    )
    said = nodes["capacityType"].is_("CAPACITY_BLOCK")
    own = nodes["launchTemplate.id"].present() | nodes["launchTemplate.name"].present()
    return only_if(said | (own & meant), said & meant)


@rule(
    "eks-ami-fits",
    title="The AMI of nodes fits their instance types",
    severity=Severity.MEDIUM,
    types=(NODE_GROUP,),
    fix='ami_type="AL2023_x86_64_NEURON" for Trainium and Inferentia, "AL2023_ARM_64_NVIDIA" for GPUs beside Arm processors',
    arguments={"mlinfra:node_pool:NodePool": "instance_types", "mlinfra:gpu_node_pool:GpuNodePool": "instance_types"},
)
def eks_ami_fits(nodes: Resource) -> Truth:
    """EKS starts no node of another architecture, and one with another vendor's driver offers no accelerator."""
    ami = nodes["amiType"]

    def fits(one: Value) -> Truth:
        known = instance_type(one.raw) if isinstance(one.raw, str) else None
        if known is None:
            return one.where(lambda _: True, "an instance type")
        marks = ("ARM_64",) if "arm64" in known.architectures else ("x86_64",)
        vendor = known.accelerator.vendor if known.accelerator else ""
        image = ami.where(
            lambda raw: isinstance(raw, str) and marks[0] in raw and _driver(raw, vendor), f"an image for {known.name}"
        )
        return image | ami.is_("CUSTOM")

    types = nodes["instanceTypes"]
    driver = ami.where(lambda raw: isinstance(raw, str) and accelerated_ami_type(raw), "an accelerated AMI type")
    by_template = any_of(
        leads_to_some(nodes[place], (LAUNCH_TEMPLATE,), lambda one: one["instanceType"].present())
        for place in ("launchTemplate.id", "launchTemplate.name")
    )
    # Where nothing names a type EKS takes its own, which has no accelerator.
    return only_if(types.present() | driver, types.every(fits) & (types.present() | ~driver | by_template))


def _driver(ami_type: str, vendor: str) -> bool:
    """Whether an image has the vendor's driver. What stands on an image without any is another rule's matter."""
    if not accelerated_ami_type(ami_type) or not vendor:
        return True
    return ("NEURON" in ami_type) == (vendor == "aws")


@rule(
    "efa-placed",
    title="Nodes that stand close together, or were reserved, have EFA on types that have several network cards",
    severity=Severity.LOW,
    types=(LAUNCH_TEMPLATE,),
    fix='network_interfaces=[{"network_card_index": i, "interface_type": "efa-only", ...} for i in range(cards)]',
    arguments={"mlinfra:gpu_node_pool:GpuNodePool": "efa"},
)
def efa_placed(template: Resource) -> Truth:
    """They are meant for jobs over several nodes, which have a small part of the network without it."""

    def fabric(raw: Any) -> bool:
        known = instance_type(raw) if isinstance(raw, str) else None
        return known is not None and known.efa and known.network_cards > 1

    close = template["placement.groupName"].present() | is_reserved(template)
    kind = template["instanceType"].where(fabric, "an instance type with EFA on several network cards")
    return only_if(close & kind, uses_efa(template))


@rule(
    "karpenter-efa-zone",
    title="Pools of Karpenter with EFA stay in one availability zone",
    severity=Severity.MEDIUM,
    types=(NODE_POOL,),
    fix="a requirement of topology.kubernetes.io/zone with one value, and a pool for each zone",
    arguments={"mlinfra:gpu_node_pool:GpuNodePool": "zones"},
)
def karpenter_efa_zone(pool: Resource) -> Truth:
    """EFA does not leave its zone: a job that is spread over two falls back to TCP, or hangs."""
    name = pool[f"{_NODE}.nodeClassRef.name"]

    def named(one: Resource) -> Truth:
        known = not name.is_unknown
        return (one["metadata.name"] if known else name).where(lambda raw: not known or raw == name.raw, "its name")

    fabric = pool.graph.of(NODE_CLASS).any(
        lambda one: (
            named(one) & one["spec.networkInterfaces"].any(lambda card: card["interfaceType"].is_("efa", "efa-only"))
        )
    )
    one_zone = _required(
        pool,
        ("topology.kubernetes.io/zone",),
        lambda values: values.where(lambda raw: isinstance(raw, list) and len(raw) == 1, "one zone"),
    )
    return only_if(fabric, one_zone)


RULES: Final = (
    karpenter_gpu_taint,
    karpenter_jobs_stay,
    cost_schedule_stops,
    spot_diversified,
    gpu_block_window,
    gpu_block_node_group,
    eks_ami_fits,
    efa_placed,
    karpenter_efa_zone,
)
