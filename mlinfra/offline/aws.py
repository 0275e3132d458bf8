"""What a plan may assume of AWS resources: their names, ids and ARNs, from the table of types. The rest stays unknown.

Placeholders look like what AWS makes up, follow from the URN alone, and belong to account 123456789012: anyone who meets
one can tell what it is, and the same program gives the same plan.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

from mlinfra.catalog.aws_types import AwsType, lookup
from mlinfra.catalog.naming import autoname
from mlinfra.catalog.templates import MissingError, fill, spell
from mlinfra.engine.provider import Checked, CheckFailure
from mlinfra.offline.functions import Context
from mlinfra.stack.urn import name_of, type_of
from mlinfra.stack.values import UNKNOWN, UNKNOWN_STRING, Properties, Secret, has_secrets, has_unknowns, plain

_HEX: Final = re.compile(r"hex(\d+)")
_DEFAULTS: Final = "__defaults"  # where pulumi-aws keeps the names of the inputs that it filled in itself


@dataclass(frozen=True, slots=True)
class Account:
    """For whom resources are planned: region and account, and the tags that the provider puts on everything."""

    context: Context = field(default_factory=Context)
    default_tags: Any = field(default_factory=dict)  # UNKNOWN when they are not known

    @staticmethod
    def configured(inputs: Properties, region: str) -> Account:
        """The account of a provider with these inputs; `region` is the environment's."""
        given = {key: value for key, value in plain(inputs).items() if value not in (None, "")}
        tags = given.get("defaultTags", {})
        if isinstance(tags, str):  # Python's SDK gives nested provider configuration as JSON text
            tags = {} if UNKNOWN_STRING in tags else json.loads(tags)
        unknown = has_unknowns(tags) or UNKNOWN_STRING in str(given.get("defaultTags"))
        return Account(Context(region=given.get("region", region)), UNKNOWN if unknown else tags.get("tags") or {})


def check(account: Account, urn: str, news: Properties) -> Checked:
    """The inputs as the provider completes them: a name, defaults, region, all tags. Refuses what the type does not have."""
    kind = lookup(type_of(urn))
    if kind is None:
        return Checked(news)
    inputs = {key: value for key, value in news.items() if value is not None}
    schema = kind.schema
    failures = [
        CheckFailure(key, f"{kind.token} has no property {key!r}") for key in inputs.keys() - schema.inputs.keys()
    ]
    filled = {key: value for key, value in kind.defaults.items() if key not in inputs}
    naming = kind.autoname
    if naming and naming.property not in inputs and f"{naming.property}Prefix" not in inputs:
        try:
            filled[naming.property] = autoname(naming, name_of(urn), inputs, int(_hex(urn, 32), 16))
        except ValueError as error:
            failures.append(CheckFailure(naming.property, str(error)))
    inputs |= filled
    if "region" in schema.inputs:
        inputs.setdefault("region", account.context.region)
    if "tagsAll" in schema.outputs:
        inputs["tagsAll"] = _all_tags(account, inputs.get("tags"))
    failures += [
        CheckFailure(key, f"{kind.token} needs the property {key!r}") for key in schema.required - inputs.keys()
    ]
    return Checked({**inputs, _DEFAULTS: sorted(filled)}, tuple(sorted(failures, key=lambda f: f.property)))


def create(account: Account, urn: str, inputs: Properties) -> tuple[Any, Properties]:
    """Id and outputs that a resource with these inputs would have, as far as that can be told without AWS."""
    kind = lookup(type_of(urn))
    outputs = {key: value for key, value in inputs.items() if key != _DEFAULTS}
    if kind is None:
        return f"{name_of(urn)}-{_hex(urn, 8)}", outputs
    scope = _Scope(account.context, urn, plain(outputs))
    identity = scope.fill(kind.placeholder.get("id", f"{name_of(urn)}-{{hex8}}"))
    return identity, _completed(kind, scope, identity, outputs)


def read(account: Account, urn: str, identity: str) -> Properties:
    """Outputs of a resource that exists already and of which only the id is known."""
    kind = lookup(type_of(urn))
    if kind is None:
        return {}
    outputs = _completed(kind, _Scope(account.context, urn, {}), identity, {})
    return {**dict.fromkeys(kind.schema.inputs, UNKNOWN), **outputs}


def _completed(kind: AwsType, scope: _Scope, identity: Any, outputs: Properties) -> Properties:
    scope["id"] = identity
    absent = [key for key in (*kind.schema.outputs, *kind.schema.computed) if key not in outputs]
    found = dict(outputs)
    for key in absent:
        pattern = kind.placeholder.get(key)
        found[key] = scope.fill(pattern) if pattern is not None else kind.computed.get(key, UNKNOWN)
    for path, pattern in kind.placeholder.items():
        key, _, inner = path.partition(".")
        if inner:
            found[key] = with_inner(found.get(key, UNKNOWN), inner, scope.fill(pattern))
    return found


def with_inner(value: Any, path: str, leaf: Any) -> Any:
    """The value with what AWS puts into it at a dotted path, where 0 is a list's first item; made where there is none."""
    step, _, rest = path.partition(".")
    if step == "0":
        held = value[0] if isinstance(value, list) and value else UNKNOWN
        return [with_inner(held, rest, leaf) if rest else leaf]
    held = value if isinstance(value, dict) else {}
    return {**held, step: with_inner(held.get(step, UNKNOWN), rest, leaf) if rest else leaf}


class _Scope(dict[str, Any]):
    """Fills patterns such as `arn:{partition}:ec2:{region}:{account}:vpc/{id}`. What needs an unknown is unknown."""

    def __init__(self, context: Context, urn: str, inputs: Properties) -> None:
        region = inputs.get("region", context.region)
        partition = UNKNOWN if region is UNKNOWN else Context(region).partition
        super().__init__(
            account=context.account, inputs=inputs, partition=partition, region=region, urn_name=name_of(urn)
        )
        self._urn = urn

    def fill(self, pattern: str) -> Any:
        try:
            return _known(fill(pattern, self, _known))
        except MissingError:
            return UNKNOWN

    def get(self, name: str, default: Any = None) -> Any:
        """A variable; `hex8`, `hex17` and the like and `uuid` follow from the URN."""
        if name == "uuid":
            return str(uuid.UUID(_hex(self._urn, 32), version=4))
        if match := _HEX.fullmatch(name):
            return _hex(self._urn, int(match[1]))
        return super().get(name, default)


def _known(value: Any) -> str:
    if not isinstance(value, str | int | float):
        raise MissingError(value)
    return spell(value)


def _all_tags(account: Account, tags: Any) -> Any:
    own = {} if tags is None else plain(tags)
    if account.default_tags is UNKNOWN or not isinstance(own, dict):
        return UNKNOWN
    every = {**account.default_tags, **own}
    return Secret(every) if has_secrets(tags) else every


def _hex(urn: str, length: int) -> str:
    return hashlib.sha512(urn.encode()).hexdigest()[:length]
