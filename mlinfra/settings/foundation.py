"""The decisions behind keys, network and audit."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from mlinfra.catalog import endpoints as catalog
from mlinfra.components.addresses import pod_range, vpc_range
from mlinfra.components.dns_firewall import check_domains
from mlinfra.components.network_checks import check_egress, check_endpoints
from mlinfra.components.profiles import POSTURES, Egress, at_least
from mlinfra.components.references import each, principal_arn
from mlinfra.settings.base import StackSettings, choices


class FoundationSettings(StackSettings):
    """The decisions behind `stacks/foundation`: keys, network and audit."""

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

    @model_validator(mode="after")
    def _buildable(self) -> Self:
        check_egress(self.egress, self.profile)
        at_least(POSTURES[self.profile].archive_days, self.archive_days, self.profile, "archive_days")
        return self

    @property
    def private_services(self) -> Sequence[str]:
        """The services that the network offers privately beside the profile's own."""
        return self.endpoints
