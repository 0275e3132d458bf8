"""A property as a rule reads it: every question has an answer, and the answer may be that nobody knows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mlinfra.compliance.truth import Evidence, State, Truth, all_of, any_of
from mlinfra.graph_values import File, Reference, Unknown, at, inside, join

if TYPE_CHECKING:
    from mlinfra.compliance.links import Links
    from mlinfra.compliance.resource import Resource

_SHOWN: Final = 120  # characters of a value in evidence


@dataclass(frozen=True, slots=True)
class Value:
    """What is at a path of a resource's inputs, with the provider's default where the program left it out."""

    resource: Resource
    path: str
    raw: Any
    """A plain value, an Unknown, or None where there is nothing."""

    def __getitem__(self, path: str | int) -> Value:
        """What is inside it, by key, index or path; with the provider's default."""
        whole = join(self.path, path) if isinstance(path, int) else f"{self.path}.{path}" if self.path else path
        if isinstance(self.raw, Unknown):
            return Value(self.resource, whole, self.raw)
        inner = self.raw[path] if isinstance(path, int) and isinstance(self.raw, list) else _inside(self.raw, path)
        return Value(self.resource, whole, self.resource.default(whole) if inner is None else inner)

    def key(self, name: str) -> Value:
        """What a mapping of the user's own keys (labels, tags, a policy document) has at a key; nothing when it has none."""
        inner = (
            self.raw if isinstance(self.raw, Unknown) else self.raw.get(name) if isinstance(self.raw, Mapping) else None
        )
        return Value(self.resource, join(self.path, name), inner)

    @property
    def is_unknown(self) -> bool:
        """Whether nothing is known of it before deployment."""
        return isinstance(self.raw, Unknown)

    def is_(self, *expected: Any) -> Truth:
        """Whether it is one of the expected values; numbers and booleans may be written as text."""
        return self.where(lambda raw: any(_same(raw, one) for one in expected), " or ".join(map(_text, expected)))

    def is_true(self) -> Truth:
        """Whether it is switched on."""
        return self.is_(True)

    def is_false(self) -> Truth:
        """Whether it is switched off."""
        return self.is_(False)

    def present(self) -> Truth:
        """Whether there is anything: neither nothing nor an empty text, list or mapping."""
        return self._say(lambda raw: raw not in (None, "", [], {}), "something")

    def at_least(self, least: float) -> Truth:
        """Whether it is a number that is not smaller."""
        return self.where(lambda raw: (number := _number(raw)) is not None and number >= least, f"at least {least:g}")

    def at_most(self, most: float) -> Truth:
        """Whether it is a number that is not larger."""
        return self.where(lambda raw: (number := _number(raw)) is not None and number <= most, f"at most {most:g}")

    def matches(self, pattern: str | re.Pattern[str], wanted: str = "") -> Truth:
        """Whether it is a text that a regular expression matches from end to end."""
        compiled = re.compile(pattern)
        return self.where(
            lambda raw: isinstance(raw, str) and compiled.fullmatch(raw) is not None,
            wanted or f"text like {compiled.pattern}",
        )

    def contains(self, *items: Any) -> Truth:
        """Whether a list has every one of the items."""

        def has(item: Any) -> Truth:
            return self.any(lambda value: value.is_(item)).wanted(f"{_text(item)} among them")

        return all_of(map(has, items))

    def where(self, test: Callable[[Any], bool], wanted: str) -> Truth:
        """Whether a test of the plain value holds. It is asked only when everything in the value is known."""
        if any(isinstance(one, Unknown) for one in inside(self.raw)):
            return self._truth(State.UNKNOWN, wanted)
        return self._say(test, wanted)

    def each(self) -> Iterator[Value]:
        """The items of a list, or the one value where a list is expected; none when there is nothing or it is unknown."""
        if isinstance(self.raw, list):
            yield from (Value(self.resource, join(self.path, index), item) for index, item in enumerate(self.raw))
        elif self.raw is not None and not isinstance(self.raw, Unknown):
            yield self

    def items(self) -> Iterator[tuple[str, Value]]:
        """The keys and values of a mapping; none when it is unknown."""
        if isinstance(self.raw, Mapping):
            yield from ((key, Value(self.resource, join(self.path, key), item)) for key, item in self.raw.items())

    def every(self, says: Callable[[Value], Truth]) -> Truth:
        """Whether something holds for every item; of none it does."""
        return (
            self._truth(State.UNKNOWN, "known items")
            if isinstance(self.raw, Unknown)
            else all_of(map(says, self.each()))
        )

    def any(self, says: Callable[[Value], Truth]) -> Truth:
        """Whether something holds for an item; of none it does not."""
        if isinstance(self.raw, Unknown):
            return self._truth(State.UNKNOWN, "known items")
        items = list(self.each())
        return any_of(map(says, items)) if items else self._truth(State.FALSE, "an item")

    def json(self) -> Value:
        """The value of a text in JSON; as it is when it is no text, and unknown when it is not JSON."""
        raw = self.raw
        if isinstance(raw, str):
            try:
                raw = json.loads(raw) if raw.strip() else None
            except ValueError:
                raw = Unknown(self.path)
        return Value(self.resource, self.path, raw)

    def resources(self, *types: str) -> Links:
        """The resources (of the types) that it refers to."""
        return self.resource.graph.links(self, types)

    def says(self, state: bool | None, wanted: str) -> Truth:
        """A statement about this value that something else has decided; None when it cannot be known."""
        return self._truth({True: State.TRUE, False: State.FALSE, None: State.UNKNOWN}[state], wanted)

    def shown(self) -> str:
        """The value as evidence shows it: short, and nothing that must not be shown."""
        if self.resource.node.is_secret(self.path):
            return "[secret]"
        if self.raw is None:
            return "not set"
        if isinstance(self.raw, Unknown):
            return "not known before deployment"
        text = _text(self.raw)
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"

    def _say(self, test: Callable[[Any], bool], wanted: str) -> Truth:
        if isinstance(self.raw, Unknown):
            return self._truth(State.UNKNOWN, wanted)
        return self._truth(State.TRUE if test(self.raw) else State.FALSE, wanted)

    def _truth(self, state: State, wanted: str) -> Truth:
        return Truth(state, (Evidence(self.resource.node.urn, self.path, self.shown(), wanted),))


def _inside(raw: Any, path: str | int) -> Any:
    return at(raw, str(path), None) if isinstance(raw, Mapping) else None


def _same(raw: Any, expected: Any) -> bool:
    if isinstance(raw, str) and not isinstance(expected, str):
        return raw == _text(expected)
    return (type(raw) is type(expected) and bool(raw == expected)) or _number(raw) == _number(expected) is not None


def _number(raw: Any) -> float | None:
    if isinstance(raw, bool):
        return None
    try:
        return float(raw) if isinstance(raw, int | float | str) else None
    except ValueError:
        return None


def _text(raw: Any) -> str:
    def plain(value: Any) -> Any:
        if isinstance(value, Unknown):
            return "(unknown)"
        if isinstance(value, Reference):
            return value.urn
        return value.path or value.uri or "(file)" if isinstance(value, File) else str(value)

    if isinstance(raw, str):
        return raw
    if isinstance(raw, Mapping | Sequence | bool | int | float):
        return json.dumps(raw, default=plain, ensure_ascii=False)
    return str(plain(raw))
