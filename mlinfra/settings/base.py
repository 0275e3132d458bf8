"""The base of all settings: a stack's Pulumi configuration, checked as a whole before anything is declared."""

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
from mlinfra.components.account import Account, known_region
from mlinfra.components.args import Args
from mlinfra.components.layers import planned
from mlinfra.components.network_checks import check_zones
from mlinfra.components.problems import ArgumentError, Invalid, Problem
from mlinfra.components.profiles import Classification, Profile, log_days
from mlinfra.settings.part import camel

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
    """A problem as the file has it."""
    key = problem.argument if ":" in problem.argument else f"{project}:{problem.argument}"
    given = "[secret]" if problem.given and pulumi_config.is_config_secret(key.partition(".")[0]) else problem.given
    return Problem(key, given, camel(problem.reason), camel(problem.fix))


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


def choices(values: Mapping[str, Any]) -> Any:
    """A field whose values stand in a catalog, so that editors offer them."""
    return Field(json_schema_extra={"enum": [*values]})


TagValue = Annotated[str, AfterValidator(_tag_value)]


class StackSettings(Settings):
    """What every stack says of itself."""

    region: Annotated[str, AfterValidator(known_region), choices(regions.regions())] = Field(alias="aws:region")
    """The AWS region of everything, as the AWS provider takes it."""
    profile: Profile = Profile.REGULATED
    """The security profile: baseline, regulated or isolated. Default: regulated."""
    owner: TagValue
    """Who answers for the stack: a team or an address. A tag on everything."""
    cost_center: TagValue
    """Who pays for it. A tag on everything."""
    environment: TagValue = Field(default_factory=pulumi.get_stack)
    """What the stack is for, such as dev or prod. A tag on everything. Default: the stack's name."""
    data_classification: Classification = Classification.CONFIDENTIAL
    """The highest class of data in the stack. A tag on everything; what stores data carries its own. Default:
    confidential."""
    zones: Sequence[str] = Field(default_factory=_first_zones)
    """The availability zones, two at least; adding one moves nothing. Default: the region's first three."""
    log_retention_days: int | None = None
    """Days that logs are kept in CloudWatch Logs, and access logs in S3. Default: the profile's floor (90, 365, 365)."""
    deletion_protection: bool = True
    """Whether Pulumi refuses to delete what cannot be made again: keys, data, logs. False erases it with the stack.
    Default: true."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        check_zones(self.zones, self.region)
        log_days(self.profile, self.log_retention_days, "log_retention_days")
        return self

    @property
    def planned_account(self) -> Account:
        """Where everything will be, for checks: which account it is, only a deployment knows."""
        return Account(id=planned.ACCOUNT_ID, region=self.region)

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
