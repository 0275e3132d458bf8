"""Who notices: GuardDuty, Security Hub, IAM Access Analyzer, Inspector and Macie."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator, model_validator

from mlinfra.catalog.detection import detection
from mlinfra.components import references
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.component import Component
from mlinfra.components.findings import FindingsArchive, findings_bucket, keep_guardduty, keep_macie
from mlinfra.components.problems import Invalid
from mlinfra.components.profiles import Profile

SEVERE: Final = 7  # GuardDuty's high and critical findings begin here
FREQUENCY: Final = "FIFTEEN_MINUTES"


class CentralDetection(Args):
    """What the organisation has switched on for this account and region already; it is left as it is."""

    detector_id: Optional[pulumi.Input[str]] = None
    """The id of the GuardDuty detector. Default: one is created: there can be one in a region."""
    security_hub: bool = False
    """Whether Security Hub is on, with the organisation's standards. Default: no, it is switched on."""
    access_analyzer: bool = False
    """Whether an analyzer of the organisation sees this account. Default: no, one is created."""
    inspector: bool = False
    """Whether Inspector is on. Default: no, it is switched on."""
    macie: bool = False
    """Whether Macie is on. Default: no, it is switched on."""

    @field_validator("detector_id")
    @classmethod
    def _id(cls, value: Any) -> Any:
        if isinstance(value, str) and not re.fullmatch(r"[0-9a-f]{32}", value):
            raise Invalid("not the id of a detector", fix="give its 32 letters and digits, or an output")
        return value


class ThreatDetectionArgs(Args):
    """Arguments of `ThreatDetection`."""

    account: Account
    """The account and region that are watched."""
    alarm_topic_arn: pulumi.Input[str]
    """The ARN of the topic that hears of severe findings, an `AuditAlarms`'."""
    profile: Profile = Profile.REGULATED
    """The security profile: baseline leaves out Inspector and Macie, which cost by what they scan. Default:
    regulated."""
    central: CentralDetection = CentralDetection()
    """What the organisation owns centrally. Default: nothing."""
    archive: Optional[FindingsArchive] = None
    """Where findings are kept for longer than the ninety days of the services. Default: nowhere."""

    _topic = field_validator("alarm_topic_arn")(references.topic_arn)

    @model_validator(mode="after")
    def _floor(self) -> "ThreatDetectionArgs":
        if self.archive is None:
            return self
        try:
            self.archive.days(self.profile)
        except Invalid as error:
            reason = f"its retention_days: {error.reason}"
            raise Invalid(reason, fix=error.fix, argument="archive") from None
        if self.central.detector_id is not None:
            fix = "leave archive out, or central.detector_id"
            raise Invalid("a detector of the organisation is not changed here", fix=fix, argument="archive")
        return self


