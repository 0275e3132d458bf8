"""Rules about cost: that expensive capacity has a limit, an end, and somebody who hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import STACK, Severity, rule
from mlinfra.compliance.truth import Truth, any_of, only_if
from mlinfra.policies.capacity import LAUNCH_TEMPLATE, NODE_GROUP, gpu_nodes, is_accelerated
from mlinfra.policies.gpu import BLOCK, RESERVATION
from mlinfra.policies.references import leads_to_some
from mlinfra.policies.sagemaker_models import ENDPOINT_CONFIG
from mlinfra.policies.shared import development
from mlinfra.policies.versions import NODE_POOL

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

BUDGET: Final = "aws:budgets/budget:Budget"
MONITOR: Final = "aws:costexplorer/anomalyMonitor:AnomalyMonitor"
SUBSCRIPTION: Final = "aws:costexplorer/anomalySubscription:AnomalySubscription"
_RESERVED: Final = "capacityReservationSpecification.capacityReservationTarget"
BATCH: Final = "aws:batch/computeEnvironment:ComputeEnvironment"


def buys_accelerators(stack: Resource) -> Truth:
    """Whether a stack declares capacity with accelerators."""
    graph = stack.graph
    return any_of(
        (
            graph.of(NODE_GROUP).any(gpu_nodes),
            graph.of(LAUNCH_TEMPLATE, RESERVATION).any(lambda one: is_accelerated(one["instanceType"])),
            graph.of(BATCH).any(lambda one: one["computeResources.instanceTypes"].any(is_accelerated)),
            graph.of(ENDPOINT_CONFIG).any(
                lambda one: one["productionVariants"].any(lambda variant: is_accelerated(variant["instanceType"]))
            ),
            graph.of(NODE_POOL, BLOCK).exist(),
        )
    )


@rule(
    "cost-budget",
    title="Stacks that buy accelerators have a budget",
    severity=Severity.MEDIUM,
    types=(STACK,),
    fix='aws.budgets.Budget(name, budget_type="COST", limit_amount="20000", limit_unit="USD", time_unit="MONTHLY", notifications=[...])',
)
def cost_budget(stack: Resource) -> Truth:
    """Accelerators cost tens of dollars an hour, whether they compute or not.

    Where another stack has the budget of the account, a waiver says so.
    """
    limit = stack.graph.of(BUDGET).any(lambda one: one["limitAmount"].present() | one["plannedLimits"].present())
    return only_if(buys_accelerators(stack), limit)


@rule(
    "cost-anomaly",
    title="Stacks that buy accelerators watch for unusual cost",
    severity=Severity.LOW,
    types=(STACK,),
    profiles=STRICT,
    fix='aws.costexplorer.AnomalyMonitor(name, monitor_type="DIMENSIONAL", monitor_dimension="SERVICE")',
)
def cost_anomaly(stack: Resource) -> Truth:
    """A budget speaks when the money is spent; an anomaly on the first day."""
    return only_if(buys_accelerators(stack), stack.graph.of(MONITOR).exist())


@rule(
    "cost-budget-notifies",
    title="Somebody hears of a budget that is used up",
    severity=Severity.MEDIUM,
    types=(BUDGET,),
    arguments={"mlinfra:cost_watch:CostWatch": "emails"},
    fix='notifications=[{"comparison_operator": "GREATER_THAN", "threshold": 80, "threshold_type": "PERCENTAGE", '
    '"notification_type": "FORECASTED", "subscriber_sns_topic_arns": [topic.arn]}]',
)
def cost_budget_notifies(budget: Resource) -> Truth:
    """A budget without subscribers is a number in a console."""
    return budget["notifications"].any(
        lambda one: one["subscriberEmailAddresses"].present() | one["subscriberSnsTopicArns"].present()
    )


@rule(
    "cost-anomaly-subscribed",
    title="Somebody hears of unusual cost",
    severity=Severity.LOW,
    types=(MONITOR,),
    arguments={"mlinfra:cost_watch:CostWatch": "emails"},
    fix="aws.costexplorer.AnomalySubscription(name, monitor_arn_lists=[monitor.arn], subscribers=[...])",
)
def cost_anomaly_subscribed(monitor: Resource) -> Truth:
    """A monitor without a subscription tells nobody."""
    return monitor.attached(SUBSCRIPTION, at="monitorArnLists").any(lambda one: one["subscribers"].present())


@rule(
    "cost-karpenter-limit",
    title="Node pools of Karpenter have a limit",
    severity=Severity.MEDIUM,
    types=(NODE_POOL,),
    arguments={"mlinfra:node_pool:NodePool": "max_nodes", "mlinfra:gpu_node_pool:GpuNodePool": "max_nodes"},
    fix='spec.limits: {cpu: "1000", "nvidia.com/gpu": "64"}',
)
def cost_karpenter_limit(pool: Resource) -> Truth:
    """Karpenter makes nodes for whatever waits: a loop that submits jobs buys every GPU of the region."""
    limits = pool["spec.limits"]
    fixed = pool["spec.replicas"].present()
    return any_of((fixed, *(limits.key(name).present() for name in ("cpu", "memory", "nodes", "nvidia.com/gpu"))))


@rule(
    "cost-karpenter-consolidation",
    title="Karpenter takes empty nodes away",
    severity=Severity.LOW,
    types=(NODE_POOL,),
    fix="spec.disruption: {consolidationPolicy: WhenEmpty, consolidateAfter: 5m}",
)
def cost_karpenter_consolidation(pool: Resource) -> Truth:
    """A GPU node that nothing runs on costs as much as one that works."""
    return ~pool["spec.disruption.consolidateAfter"].is_("Never")


@rule(
    "cost-gpu-schedule",
    title="GPU nodes for development do not run all the time",
    severity=Severity.LOW,
    types=(NODE_GROUP,),
    fix='aws.autoscaling.Schedule(name, recurrence="0 20 * * 1-5", desired_capacity=0, ...) and scaling_config={"min_size": 0, ...}',
    arguments={"mlinfra:gpu_node_pool:GpuNodePool": "schedule"},
)
def cost_gpu_schedule(nodes: Resource) -> Truth:
    """Two thirds of a week are nights and weekends, in which nodes that people develop on cost as much as by day.

    What a reservation or a block has paid for is left alone, and so is Spot.
    """
    places = (nodes["launchTemplate.id"], nodes["launchTemplate.name"])
    reserved = any_of(leads_to_some(one, (LAUNCH_TEMPLATE,), _is_reserved) for one in places)
    asked = development(nodes) & gpu_nodes(nodes) & nodes["capacityType"].is_("ON_DEMAND") & ~reserved
    return only_if(asked, nodes["scalingConfig.minSize"].is_(0))


def _is_reserved(template: Resource) -> Truth:
    kinds = ("capacityReservationId", "capacityReservationResourceGroupArn")
    return any_of(template[f"{_RESERVED}.{kind}"].present() for kind in kinds)


@rule(
    "cost-endpoint-scaling",
    title="Endpoints on accelerators scale with their load",
    severity=Severity.LOW,
    types=(ENDPOINT_CONFIG,),
    fix='production_variants=[{"managed_instance_scaling": {"status": "ENABLED", "min_instance_count": 1, "max_instance_count": 4}, ...}]',
)
def cost_endpoint_scaling(config: Resource) -> Truth:
    """GPUs for the busiest hour are idle in all the others."""
    targets = config.graph.of("aws:appautoscaling/target:Target").any(
        lambda one: one["serviceNamespace"].is_("sagemaker")
    )

    def scaled(variant: Value) -> Truth:
        own = variant["managedInstanceScaling.status"].is_("ENABLED")
        return only_if(is_accelerated(variant["instanceType"]), own | targets)

    return config["productionVariants"].every(scaled)


RULES: Final = (
    cost_budget,
    cost_anomaly,
    cost_budget_notifies,
    cost_anomaly_subscribed,
    cost_karpenter_limit,
    cost_karpenter_consolidation,
    cost_gpu_schedule,
    cost_endpoint_scaling,
)
