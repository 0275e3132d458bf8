"""Whose signatures count: `mlinfra.trusted-keys.yaml`, several keys, each for a time.

Whoever verifies says which file holds; the one in the project is only the default, since whoever can change the project
can change it too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import yaml

from mlinfra.attestation.keys import PublicKey
from mlinfra.errors import ConfigError
from mlinfra.files import write_for_user

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "mlinfra.trusted-keys.yaml"
VARIABLE: Final = "MLINFRA_TRUSTED_KEYS"
_HEAD: Final = (
    "# Whose signatures on checks count, and for how long. `mlinfra keys trust` and `mlinfra keys retire` write it.\n"
)


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key that is trusted from a day on, and until a day (both included)."""

    name: str
    key: PublicKey
    since: date
    until: date | None = None

    def holds(self, day: date) -> bool:
        """Whether what it signed on a day counts."""
        return self.since <= day and (self.until is None or day <= self.until)


def read(file: Path) -> list[TrustedKey]:
    """The keys of a file. Raises ConfigError naming the file, the entry and what is wrong with it."""
    try:
        content = yaml.safe_load(file.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"there is no {file}", fix="`mlinfra keys trust NAME` writes it, or name one with --trusted-keys"
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{file} cannot be read: {' '.join(str(error).split())}") from None
    entries = content.get("keys") if isinstance(content, dict) and set(content) == {"keys"} else None
    if not isinstance(entries, list) or not entries:
        raise ConfigError(
            f"{file} is no list of trusted keys", fix="write `keys:` and entries of name, key, since and until"
        )
    keys = [_entry(file, number, entry) for number, entry in enumerate(entries, 1)]
    for what, values in (("name", [key.name for key in keys]), ("key", [str(key.key) for key in keys])):
        twice = next((value for value in values if values.count(value) > 1), None)
        if twice:
            raise ConfigError(f"{file}: the {what} {twice!r} stands there twice", fix="keep one of them")
    return keys


def write(file: Path, keys: list[TrustedKey]) -> None:
    """Write the keys, all or nothing. Raises ConfigError when that is not possible."""
    entries = []
    for key in keys:
        entry: dict[str, Any] = {"name": key.name, "key": str(key.key), "since": key.since}
        entries.append(entry | ({"until": key.until} if key.until else {}))
    write_for_user(file, (_HEAD + yaml.safe_dump({"keys": entries}, sort_keys=False)).encode("utf-8"))


def trust(file: Path, name: str, key: PublicKey, since: date, until: date | None = None) -> None:
    """Add a key to a file; raises ConfigError when its name or the key is there already."""
    keys = read(file) if file.exists() else []
    if any(one.name == name or one.key == key for one in keys):
        raise ConfigError(f"{file} trusts {name!r} or its key already", fix="retire it first, or choose another name")
    write(file, [*keys, TrustedKey(name, key, since, until)])


def retire(file: Path, name: str, until: date) -> None:
    """End the trust in a key after a day; what it signed before still counts. Raises ConfigError when it is not there."""
    keys = read(file)
    if all(key.name != name for key in keys):
        raise ConfigError(f"{file} has no key {name!r}", fix=f"choose from {', '.join(key.name for key in keys)}")
    write(file, [replace(key, until=until) if key.name == name else key for key in keys])


def _entry(file: Path, number: int, entry: Any) -> TrustedKey:
    where = f"{file}: key {number}"
    if not isinstance(entry, dict) or not {"name", "key", "since"} <= set(entry) <= {"name", "key", "since", "until"}:
        raise ConfigError(f"{where} is no entry of name, key, since and until", fix="until alone may be left out")
    if not isinstance(entry["name"], str) or not entry["name"]:
        raise ConfigError(f"{where}: name = {entry['name']!r} is no text", fix="name whose key it is")
    try:
        key = PublicKey.parse(str(entry["key"]))
    except ValueError as error:
        raise ConfigError(
            f"{where} ({entry['name']}): key = {entry['key']!r}: {error}", fix="`mlinfra keys list` prints keys"
        ) from None
    for name in ("since", "until"):
        day = entry.get(name)
        if (day is not None or name == "since") and (not isinstance(day, date) or isinstance(day, datetime)):
            raise ConfigError(f"{where} ({entry['name']}): {name} = {day!r} is no day", fix="write it as 2026-11-22")
    return TrustedKey(entry["name"], key, entry["since"], entry.get("until"))
