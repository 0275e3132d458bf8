"""Settings of a stack: its Pulumi configuration, checked as a whole before anything is declared."""

import json
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Self, Union, get_args, get_origin

import pulumi
from pulumi.runtime import config as pulumi_config
from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from mlinfra.catalog import regions
from mlinfra.components.account import known_region
from mlinfra.components.addresses import pod_range, vpc_range
from mlinfra.components.args import Args
from mlinfra.components.network_checks import check_egress, check_endpoints, check_zones
from mlinfra.components.problems import ArgumentError, Invalid, Problem
from mlinfra.components.profiles import POSTURES, Classification, Egress, Profile, at_least, log_days
from mlinfra.components.references import each, principal_arn
from mlinfra.components.storage import BucketPurpose

_TAG = re.compile(r"[\w .:/=+@-]{1,256}")  # what AWS takes as a tag's value


class Settings(Args):
    """Base of a stack's settings: one field for every configuration key, camel case in Pulumi.<stack>.yaml.

    A key without a field is an error, so that a misspelt one never goes unnoticed. A field that belongs to another
    namespace says so with an alias, such as aws:region.
    """

    model_config = ConfigDict(alias_generator=to_camel)

    @classmethod
    def load(cls) -> Self:
        """The settings of the stack that is running. Raises ArgumentError naming the file, each key and the fix."""
        project, file = pulumi.get_project(), f"Pulumi.{pulumi.get_stack()}.yaml"
        given = {**pulumi_config.get_config_env(), **pulumi_config.CONFIG.get()}
        named = {field.alias: _is_text(field.annotation) for field in cls.model_fields.values() if field.alias}
        values = {}
        for full, raw in given.items():
            key = full.removeprefix(f"{project}:")
            if key != full or key in named:
                values[key] = raw if named.get(key, True) else _parsed(raw)
        try:
            return cls(**values)
        except ArgumentError as error:
            raise ArgumentError(file, [_of_file(problem, project) for problem in error.problems]) from None


def _of_file(problem: Problem, project: str) -> Problem:
    key = problem.argument if ":" in problem.argument else f"{project}:{problem.argument}"
    given = "[secret]" if problem.given and pulumi_config.is_config_secret(key.partition(".")[0]) else problem.given
    return Problem(key, given, problem.reason, problem.fix)


def _is_text(annotation: Any) -> bool:
    union = get_origin(annotation) in (Union, UnionType)
    kinds = [kind for kind in get_args(annotation) if kind is not type(None)] if union else [annotation]
    return all(isinstance(kind, type) and issubclass(kind, str | Enum) for kind in kinds)


def _parsed(raw: Any) -> Any:
    """A structured value: Pulumi hands lists, mappings, numbers and booleans to programs as JSON."""
    try:
        return json.loads(raw) if isinstance(raw, str) else raw
    except ValueError:
        return raw


def _tag_value(value: str) -> str:
    if not _TAG.fullmatch(value):
        raise Invalid("not possible as a tag's value", fix="use letters, digits, spaces and . : / = + @ -, 256 at most")
    return value


def _first_zones(data: Mapping[str, Any]) -> Sequence[str]:
    return regions.region(data["region"]).zones[:3]


TagValue = Annotated[str, AfterValidator(_tag_value)]


class PlatformSettings(Settings):
    """The decisions behind `stacks/platform`."""

    region: Annotated[str, AfterValidator(known_region)] = Field(alias="aws:region")
    """The AWS region of everything, as the AWS provider takes it."""
    profile: Profile = Profile.REGULATED
    """The security profile: baseline, regulated or isolated. Default: regulated."""
    owner: TagValue
    """Who answers for the platform: a team or an address. A tag on everything."""
    cost_center: TagValue
    """Who pays for it. A tag on everything."""
    environment: TagValue = Field(default_factory=pulumi.get_stack)
    """What the stack is for, such as dev or prod. A tag on everything. Default: the stack's name."""
    data_classification: Classification = Classification.CONFIDENTIAL
    """The highest class of data on the platform. A tag on everything; buckets carry their own. Default: confidential."""
    cidr: Annotated[str, AfterValidator(lambda value: str(vpc_range(value)))]
    """The VPC's address range: private (RFC 1918), from /16 to /21, such as 10.0.0.0/16."""
    zones: Sequence[str] = Field(default_factory=_first_zones)
    """The availability zones, two at least. Default: the region's first three."""
    pods_cidr: Annotated[str | None, AfterValidator(lambda value: value and str(pod_range(value)))] = None
    """A secondary range for pods, inside 100.64.0.0/10. Default: none."""
    egress: Egress | None = None
    """How workloads reach the internet: per-zone, single or none. Default: the profile's."""
    endpoints: Annotated[Sequence[str], AfterValidator(check_endpoints)] = ()
    """AWS services to reach privately beside the profile's own. Default: none."""
    buckets: Mapping[BucketPurpose, Classification] = {
        BucketPurpose.DATASETS: Classification.CONFIDENTIAL,
        BucketPurpose.MODELS: Classification.CONFIDENTIAL,
    }
    """The data buckets: purpose (datasets, features, models, checkpoints, artifacts) and classification (internal,
    confidential, restricted). Default: datasets and models, confidential."""
    lock_days: int | None = None
    """Days for which Object Lock keeps every version in the data buckets; for new buckets only. Default: no lock."""
    log_retention_days: int | None = None
    """Days that logs are kept in CloudWatch Logs, and access logs in S3. Default: the profile's floor (90, 365, 365)."""
    archive_days: int | None = None
    """Days that audit logs are locked in the archive. Default: the profile's floor (90, 365, 365)."""
    key_administrators: Annotated[Sequence[str], AfterValidator(each(principal_arn))] = ()
    """ARNs of those who administer the keys but cannot use them, the deploying role among them. Default: the account's
    IAM policies decide."""
    deletion_protection: bool = True
    """Whether Pulumi refuses to delete keys, buckets and the trail. False erases them with the stack. Default: true."""

    @model_validator(mode="after")
    def _consistent(self) -> "PlatformSettings":
        posture = POSTURES[self.profile]
        check_zones(self.zones, self.region)
        check_egress(self.egress, self.profile)
        log_days(self.profile, self.log_retention_days, "log_retention_days")
        at_least(posture.archive_days, self.archive_days, self.profile, "archive_days")
        at_least(posture.lock_days, self.lock_days, self.profile, "lock_days")
        return self

    def closed(self, classification: Classification) -> bool:
        """Whether data of this class is to be reached through VPC endpoints alone."""
        return classification is Classification.RESTRICTED or self.profile is Profile.ISOLATED

    @property
    def tags(self) -> Mapping[str, str]:
        """The tags on everything."""
        return {
            "owner": self.owner,
            "cost-center": self.cost_center,
            "environment": self.environment,
            "data-classification": self.data_classification.value,
            "project": pulumi.get_project(),
            "stack": pulumi.get_stack(),
        }
