"""Rules about AWS Network Firewall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import only_if
from mlinfra.policies.references import names_a_key
from mlinfra.policies.shared import production

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth

FIREWALL: Final = "aws:networkfirewall/firewall:Firewall"
FIREWALL_POLICY: Final = "aws:networkfirewall/firewallPolicy:FirewallPolicy"
FIREWALL_LOGGING: Final = "aws:networkfirewall/loggingConfiguration:LoggingConfiguration"
SAFE_ACTIONS: Final = ("aws:drop", "aws:forward_to_sfe")


@rule(
    "nfw-default-drop",
    title="Firewalls drop or inspect what no rule is about",
    severity=Severity.MEDIUM,
    types=(FIREWALL_POLICY,),
    fix='stateless_default_actions=["aws:forward_to_sfe"], stateless_fragment_default_actions=["aws:drop"]',
)
def nfw_default_drop(firewall: Resource) -> Truth:
    """A firewall that passes what it does not know is a log at best."""

    def safe(name: str) -> Truth:
        actions = firewall[f"firewallPolicy.{name}"]
        return actions.present() & actions.every(lambda one: one.is_(*SAFE_ACTIONS))

    return safe("statelessDefaultActions") & safe("statelessFragmentDefaultActions")


@rule(
    "nfw-has-rules",
    title="Firewall policies have rules",
    severity=Severity.MEDIUM,
    types=(FIREWALL_POLICY,),
    fix="firewall_policy={stateful_rule_group_references: [{resource_arn: group.arn}], …}",
)
def nfw_has_rules(firewall: Resource) -> Truth:
    """Forwarded to an engine without rules, traffic passes as if there were no firewall."""
    groups = ("statefulRuleGroupReferences", "statelessRuleGroupReferences")
    stateful, stateless = (firewall[f"firewallPolicy.{name}"].present() for name in groups)
    return stateful | stateless


@rule(
    "nfw-logging",
    title="Firewalls write logs",
    severity=Severity.MEDIUM,
    types=(FIREWALL,),
    fix="aws.networkfirewall.LoggingConfiguration(name, firewall_arn=firewall.arn, logging_configuration=…)",
)
def nfw_logging(firewall: Resource) -> Truth:
    """What was dropped, and what was let out, is the evidence that the firewall is there for."""
    logging = firewall.attached(FIREWALL_LOGGING, at="firewallArn")
    return logging.any(lambda one: one["loggingConfiguration.logDestinationConfigs"].present())


@rule(
    "nfw-protected",
    title="Firewalls in production cannot be deleted or moved by mistake",
    severity=Severity.LOW,
    types=(FIREWALL,),
    fix="aws.networkfirewall.Firewall(name, delete_protection=True, subnet_change_protection=True, …)",
)
def nfw_protected(firewall: Resource) -> Truth:
    """With the firewall goes the route of everything behind it."""
    protection = firewall["deleteProtection"].is_true() & firewall["subnetChangeProtection"].is_true()
    return only_if(production(firewall), protection)


@rule(
    "nfw-kms",
    title="Firewalls are encrypted with a key of the organisation's own",
    severity=Severity.LOW,
    types=(FIREWALL, FIREWALL_POLICY),
    fix='encryption_configuration={"type": "CUSTOMER_KMS", "key_id": key.arn}',
    profiles=STRICT,
)
def nfw_kms(firewall: Resource) -> Truth:
    """The rules say what the organisation is afraid of."""
    encryption = firewall["encryptionConfiguration"]
    return encryption["type"].is_("CUSTOMER_KMS") & names_a_key(encryption["keyId"])


RULES: Final = (nfw_default_drop, nfw_has_rules, nfw_logging, nfw_protected, nfw_kms)
