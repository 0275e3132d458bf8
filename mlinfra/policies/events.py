"""Rules about events: that somebody hears of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import only_if
from mlinfra.policies.account import EVENT_RULE, EVENT_TARGET

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth


@rule(
    "event-rule-target",
    title="Rules of EventBridge have a target",
    severity=Severity.LOW,
    types=(EVENT_RULE,),
    fix="aws.cloudwatch.EventTarget(name, rule=rule.name, arn=queue.arn)",
)
def event_rule_target(events: Resource) -> Truth:
    """A rule without a target matches and tells nobody: nodes of Spot go without warning, alarms without a listener."""
    return only_if(~events["state"].is_("DISABLED"), events.attached(EVENT_TARGET, at="rule").exist())


RULES: Final = (event_rule_target,)
