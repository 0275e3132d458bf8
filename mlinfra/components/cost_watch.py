"""Somebody hears when the account spends more than it should, or otherwise than it did."""

from collections.abc import Sequence
from typing import Final, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator

from mlinfra.components.args import Args
from mlinfra.components.component import Component
from mlinfra.components.problems import Invalid

MOST_ADDRESSES: Final = 10  # of a budget's notification (AWS Cost Management user guide, "Quotas and restrictions")
FORECAST, ACTUAL = "FORECASTED", "ACTUAL"


class CostWatchArgs(Args):
    """Arguments of `CostWatch`."""

    monthly_usd: int
    """What the account may spend in a month, in US dollars."""
    emails: Sequence[str]
    """Who hears of it, ten addresses at most."""
    anomaly_usd: int = 100
    """How much unusual spending a day must come to before somebody hears of it, in US dollars. Default: 100."""

    @field_validator("monthly_usd", "anomaly_usd")
    @classmethod
    def _money(cls, value: int) -> int:
        if value < 1:
            raise Invalid(f"{value} dollars would always be exceeded", fix="give a number from 1")
        return value

    @field_validator("emails")
    @classmethod
    def _somebody(cls, value: Sequence[str]) -> Sequence[str]:
        if not 1 <= len(value) <= MOST_ADDRESSES:
            fix = f"give 1 to {MOST_ADDRESSES} addresses; a list of the organisation's counts as one"
            raise Invalid(f"AWS Budgets takes no {len(value)} addresses", fix=fix)
        return value


class CostWatch(Component[CostWatchArgs]):
    """A monthly budget of the account, and an alarm for spending that is unusual.

    Somebody hears when the month is forecast to end over the budget, when four fifths of it are spent, and when a
    service costs more on a day than it used to. It stops nothing.

        ml.CostWatch("platform", ml.CostWatchArgs(monthly_usd=20000, emails=["finops@example.com"]))
    """

    budget_name: pulumi.Output[str]
    """The budget's name."""
    monitor_arn: pulumi.Output[str]
    """The ARN of the monitor of unusual spending."""

    _args_type = CostWatchArgs

    def __init__(self, name: str, args: CostWatchArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args = self._args
        budget = aws.budgets.Budget(
            f"{name}-budget",
            budget_type="COST",
            limit_amount=str(args.monthly_usd),
            limit_unit="USD",
            time_unit="MONTHLY",
            notifications=[
                aws.budgets.BudgetNotificationArgs(
                    comparison_operator="GREATER_THAN",
                    notification_type=kind,
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                    subscriber_email_addresses=[*args.emails],
                )
                for kind, percent in ((ACTUAL, 80), (FORECAST, 100))
            ],
            opts=self.child(),
        )
        monitor = aws.costexplorer.AnomalyMonitor(
            f"{name}-cost", monitor_type="DIMENSIONAL", monitor_dimension="SERVICE", opts=self.child()
        )
        aws.costexplorer.AnomalySubscription(
            f"{name}-cost",
            frequency="DAILY",
            monitor_arn_lists=[monitor.arn],
            subscribers=[
                aws.costexplorer.AnomalySubscriptionSubscriberArgs(type="EMAIL", address=email) for email in args.emails
            ],
            threshold_expression=aws.costexplorer.AnomalySubscriptionThresholdExpressionArgs(
                dimension=aws.costexplorer.AnomalySubscriptionThresholdExpressionDimensionArgs(
                    key="ANOMALY_TOTAL_IMPACT_ABSOLUTE",
                    match_options=["GREATER_THAN_OR_EQUAL"],
                    values=[str(args.anomaly_usd)],
                )
            ),
            opts=self.child(),
        )
        self.budget_name, self.monitor_arn = budget.name, monitor.arn
        self.finish()
