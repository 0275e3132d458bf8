"""Rules about what watches the account: Config, GuardDuty, Security Hub, Access Analyzer, Macie and Inspector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import STACK, Severity, rule
from mlinfra.compliance.truth import all_of
from mlinfra.policies.shared import account_stack

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth

RECORDER: Final = "aws:cfg/recorder:Recorder"
RECORDER_STATUS: Final = "aws:cfg/recorderStatus:RecorderStatus"
CHANNEL: Final = "aws:cfg/deliveryChannel:DeliveryChannel"
DETECTOR: Final = "aws:guardduty/detector:Detector"
FEATURE: Final = "aws:guardduty/detectorFeature:DetectorFeature"
HUB: Final = "aws:securityhub/account:Account"
STANDARD: Final = "aws:securityhub/standardsSubscription:StandardsSubscription"
ANALYZER: Final = "aws:accessanalyzer/analyzer:Analyzer"
MACIE: Final = "aws:macie2/account:Account"
INSPECTOR: Final = "aws:inspector2/enabler:Enabler"
FEATURES: Final = (
    "S3_DATA_EVENTS",
    "EKS_AUDIT_LOGS",
    "RUNTIME_MONITORING",
    "EBS_MALWARE_PROTECTION",
    "LAMBDA_NETWORK_LOGS",
    "RDS_LOGIN_EVENTS",
)
SCANNED: Final = ("EC2", "ECR", "LAMBDA")


@rule(
    "config-recorder",
    title="AWS Config records every kind of resource",
    severity=Severity.MEDIUM,
    types=(STACK,),
    fix='aws.cfg.Recorder(name, role_arn=role, recording_group={"all_supported": True, "include_global_resource_types": True}), '
    "with an aws.cfg.DeliveryChannel and an aws.cfg.RecorderStatus that is enabled",
)
def config_recorder(stack: Resource) -> Truth:
    """What a resource looked like on the day of the incident is known from its history, and from nothing else."""
    facts = stack.graph
    recorder = facts.of(RECORDER).any(
        lambda one: (
            one["recordingGroup.allSupported"].is_true() & one["recordingGroup.includeGlobalResourceTypes"].is_true()
        )
    )
    running = facts.of(RECORDER_STATUS).any(lambda one: one["isEnabled"].is_true())
    return account_stack(stack, recorder & running & facts.of(CHANNEL).exist())


@rule(
    "guardduty-on",
    title="GuardDuty watches the account",
    severity=Severity.HIGH,
    types=(STACK,),
    fix="aws.guardduty.Detector(name, enable=True)",
)
def guardduty_on(stack: Resource) -> Truth:
    """Credentials used from elsewhere, miners on GPUs, data that leaves over DNS: it is found by looking, all the time."""
    return account_stack(stack, stack.graph.of(DETECTOR).any(lambda one: one["enable"].is_true()))


@rule(
    "guardduty-features",
    title="GuardDuty watches buckets, clusters, functions and what runs on nodes",
    severity=Severity.HIGH,
    types=(DETECTOR,),
    fix='aws.guardduty.DetectorFeature(name, detector_id=detector.id, name="RUNTIME_MONITORING", status="ENABLED") for each',
    profiles=STRICT,
)
def guardduty_features(detector: Resource) -> Truth:
    """Without them it sees the calls of the account, and nothing of training data, pods and processes."""
    features = detector.attached(FEATURE, at="detectorId")

    def watched(feature: str) -> Truth:
        return features.any(lambda one: one["name"].is_(feature) & one["status"].is_("ENABLED")).wanted(
            f"{feature} enabled"
        )

    return all_of(map(watched, FEATURES))


@rule(
    "guardduty-frequency",
    title="GuardDuty and Macie publish findings within a quarter of an hour",
    severity=Severity.LOW,
    types=(DETECTOR, MACIE),
    fix='finding_publishing_frequency="FIFTEEN_MINUTES"',
)
def guardduty_frequency(detector: Resource) -> Truth:
    """In six hours, the default, a bucket is copied and the GPUs have been rented out."""
    return detector["findingPublishingFrequency"].is_("FIFTEEN_MINUTES")


@rule(
    "security-hub",
    title="Security Hub checks the account against a standard",
    severity=Severity.MEDIUM,
    types=(STACK,),
    fix="aws.securityhub.Account(name), aws.securityhub.StandardsSubscription(name, standards_arn=…)",
)
def security_hub(stack: Resource) -> Truth:
    """What is changed by hand after the deployment is seen by nothing that looks at programs."""
    hubs, standards = stack.graph.of(HUB), stack.graph.of(STANDARD)
    checked = hubs.any(lambda one: one["enableDefaultStandards"].is_true()) | standards.any(
        lambda one: one["standardsArn"].present()
    )
    return account_stack(stack, hubs.exist() & checked)


@rule(
    "access-analyzer",
    title="Access Analyzer looks for access from outside",
    severity=Severity.LOW,
    types=(STACK,),
    fix='aws.accessanalyzer.Analyzer(name, analyzer_name="account", type="ACCOUNT")',
)
def access_analyzer(stack: Resource) -> Truth:
    """It proves of every policy in the account who outside can use it, those included that no program declares."""
    analyzers = stack.graph.of(ANALYZER)
    return account_stack(stack, analyzers.any(lambda one: one["type"].is_("ACCOUNT", "ORGANIZATION")))


@rule(
    "macie-on",
    title="Macie looks for personal data in buckets",
    severity=Severity.MEDIUM,
    types=(STACK,),
    fix='aws.macie2.Account(name, status="ENABLED")',
    profiles=STRICT,
)
def macie_on(stack: Resource) -> Truth:
    """A dataset is called anonymous until somebody looks."""
    return account_stack(stack, stack.graph.of(MACIE).any(lambda one: one["status"].is_("ENABLED")))


@rule(
    "inspector-on",
    title="Inspector scans instances, images and functions",
    severity=Severity.HIGH,
    types=(STACK,),
    fix='aws.inspector2.Enabler(name, account_ids=[account], resource_types=["EC2", "ECR", "LAMBDA"])',
    profiles=STRICT,
)
def inspector_on(stack: Resource) -> Truth:
    """An image that was clean when it was pushed is not any more when the next vulnerability is published."""
    enabled = stack.graph.of(INSPECTOR).any(lambda one: one["resourceTypes"].contains(*SCANNED))
    return account_stack(stack, enabled)


RULES: Final = (
    *(config_recorder, guardduty_on, guardduty_features, guardduty_frequency, security_hub, access_analyzer),
    *(macie_on, inspector_on),
)
