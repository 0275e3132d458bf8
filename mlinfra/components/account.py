"""Where a component is deployed to."""

import re
from typing import Any

import pulumi
from pydantic import field_validator

from mlinfra.catalog import regions
from mlinfra.components.args import Args
from mlinfra.components.problems import Invalid
from mlinfra.errors import ConfigError


class Account(Args):
    """The AWS account and region that a component is deployed to."""

    id: pulumi.Input[str]
    """The account's twelve digits. Usually `aws.get_caller_identity_output().account_id`."""
    region: str
    """The region, such as eu-central-1. The same as the AWS provider's."""

    @field_validator("id")
    @classmethod
    def _twelve_digits(cls, value: Any) -> Any:
        if isinstance(value, str) and not re.fullmatch(r"[0-9]{12}", value):
            raise Invalid("not an account id", fix="give its twelve digits, in quotes: '123456789012'")
        return value

    @field_validator("region")
    @classmethod
    def _region(cls, value: str) -> str:
        return known_region(value)

    @property
    def partition(self) -> str:
        """The partition that ARNs begin with: aws, aws-us-gov or aws-cn."""
        return regions.region(self.region).partition

    @property
    def root(self) -> pulumi.Output[str]:
        """The account itself as a principal: whoever its IAM policies allow."""
        return self.arn("iam", "root", region="")

    def arn(self, service: str, resource: str, *, region: str | None = None) -> pulumi.Output[str]:
        """The ARN of a resource in this account, in this region unless another one (or none) is given."""
        place = self.region if region is None else region
        before = f"arn:{self.partition}:{service}:{place}:"
        return pulumi.Output.from_input(self.id).apply(lambda account: f"{before}{account}:{resource}")


def known_region(name: str) -> str:
    """The region's name, when the catalog has it."""
    try:
        return regions.region(name).name
    except ConfigError as error:
        raise Invalid("not a region of the catalog", fix=error.fix) from None
