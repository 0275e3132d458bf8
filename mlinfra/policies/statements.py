"""The statements of IAM's policy language, read with three answers: yes, no, and None where that is not known."""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mlinfra.graph_values import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

Known = bool | None
"""Yes, no, or not known."""

WHO: Final = frozenset(
    {
        "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount",
        "aws:sourcearn", "aws:sourceip", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner", "aws:sourcevpc",
        "aws:sourcevpcarn", "aws:sourcevpce", "aws:userid", "aws:vpcsourceip", "aws:vpceaccount", "aws:vpceorgid",
        "elasticfilesystem:accessedviamounttarget", "kms:calleraccount", "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)  # fmt: skip
"""Condition keys that say who may come, or from where: with one of them a statement for everybody is not public.

Source: docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html ("The meaning of public") and
the services' own lists of condition keys.
"""

_LEAST_PREFIX: Final = {4: 8, 6: 24}  # of an address range that is somebody's
_IN_ARN: Final = 6  # parts
_SERVICE: Final = 2


def all3(answers: Iterable[Known]) -> Known:
    """Whether every answer is yes; of none, yes."""
    unknown = False
    for one in answers:
        if one is False:
            return False
        unknown |= one is None
    return None if unknown else True


def any3(answers: Iterable[Known]) -> Known:
    """Whether one answer is yes; of none, no."""
    unknown = False
    for one in answers:
        if one:
            return True
        unknown |= one is None
    return None if unknown else False


def not3(answer: Known) -> Known:
    """The opposite."""
    return None if answer is None else not answer


@functools.lru_cache(maxsize=65536)
def matches(pattern: str, text: str) -> bool:
    """Whether a pattern of IAM's (`*` and `?`, in any case) matches a text."""
    return pattern == "*" or _compiled(pattern).fullmatch(text) is not None


@functools.lru_cache(maxsize=8192)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of an element that takes one or many."""

    known: tuple[str, ...] = ()
    more: bool = False
    """There are, or may be, others that are not known."""

    def any(self, test: Callable[[str], bool]) -> Known:
        """Whether one of them is so."""
        return True if any(map(test, self.known)) else None if self.more else False

    def every(self, test: Callable[[str], bool]) -> Known:
        """Whether there are some, and all are so."""
        return False if not all(map(test, self.known)) else None if self.more else bool(self.known)


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of a condition: the operator without its case, the key without its case, the values."""

    operator: str
    key: str
    values: Texts

    def names(self) -> Known:
        """Whether it lets through only what it names: no pattern for anything, and not whatever lacks the key."""
        if self.operator.startswith(("forallvalues:", "null")) or "not" in self.operator or "ifexists" in self.operator:
            return False
        return self.values.every(_somebody)


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One statement of a document. What is not there is empty."""

    index: int
    raw: Any
    allows: Known
    denies: Known
    actions: Texts
    not_actions: Texts | None
    resources: Texts
    not_resources: Texts | None
    principals: Mapping[str, Texts]
    """By kind: AWS, Service, Federated, CanonicalUser; `*` stands under AWS. Kind `?` holds what is not known."""
    not_principals: bool
    conditions: tuple[Condition, ...]
    conditions_unknown: bool

    def covers(self, action: str) -> Known:
        """Whether it speaks of an action such as s3:GetObject."""
        if self.not_actions is not None:
            return not3(self.not_actions.any(lambda one: matches(one, action)))
        return self.actions.any(lambda one: matches(one, action))

    def all_of_service(self, service: str = "*") -> Known:
        """Whether it speaks of every action of a service: `svc:*`, or of all services."""
        if self.not_actions is not None:
            spared = self.not_actions.any(lambda one: one.startswith("*") or one.lower().startswith(f"{service}:"))
            return False if service == "*" else not3(spared)
        return self.actions.any(lambda one: one in ("*", "*:*") or (service != "*" and one.lower() == f"{service}:*"))

    def everything(self, service: str = "*") -> Known:
        """Whether it speaks of whatever resources of the service there are, or of all but some."""
        if self.not_resources is not None:
            return True
        return self.resources.any(lambda one: _unscoped(one, service))

    def anybody(self) -> Known:
        """Whether it speaks of everybody, or of all but some."""
        if self.not_principals:
            return True
        answers = (texts.any(lambda one: one == "*") for texts in self.principals.values())
        return any3(answers)

    def services(self) -> Texts:
        """The AWS services that it speaks of."""
        return self._of("Service")

    def accounts(self) -> Texts:
        """The AWS principals that it speaks of: account ids and ARNs."""
        return self._of("AWS")

    def federated(self) -> Texts:
        """The identity providers that it speaks of."""
        return self._of("Federated")

    def unconditional(self) -> Known:
        """Whether it holds always."""
        return None if self.conditions_unknown else not self.conditions

    def requires(self, *keys: str) -> Known:
        """Whether a condition lets through only what has one of the keys, with named values."""
        return self.tests(lambda one: one.names() if one.key in keys else False)

    def tests(self, says: Callable[[Condition], Known]) -> Known:
        """Whether one of its conditions is so."""
        found = any3(map(says, self.conditions))
        return None if self.conditions_unknown and not found else found

    def public(self) -> Known:
        """Whether it lets in anybody: allowed to everybody, and no condition says who."""
        return all3((self.allows, self.anybody(), not3(self.requires(*WHO))))

    def _of(self, kind: str) -> Texts:
        unknown = "?" in self.principals
        texts = self.principals.get(kind, Texts())
        return Texts(texts.known, texts.more or unknown)


def statement(index: int, raw: Any) -> Statement:
    """The statement at an index of a document; it may be an Unknown, or have some inside."""
    if isinstance(raw, Unknown):
        more = Texts(more=True)
        return Statement(index, raw, None, None, more, None, more, None, {"?": more}, False, (), True)
    effect = raw.get("Effect")
    allows, denies = (None if isinstance(effect, Unknown) else effect == word for word in ("Allow", "Deny"))
    conditions, unknown = _conditions(raw.get("Condition"))
    return Statement(
        index=index,
        raw=raw,
        allows=allows,
        denies=denies,
        actions=_texts(raw.get("Action")),
        not_actions=_texts(raw["NotAction"]) if raw.get("NotAction") is not None else None,
        resources=_texts(raw.get("Resource")),
        not_resources=_texts(raw["NotResource"]) if raw.get("NotResource") is not None else None,
        principals=_principals(raw.get("Principal")),
        not_principals=raw.get("NotPrincipal") is not None,
        conditions=conditions,
        conditions_unknown=unknown,
    )


def _texts(raw: Any) -> Texts:
    items = raw if isinstance(raw, list) else [raw]
    plain = (str(one).lower() if isinstance(one, bool) else str(one) for one in items if isinstance(one, str | int))
    return Texts(tuple(plain), any(isinstance(one, Unknown) for one in items))


def _principals(raw: Any) -> dict[str, Texts]:
    if isinstance(raw, Unknown):
        return {"?": Texts(more=True)}
    if isinstance(raw, Mapping):
        return {kind: _texts(names) for kind, names in raw.items()}
    return {"AWS": _texts(raw)} if isinstance(raw, str) else {}


def _conditions(raw: Any) -> tuple[tuple[Condition, ...], bool]:
    found: list[Condition] = []
    unknown = isinstance(raw, Unknown)
    for operator, tests in raw.items() if isinstance(raw, Mapping) else ():
        unknown = unknown or isinstance(tests, Unknown)
        for key, values in tests.items() if isinstance(tests, Mapping) else ():
            found.append(Condition(operator.lower(), key.lower(), _texts(values)))
    return tuple(found), unknown


def _unscoped(pattern: str, service: str) -> bool:
    """Whether the resource part of an ARN names nothing: `*`, `arn:aws:s3:::*`, `arn:aws:iam::123456789012:role/*`."""
    if set(pattern) <= {"*"}:
        return bool(pattern)
    parts = pattern.split(":", _IN_ARN - 1)
    named = len(parts) > _SERVICE and (service == "*" or parts[_SERVICE] in (service, "*"))
    if len(parts) < _IN_ARN or not named:
        return named and parts[-1] == "*"  # arn:aws:s3:* reaches everything that follows
    name = parts[-1] if parts[_SERVICE] == "s3" else re.sub(r"^[\w-]+[/:]", "", parts[-1])  # without its type
    return "*" in name and set(name) <= set("*/:")


def _somebody(value: str) -> bool:
    """Whether a condition's value names somebody or some place: not everything, and no range as wide as the internet."""
    if "/" in value or ":" in value:
        try:
            network = ipaddress.ip_network(value, strict=False)
        except ValueError:
            parts = value.split(":", _IN_ARN - 1)
            if len(parts) < _IN_ARN or parts[0] != "arn":
                return _named(value)
            account, name = parts[_IN_ARN - 2 :]
            return _named(account) or _named(re.sub(r"^[\w-]+[/:](?=[*?/]*$)", "", name))
        return network.prefixlen >= _LEAST_PREFIX[network.version]
    return _named(value)


def _named(text: str) -> bool:
    return bool(set(text) - set("*?/:"))
