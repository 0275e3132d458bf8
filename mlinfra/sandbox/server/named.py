"""Things by their names, which may also be given as the ARNs or paths that end in them."""

from __future__ import annotations

import re
from collections import UserDict, defaultdict
from typing import Any, Final, TypeVar

from mlinfra.sandbox.server.values import same_name

Key = tuple[Any, ...]
T = TypeVar("T")
_SEPARATOR: Final = re.compile("[/:]")


class Named(UserDict[Key, T]):
    """A dict whose `find` takes as long however much it holds: names that mean the same have the same last part."""

    def __init__(self) -> None:
        self._alike: defaultdict[Key, dict[Key, None]] = defaultdict(dict)
        super().__init__()

    def __setitem__(self, key: Key, thing: T) -> None:
        super().__setitem__(key, thing)
        self._alike[_last_parts(key)][key] = None

    def __delitem__(self, key: Key) -> None:
        super().__delitem__(key)
        alike = self._alike[_last_parts(key)]
        del alike[key]
        if not alike:
            del self._alike[_last_parts(key)]

    def find(self, wanted: Key) -> tuple[Key, T] | None:
        """The entry that a key means; the one that it equals before those that it only resembles."""
        if wanted in self.data:
            return wanted, self.data[wanted]
        alike = self._alike.get(_last_parts(wanted), ())
        return next(((key, self.data[key]) for key in alike if means(key, wanted)), None)


def means(key: Key, wanted: Key) -> bool:
    """Whether two keys name the same thing."""
    return len(key) == len(wanted) and all(same_name(one, other) for one, other in zip(key, wanted, strict=True))


def _last_parts(key: Key) -> Key:
    return tuple(_SEPARATOR.split(part)[-1] if isinstance(part, str) else part for part in key)
