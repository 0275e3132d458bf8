"""How operations are written: Pulumi's signs and colours, and what each is called before, during and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_TENTHS_BELOW: Final = 10  # seconds


@dataclass(frozen=True, slots=True)
class Words:
    """An operation's sign (with its style) and names; `planned` is what a preview says of it."""

    sign: str
    style: str
    planned: str
    doing: str
    done: str


_SAME = Words(" ", "dim", "unchanged", "checking", "unchanged")
_CREATE = Words("+", "green", "create", "creating", "created")
_DELETE = Words("-", "red", "delete", "deleting", "deleted")
_REPLACE = Words("±", "magenta", "replace", "replacing", "replaced")
_READ = Words(">", "cyan", "read", "reading", "read")
_IMPORT = Words("=", "cyan", "import", "importing", "imported")

WORDS: Final[dict[str, Words]] = {
    "same": _SAME,
    "create": _CREATE,
    "update": Words("~", "yellow", "update", "updating", "updated"),
    "delete": _DELETE,
    "replace": _REPLACE,
    "create-replacement": Words("++", "green", "create replacement", "creating replacement", "created replacement"),
    "delete-replaced": Words("--", "red", "delete original", "deleting original", "deleted original"),
    "read": _READ,
    "read-replacement": _READ,
    "discard": Words("<", "cyan", "forget", "forgetting", "forgotten"),
    "discard-replaced": Words("<<", "cyan", "forget original", "forgetting original", "forgotten original"),
    "refresh": Words("~", "cyan", "refresh", "refreshing", "refreshed"),
    "import": _IMPORT,
    "import-replacement": Words("=>", "cyan", "import replacement", "importing replacement", "imported replacement"),
    "remove-pending-replace": Words("~", "dim", "tidy up", "tidying up", "tidied up"),
}

QUIET: Final = frozenset({"same", "read", "refresh", "remove-pending-replace"})
"""Operations that change nothing."""

REPLACING: Final = frozenset(
    {"create-replacement", "delete-replaced", "read-replacement", "import-replacement", "discard-replaced"}
)
"""The steps of which a replacement is made."""


def words(op: str) -> Words:
    """The words for an operation; one that is not known is written as it is called."""
    return WORDS.get(op) or Words("?", "", op, op, op)


def seconds(value: float) -> str:
    """A duration as people write it: 0.4s, 12s, 3m05s."""
    if (tenths := round(value, 1)) < _TENTHS_BELOW:
        return f"{tenths:.1f}s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"


def short_type(token: str) -> str:
    """`aws:ec2/vpc:Vpc` as `aws:ec2:Vpc`, the way Pulumi shows types."""
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    return f"{package}:{module.split('/')[0]}:{name}" if module else token


def name_of(urn: str) -> str:
    """The name in a URN, which may itself contain `::`."""
    return urn.split("::", 3)[-1]
