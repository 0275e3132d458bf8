"""Values whose form at AWS no rule gives: named pairs of functions, called from the table's `convert`."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

PROTOCOL_NAMES: Final = {"all": "-1", "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
PROTOCOL_NUMBERS: Final = {"all": "-1", "tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58"}


@dataclass(frozen=True, slots=True)
class Converter:
    """`encode` makes the parameter of a property's value, `decode` the value of what AWS answers (None: nothing)."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def _translated(words: dict[str, str]) -> Callable[[Any], str]:
    return lambda value: words.get(str(value).lower(), str(value).lower())


CONVERTERS: Final[dict[str, Converter]] = {
    "base64": Converter(
        lambda text: base64.b64encode(text.encode()).decode(), lambda text: base64.b64decode(text).decode()
    ),
    "protocol_name": Converter(_translated(PROTOCOL_NAMES), _translated(PROTOCOL_NAMES)),
    "protocol_number": Converter(_translated(PROTOCOL_NUMBERS), _translated(PROTOCOL_NAMES)),
}
