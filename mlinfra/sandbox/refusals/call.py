"""One call on its way to the account, and how a check says no."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlinfra.sandbox.refusals.account import Account
    from mlinfra.sandbox.refusals.quotas import Quotas


class Refused(Exception):
    """AWS would answer this call with the error `code` and `message`.

    `transient` says that the real provider tries such a call again for a while, because another resource of the same
    deployment may still arrive or leave: a role that is not yet assumable, a security group still on an interface.
    """

    def __init__(self, code: str, message: str, *, status: int = 400, transient: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.transient = transient


@dataclass(frozen=True, slots=True)
class Call:
    """An API call: boto3's service name, the operation, the parameters as given, and the account it goes to."""

    service: str
    operation: str
    params: Mapping[str, Any]
    account: Account
    quotas: Quotas

    def values(self, path: str) -> list[Any]:
        """Everything at `path`, such as `"rules[].Arn"`, `"Attributes.Policy"` or `"Config.*.Key"`; absent parts give nothing."""
        return list(walk(self.params, path))

    def first(self, path: str) -> Any:
        """The first value at `path`, or None."""
        return next(walk(self.params, path), None)


Check = Callable[[Call], None]


def walk(value: Any, path: str) -> Iterator[Any]:
    """Yield what `path` names inside `value`; `[]` goes through a list, `*` through a map's values, `#` its keys."""
    head, _, rest = path.partition(".")
    key, through = head.removesuffix("[]"), head.endswith("[]")
    if not isinstance(value, Mapping):
        return
    for item in value.values() if key == "*" else value if key == "#" else [value.get(key)]:
        if item is None or (through and not isinstance(item, list)):
            continue
        for member in item if through else [item]:
            if rest:
                yield from walk(member, rest)
            else:
                yield member
