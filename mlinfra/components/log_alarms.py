"""Alarms about what a log group says."""

from typing import Any, Final

import pulumi_aws as aws

from mlinfra.components.component import Component
from mlinfra.components.documents import Text

NAMESPACE: Final = "Audit"
PERIOD_SECONDS: Final = 300


def log_alarm(
    parent: Component[Any],
    name: str,
    *,
    pattern: Text,
    says: str,
    log_group_name: Text,
    topic_arn: Text,
    threshold: int = 1,
) -> aws.cloudwatch.MetricAlarm:
    """Tells the topic when so many events within five minutes match the filter pattern."""
    metric = parent.qualified_name(name)
    counted = aws.cloudwatch.LogMetricFilter(
        name,
        log_group_name=log_group_name,
        pattern=pattern,
        metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
            name=metric, namespace=NAMESPACE, value="1"
        ),
        opts=parent.child(),
    )
    return aws.cloudwatch.MetricAlarm(
        name,
        alarm_description=says,
        metric_name=counted.metric_transformation.name,
        namespace=NAMESPACE,
        statistic="Sum",
        period=PERIOD_SECONDS,
        evaluation_periods=1,
        threshold=threshold,
        comparison_operator="GreaterThanOrEqualToThreshold",
        treat_missing_data="notBreaching",
        alarm_actions=[topic_arn],
        opts=parent.child(),
    )