class ThreatDetection(Component[ThreatDetectionArgs]):
    """GuardDuty with all its features, Security Hub with its standards, Access Analyzer, Inspector and Macie.

    Severe findings are published on the alarms' topic within minutes.

        detection = ml.ThreatDetection("detection", ml.ThreatDetectionArgs(
            account=account, alarm_topic_arn=alarms.topic_arn))
    """

    detector_id: pulumi.Output[str]
    """The id of the GuardDuty detector."""
    analyzer_arn: Optional[pulumi.Output[str]]
    """The analyzer's ARN; absent when the organisation has one."""
    standards: pulumi.Output[Mapping[str, str]]
    """The ARNs of Security Hub's standards, by name; none when the organisation decides."""
    archive_bucket_arn: Optional[pulumi.Output[str]]
    """The ARN of the bucket in which findings are kept; absent unless asked for."""

    _args_type = ThreatDetectionArgs

    def __init__(self, name: str, args: ThreatDetectionArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args, central = self._args, self._args.central
        if central.detector_id is None:
            self.detector_id = self._guardduty(f"{name}-guardduty")
        else:
            self.detector_id = pulumi.Output.from_input(central.detector_id)
        standards = {} if central.security_hub else self._security_hub(f"{name}-hub")
        self.standards = pulumi.Output.from_input(standards)
        self.analyzer_arn = None if central.access_analyzer else self._analyzer(f"{name}-analyzer")
        macie = None
        if args.profile is not Profile.BASELINE:
            macie = self._scanners(name)
        self.archive_bucket_arn = self._keep(name, args.archive, macie) if args.archive else None
        self._tell(f"{name}-guardduty", "GuardDuty finds something severe", _guardduty_events())
        if not central.security_hub:
            self._tell(f"{name}-hub", "Security Hub finds something severe", _hub_events())
        self.finish()

    def _guardduty(self, name: str) -> pulumi.Output[str]:
        detector = aws.guardduty.Detector(name, enable=True, finding_publishing_frequency=FREQUENCY, opts=self.child())
        for feature, more in detection().features.items():
            aws.guardduty.DetectorFeature(
                f"{name}-{feature.lower().replace('_', '-')}",
                detector_id=detector.id,
                name=feature,
                status="ENABLED",
                additional_configurations=[
                    aws.guardduty.DetectorFeatureAdditionalConfigurationArgs(name=kind, status="ENABLED")
                    for kind in more
                ]
                or None,
                opts=self.child(),
            )
        return detector.id

    def _security_hub(self, name: str) -> dict[str, str]:
        hub = aws.securityhub.Account(
            name,
            enable_default_standards=False,
            control_finding_generator="SECURITY_CONTROL",
            auto_enable_controls=True,
            opts=self.child(),
        )
        account = self._args.account
        standards = {
            standard: arn.format(partition=account.partition, region=account.region)
            for standard, arn in detection().standards.items()
        }
        for standard, arn in standards.items():
            aws.securityhub.StandardsSubscription(
                f"{name}-{standard}", standards_arn=arn, opts=self.child(depends_on=[hub])
            )
        return standards

    def _analyzer(self, name: str) -> pulumi.Output[str]:
        """Finds whatever can be reached from outside the account."""
        return aws.accessanalyzer.Analyzer(
            name, analyzer_name=self.qualified_name(name), type="ACCOUNT", opts=self.child()
        ).arn

    def _scanners(self, name: str) -> Optional[aws.macie2.Account]:
        central, account = self._args.central, self._args.account
        if not central.inspector:
            aws.inspector2.Enabler(
                f"{name}-inspector",
                account_ids=[account.id],
                resource_types=[*detection().scans],
                opts=self.child(),
            )
        if central.macie:
            return None
        return aws.macie2.Account(
            f"{name}-macie", finding_publishing_frequency=FREQUENCY, status="ENABLED", opts=self.child()
        )

    def _keep(self, name: str, archive: FindingsArchive, macie: Optional[aws.macie2.Account]) -> pulumi.Output[str]:
        args = self._args
        bucket = findings_bucket(self, f"{name}-findings", archive=archive, account=args.account, profile=args.profile)
        keep_guardduty(self, f"{name}-findings", bucket=bucket, detector_id=self.detector_id, archive=archive)
        if macie is not None:
            keep_macie(self, f"{name}-findings", bucket=bucket, macie=macie, archive=archive)
        return bucket.arn

    def _tell(self, name: str, says: str, events: Mapping[str, Any]) -> None:
        rule = aws.cloudwatch.EventRule(name, description=says, event_pattern=json.dumps(events), opts=self.child())
        aws.cloudwatch.EventTarget(name, rule=rule.name, arn=self._args.alarm_topic_arn, opts=self.child())


def _guardduty_events() -> dict[str, Any]:
    return {
        "source": ["aws.guardduty"],
        "detail-type": ["GuardDuty Finding"],
        "detail": {"severity": [{"numeric": [">=", SEVERE]}]},
    }


def _hub_events() -> dict[str, Any]:
    """New findings that failed; GuardDuty's are told already."""
    return {
        "source": ["aws.securityhub"],
        "detail-type": ["Security Hub Findings - Imported"],
        "detail": {
            "findings": {
                "ProductName": [{"anything-but": "GuardDuty"}],
                "RecordState": ["ACTIVE"],
                "Severity": {"Label": ["CRITICAL", "HIGH"]},
                "Workflow": {"Status": ["NEW"]},
            }
        },
    }
