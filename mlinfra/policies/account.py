"""Rules about the settings that an account has once, and about who hears of what is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import STACK, Severity, rule
from mlinfra.policies.shared import account_stack

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth

IMAGE_BLOCK: Final = "aws:ec2/imageBlockPublicAccess:ImageBlockPublicAccess"
SERIAL_CONSOLE: Final = "aws:ec2/serialConsoleAccess:SerialConsoleAccess"
DEFAULT_KEY: Final = "aws:ebs/defaultKmsKey:DefaultKmsKey"
EVENT_RULE: Final = "aws:cloudwatch/eventRule:EventRule"
EVENT_TARGET: Final = "aws:cloudwatch/eventTarget:EventTarget"
FINDINGS: Final = r"[\s\S]*aws\.(guardduty|securityhub)[\s\S]*"


@rule(
    "ec2-image-block",
    title="The account blocks public images",
    severity=Severity.MEDIUM,
    types=(STACK,),
    fix='aws.ec2.ImageBlockPublicAccess(name, state="block-new-sharing")',
)
def ec2_image_block(stack: Resource) -> Truth:
    """An image that is shared with everybody shows all that was ever on its disk."""
    blocked = stack.graph.of(IMAGE_BLOCK).any(lambda one: one["state"].is_("block-new-sharing"))
    return account_stack(stack, blocked)


@rule(
    "ec2-serial-console",
    title="Nobody logs in on the serial console",
    severity=Severity.MEDIUM,
    types=(SERIAL_CONSOLE,),
    fix="aws.ec2.SerialConsoleAccess(name, enabled=False)",
)
def ec2_serial_console(console: Resource) -> Truth:
    """It goes past security groups and Session Manager, and no flow log sees it."""
    return ~console["enabled"].is_true()


@rule(
    "ec2-ebs-default-key",
    title="The account encrypts volumes with a key of the organisation's own",
    severity=Severity.LOW,
    types=(STACK,),
    arguments={"mlinfra:account_baseline:AccountBaseline": "volume_key_arn"},
    fix="aws.ebs.DefaultKmsKey(name, key_arn=key.arn)",
    profiles=STRICT,
)
def ec2_ebs_default_key(stack: Resource) -> Truth:
    """Volumes that services make by themselves, and their snapshots, are under it then."""
    keys = stack.graph.of(DEFAULT_KEY)
    return account_stack(stack, keys.any(lambda one: one["keyArn"].present()))


@rule(
    "findings-notified",
    title="Somebody hears of findings",
    severity=Severity.MEDIUM,
    types=(STACK,),
    fix='aws.cloudwatch.EventRule(name, event_pattern=\'{"source": ["aws.guardduty"], …}\') with an aws.cloudwatch.EventTarget',
)
def findings_notified(stack: Resource) -> Truth:
    """A finding that nobody is told of is found again after the incident."""
    rules = stack.graph.of(EVENT_RULE)

    def sent(one: Resource) -> Truth:
        active = ~one["state"].is_("DISABLED")
        return (
            one["eventPattern"].matches(FINDINGS, "findings") & active & one.attached(EVENT_TARGET, at="rule").exist()
        )

    return account_stack(stack, rules.any(sent))


RULES: Final = (ec2_image_block, ec2_serial_console, ec2_ebs_default_key, findings_notified)
