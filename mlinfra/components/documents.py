"""IAM documents (trust, key, bucket, endpoint and identity policies) built from typed parts, never from strings."""

import inspect
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Optional

import pulumi

VERSION: Final = "2012-10-17"  # of the policy language
Text = pulumi.Input[str]


class Effect(Enum):
    """What a statement does."""

    ALLOW = "Allow"
    DENY = "Deny"


class Operator(Enum):
    """The condition operators in use."""

    STRING_EQUALS = "StringEquals"
    STRING_NOT_EQUALS = "StringNotEquals"
    ALL_STRING_EQUALS = "ForAllValues:StringEquals"
    STRING_EQUALS_IF_EXISTS = "StringEqualsIfExists"
    STRING_LIKE = "StringLike"
    STRING_NOT_LIKE = "StringNotLike"
    ARN_LIKE = "ArnLike"
    ARN_NOT_LIKE = "ArnNotLikeIfExists"
    BOOL = "Bool"
    BOOL_IF_EXISTS = "BoolIfExists"
    NULL = "Null"
    NUMERIC_LESS = "NumericLessThan"
    NUMERIC_AT_MOST = "NumericLessThanEquals"


@dataclass(frozen=True, slots=True)
class Condition:
    """A test on a condition key. A key may be tested once with each operator in a statement."""

    test: Operator
    key: str
    values: Text | Sequence[Text]


@dataclass(frozen=True, slots=True)
class Principals:
    """Who a statement speaks of."""

    kind: str
    names: tuple[Text, ...]

    @classmethod
    def services(cls, *names: str) -> "Principals":
        """AWS services, such as cloudtrail.amazonaws.com."""
        return cls("Service", names)

    @classmethod
    def arns(cls, names: Sequence[Text]) -> "Principals":
        """Roles, users and account roots by ARN."""
        return cls("AWS", tuple(names))

    @classmethod
    def federated(cls, provider: Text) -> "Principals":
        """Those that an identity provider (SAML or OIDC) of this account vouches for, by the provider's ARN."""
        return cls("Federated", (provider,))

    def render(self) -> Any:
        """The principal element."""
        return "*" if self.kind == "*" else {self.kind: _one_or_many(self.names)}


EVERYONE: Final = Principals("*", ("*",))
"""Anybody. Only for statements that deny, or that a condition narrows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. Identity policies have no principals, trust policies no resources.

    It speaks of `actions` or of all others than `except_actions`, on `resources` or on all others than
    `except_resources`.
    """

    sid: str
    actions: Sequence[str] = ()
    except_actions: Sequence[str] = ()
    effect: Effect = Effect.ALLOW
    principals: Optional[Principals] = None
    resources: Sequence[Text] = ()
    except_resources: Sequence[Text] = ()
    conditions: Sequence[Condition] = ()

    def __post_init__(self) -> None:
        if bool(self.actions) == bool(self.except_actions):
            raise ValueError(f"{self.sid}: give actions or except_actions")
        if self.resources and self.except_resources:
            raise ValueError(f"{self.sid}: give resources or except_resources")

    def render(self) -> dict[str, Any]:
        """The statement as a mapping that may hold outputs."""
        rendered: dict[str, Any] = {"Sid": self.sid, "Effect": self.effect.value}
        if self.principals is not None:
            rendered["Principal"] = self.principals.render()
        for element, listed in (
            ("Action", self.actions),
            ("NotAction", self.except_actions),
            ("Resource", self.resources),
            ("NotResource", self.except_resources),
        ):
            if listed:
                rendered[element] = _one_or_many(listed)
        conditions: dict[str, dict[str, Any]] = {}
        for condition in self.conditions:
            tests = conditions.setdefault(condition.test.value, {})
            if condition.key in tests:
                raise ValueError(f"{self.sid}: {condition.key} is tested twice with {condition.test.value}")
            tested = condition.values
            tests[condition.key] = tested if isinstance(tested, str) or not isinstance(tested, Sequence) else [*tested]
        if conditions:
            rendered["Condition"] = conditions
        return rendered


@dataclass(frozen=True, slots=True)
class Document:
    """A policy document."""

    statements: Sequence[Statement] = field(default_factory=tuple)

    def render(self) -> dict[str, Any]:
        """The document as a mapping that may hold outputs. Statement ids are unique."""
        sids = [statement.sid for statement in self.statements]
        if len(set(sids)) != len(sids):
            raise ValueError(f"statement ids are not unique: {sids}")
        return {"Version": VERSION, "Statement": [statement.render() for statement in self.statements]}

    def json(self) -> pulumi.Output[str]:
        """The document as JSON, known as soon as what it names is known."""
        rendered = self.render()
        late = [*_outputs(rendered)]
        if not late:
            return pulumi.Output.from_input(json.dumps(rendered))
        # One step over all of them: Pulumi's own json_dumps takes one for every list and mapping on the way.
        return pulumi.Output.all(*late).apply(lambda known: json.dumps(_filled(rendered, iter(known))))


def trust(service: str, *conditions: Condition, sid: str = "Assume") -> Document:
    """A trust policy for one AWS service; the conditions keep it from being a confused deputy."""
    return Document(
        [Statement(sid=sid, actions=["sts:AssumeRole"], principals=Principals.services(service), conditions=conditions)]
    )


def equals(key: str, values: Text | Sequence[Text]) -> Condition:
    """The key has the value, or one of the values."""
    return Condition(Operator.STRING_EQUALS, key, values)


def differs(key: str, values: Text | Sequence[Text]) -> Condition:
    """The key has another value, or none of the values."""
    return Condition(Operator.STRING_NOT_EQUALS, key, values)


def absent(key: str) -> Condition:
    """The request does not carry the key."""
    return Condition(Operator.NULL, key, "true")


def like(key: str, values: Text | Sequence[Text]) -> Condition:
    """The key matches the pattern, or one of the patterns."""
    return Condition(Operator.STRING_LIKE, key, values)


def arn_like(key: str, values: Text | Sequence[Text]) -> Condition:
    """The key is an ARN that matches the pattern, or one of the patterns."""
    return Condition(Operator.ARN_LIKE, key, values)


def _one_or_many(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else [*values]


def _outputs(value: Any) -> Iterator[Any]:
    """What stands in the value and is known only later, in order."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _outputs(item)
    elif isinstance(value, list):
        for item in value:
            yield from _outputs(item)
    elif isinstance(value, pulumi.Output) or inspect.isawaitable(value):
        yield value


def _filled(value: Any, known: Iterator[Any]) -> Any:
    """The value with what has become known in place of `_outputs`."""
    if isinstance(value, dict):
        return {key: _filled(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, known) for item in value]
    return next(known) if isinstance(value, pulumi.Output) or inspect.isawaitable(value) else value
