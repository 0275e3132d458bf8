"""The decisions about people, and about what the organisation owns centrally and the stack must not make again."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator

from mlinfra.components.account_baseline import AccountSetting
from mlinfra.components.audit import ExistingTrail
from mlinfra.components.detection import CentralDetection
from mlinfra.components.personas import SignIn
from mlinfra.components.references import topic_arn
from mlinfra.settings.part import Part


class TrailSettings(Part, ExistingTrail):
    """The organisation's audit trail."""


class DetectionSettings(Part, CentralDetection):
    """What the organisation has switched on to detect threats."""


class SignInSettings(Part, SignIn):
    """How people come to their roles: one of the three."""


class OrganizationSettings(Part):
    """What the organisation already owns for this account. What is named here is used and never changed."""

    trail: TrailSettings | None = None
    """The audit trail of all regions. Default: one is created."""
    alarm_topic: Annotated[str | None, AfterValidator(topic_arn)] = None
    """The ARN of the topic for alarms. Default: one is created."""
    config_recorder: str | None = None
    """The name of AWS Config's recorder in this region. Default: one is created."""
    config_service_role: bool = False
    """Whether the account has AWS Config's service-linked role from earlier use. Default: no."""
    detection: DetectionSettings = DetectionSettings()
    """What is switched on to detect threats. Default: nothing."""
    account_settings: Sequence[AccountSetting] = ()
    """Settings of the account that the organisation makes, by declarative policies for instance. Default: none."""
