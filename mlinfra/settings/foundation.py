"""The decisions behind keys, network, audit and identity."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from mlinfra.catalog import endpoints as catalog
from mlinfra.components.addresses import pod_range, vpc_range
from mlinfra.components.cost_watch import CostWatchArgs
from mlinfra.components.dns_firewall import check_domains
from mlinfra.components.layers import planned
from mlinfra.components.layers.security_baseline import SecurityBaselineArgs
from mlinfra.components.network import NetworkArgs
from mlinfra.components.network_checks import check_egress, check_endpoints
from mlinfra.components.personas import PersonasArgs
from mlinfra.components.problems import Invalid
from mlinfra.components.profiles import Egress
from mlinfra.components.references import each, principal_arn
from mlinfra.settings.base import StackSettings, choices
from mlinfra.settings.organization import OrganizationSettings, SignInSettings
from mlinfra.settings.part import refuse


class FoundationSettings(StackSettings):
    """The decisions behind `stacks/foundation`: keys, network, audit and identity."""

    cidr: Annotated[str, AfterValidator(lambda value: str(vpc_range(value)))]
    """The VPC's address range: private (RFC 1918), from /16 to /21, such as 10.0.0.0/16."""
    pods_cidr: Annotated[str | None, AfterValidator(lambda value: value and str(pod_range(value)))] = None
    """A secondary range for pods, inside 100.64.0.0/10. Default: none."""
    egress: Egress | None = None
    """How workloads reach the internet: per-zone, single or none. Default: the profile's."""
    allowed_domains: Annotated[Sequence[str] | None, AfterValidator(lambda value: value and check_domains(value))] = (
        None
    )
    """The domain names that can be resolved beside AWS's own, such as pypi.org or *.pythonhosted.org; an empty list
    leaves AWS's alone. Default: every name, in the isolated profile AWS's alone."""
    endpoints: Annotated[
        Sequence[Annotated[str, choices(catalog.endpoints())]],
        AfterValidator(check_endpoints),
    ] = ()
    """AWS services to reach privately beside the profile's own. Default: none."""
    block_public_access: bool | None = None
    """Whether to switch on VPC Block Public Access, which holds for the whole account and region. Default: only in the
    isolated profile."""
    archive_days: int | None = None
    """Days that audit logs are locked in the archive. Default: the profile's floor (90, 365, 365)."""
    key_administrators: Annotated[Sequence[str], AfterValidator(each(principal_arn))] = ()
    """ARNs of those who administer the keys but cannot use them, the deploying role among them. Default: the account's
    IAM policies decide."""

    alarm_emails: Sequence[str] = ()
    """Who is told of alarms. Required unless the organisation has a topic for them."""
    monthly_budget: int | None = None
    """What the account may spend in a month, in US dollars, before those whom alarmEmails names hear of it. Default: no
    budget; a platform with accelerators wants one."""
    organization: OrganizationSettings = OrganizationSettings()
    """What the organisation already owns for this account, so that it is not made again. Default: nothing."""
    sign_in: SignInSettings | None = None
    """How people come to their roles: samlProviderArn, permissionSets or principals. Default: no roles for people."""
    break_glass: Annotated[Sequence[str], AfterValidator(each(principal_arn))] = ()
    """ARNs of the users kept for emergencies, who can repair what nobody else could. Required with signIn."""
    session_hours: int = 4
    """Hours until people have to sign in again, from 1 to 12. Default: 4."""

    @model_validator(mode="after")
    def _told(self) -> Self:
        if not self.alarm_emails and self.organization.alarm_topic is None:
            fix = "give an address, or the ARN of the organisation's topic as organization.alarmTopic"
            raise Invalid("nobody would hear the alarms", fix=fix, argument="alarm_emails")
        if self.monthly_budget is not None and not self.alarm_emails:
            fix = "give an address as alarmEmails: AWS Budgets writes to addresses"
            raise Invalid("nobody would hear of the budget", fix=fix, argument="monthly_budget")
        if self.sign_in is not None and not self.break_glass:
            fix = "name two users at least, kept for emergencies"
            raise Invalid("nobody could repair the platform", fix=fix, argument="break_glass")
        return self

    @model_validator(mode="after")
    def _buildable(self) -> Self:
        check_egress(self.egress, self.profile)
        renamed = {"emails": "alarm_emails", "central": "organization", "monthly_usd": "monthly_budget"}
        for part in (self._network, self._security, self._budget, self._people):
            refuse(planned.refusals("", part, renamed=renamed))
        return self

    def _network(self) -> NetworkArgs:
        """The network, as far as settings describe it."""
        return NetworkArgs(
            account=self.planned_account,
            profile=self.profile,
            cidr=self.cidr,
            zones=self.zones,
            pods_cidr=self.pods_cidr,
            egress=self.egress,
            allowed_domains=self.allowed_domains,
            endpoints=self.endpoints,
            block_public_access=self.block_public_access,
            logs_key_arn=planned.KEY_ARN,
            log_retention_days=self.log_retention_days,
        )

    def _budget(self) -> CostWatchArgs | None:
        """The budget, where there is one."""
        if self.monthly_budget is None:
            return None
        return CostWatchArgs(monthly_usd=self.monthly_budget, emails=self.alarm_emails)

    def _people(self) -> PersonasArgs | None:
        """The roles of people, where they have some."""
        if self.sign_in is None:
            return None
        return PersonasArgs(
            account=self.planned_account,
            boundary_arn=planned.POLICY_ARN,
            emergency_boundary_arn=planned.POLICY_ARN,
            sign_in=self.sign_in,
            break_glass_principals=self.break_glass,
            session_hours=self.session_hours,
            logs_key_arn=planned.KEY_ARN,
            log_group_name="planned",
            alarm_topic_arn=planned.TOPIC_ARN,
        )

    def _security(self) -> SecurityBaselineArgs:
        """The security baseline, as far as settings describe it."""
        return SecurityBaselineArgs(
            account=self.planned_account,
            profile=self.profile,
            logs_key_arn=planned.KEY_ARN,
            volume_key_arn=planned.KEY_ARN,
            access_log_bucket=planned.BUCKET,
            emails=self.alarm_emails,
            archive_days=self.archive_days,
            log_retention_days=self.log_retention_days,
            central=self.organization,
        )

    @property
    def private_services(self) -> Sequence[str]:
        """The services that the network offers privately beside the profile's own."""
        return self.endpoints
