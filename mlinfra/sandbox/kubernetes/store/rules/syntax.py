"""The syntax of names, labels and their like (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LABEL: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DNS_LABEL: Final = re.compile(_LABEL)
_DNS_1035: Final = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_QUALIFIED: Final = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_SEGMENT: Final = re.compile(r"[^/%]+")
_KEY: Final = re.compile(r"[-._a-zA-Z0-9]+")
_ENV: Final = re.compile(r"[ -<>-~]+")
LABEL_LENGTH: Final = 63
SUBDOMAIN_LENGTH: Final = 253
PORTS: Final = range(1, 65536)

_SAID: Final = {
    "label": "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end"
    " with an alphanumeric character",
    "subdomain": "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must"
    " start and end with an alphanumeric character",
    "1035": "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic"
    " character, and end with an alphanumeric character",
}


def dns_label(value: Any, path: str) -> Iterator[str]:
    """Problems of what must be a DNS label."""
    yield from _name(value, path, _DNS_LABEL, LABEL_LENGTH, _SAID["label"])


def dns_1035(value: Any, path: str) -> Iterator[str]:
    """Problems of what must be a DNS label that starts with a letter."""
    yield from _name(value, path, _DNS_1035, LABEL_LENGTH, _SAID["1035"])


def subdomain(value: Any, path: str) -> Iterator[str]:
    """Problems of what must be a DNS subdomain."""
    yield from _name(value, path, _SUBDOMAIN, SUBDOMAIN_LENGTH, _SAID["subdomain"])


def segment(value: Any, path: str) -> Iterator[str]:
    """Problems of what must be one part of a path, as the names of roles."""
    if value in {".", ".."} or not _SEGMENT.fullmatch(str(value)):
        yield f"{path}: Invalid value: \"{value}\": may not be '.' or '..' and may not contain '/' or '%'"


def qualified(value: str, path: str) -> Iterator[str]:
    """Problems of what must be a qualified name, as the keys of labels: `[prefix/]name`."""
    prefix, slash, name = str(value).rpartition("/")
    if slash and (not prefix or "/" in prefix or not _SUBDOMAIN.fullmatch(prefix) or len(prefix) > SUBDOMAIN_LENGTH):
        yield f'{path}: Invalid value: "{value}": prefix part {_SAID["subdomain"]}'
    if not name or len(name) > LABEL_LENGTH or not _QUALIFIED.fullmatch(name):
        why = "name part must consist of alphanumeric characters, '-', '_' or '.', start and end with an alphanumeric"
        yield f'{path}: Invalid value: "{value}": {why} character, and be no more than 63 characters'


def label_value(value: Any, path: str) -> Iterator[str]:
    """Problems of what must be a label's value."""
    if value == "":
        return
    if len(str(value)) > LABEL_LENGTH:
        yield f'{path}: Invalid value: "{value}": must be no more than 63 characters'
    elif not _QUALIFIED.fullmatch(str(value)):
        why = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start"
        yield f'{path}: Invalid value: "{value}": {why} and end with an alphanumeric character'


def labels(found: Mapping[str, Any], path: str) -> Iterator[str]:
    """Problems of a set of labels."""
    for key, value in found.items():
        yield from qualified(key, path)
        yield from label_value(value, f"{path}")


def selector(found: Mapping[str, Any] | None, path: str) -> Iterator[str]:
    """Problems of a label selector."""
    if not isinstance(found, dict):
        return
    yield from labels(found.get("matchLabels") or {}, f"{path}.matchLabels")
    for number, one in enumerate(found.get("matchExpressions") or ()):
        place = f"{path}.matchExpressions[{number}]"
        yield from qualified(one.get("key", ""), f"{place}.key")
        yield from one_of(one.get("operator"), ("In", "NotIn", "Exists", "DoesNotExist"), f"{place}.operator")
        values = one.get("values")
        if one.get("operator") in {"In", "NotIn"} and not values:
            yield f"{place}.values: Required value: must be specified when `operator` is 'In' or 'NotIn'"
        if one.get("operator") in {"Exists", "DoesNotExist"} and values:
            yield f"{place}.values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"


def matches(found: Mapping[str, Any] | None, given: Mapping[str, Any]) -> bool:
    """Whether a label selector selects an object with these labels."""
    wanted = found or {}
    if any(given.get(key) != value for key, value in (wanted.get("matchLabels") or {}).items()):
        return False
    for one in wanted.get("matchExpressions") or ():
        value, values = given.get(one.get("key")), one.get("values") or ()
        holds = {
            "In": value in values,
            "NotIn": value not in values,
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }
        if not holds.get(one.get("operator"), True):
            return False
    return True


def config_key(value: str, path: str) -> Iterator[str]:
    """Problems of a key of a ConfigMap or Secret."""
    if not _KEY.fullmatch(value) or len(value) > SUBDOMAIN_LENGTH or value in {".", ".."}:
        why = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        yield f'{path}[{value}]: Invalid value: "{value}": {why}'


def env_name(value: Any, path: str) -> Iterator[str]:
    """Problems of the name of an environment variable."""
    if not _ENV.fullmatch(str(value)):
        yield f"{path}: Invalid value: \"{value}\": a valid environment variable name must consist only of printable ASCII characters other than '='"


def port(value: Any, path: str) -> Iterator[str]:
    """Problems of a port's number."""
    if isinstance(value, int) and value not in PORTS:
        yield f"{path}: Invalid value: {value}: must be between 1 and 65535, inclusive"


def one_of(value: Any, allowed: tuple[str, ...], path: str) -> Iterator[str]:
    """Problems of what must be one of a few words; nothing is none of its business."""
    if value is not None and value not in allowed:
        supported = ", ".join(f'"{one}"' for one in allowed)
        yield f'{path}: Unsupported value: "{value}": supported values: {supported}'


def at_least(value: Any, least: int, path: str) -> Iterator[str]:
    """Problems of a number that must not be smaller."""
    if isinstance(value, int) and value < least:
        yield f"{path}: Invalid value: {value}: must be greater than or equal to {least}"


def _name(value: Any, path: str, pattern: re.Pattern[str], longest: int, why: str) -> Iterator[str]:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        yield f'{path}: Invalid value: "{value}": {why}'
    elif len(value) > longest:
        yield f'{path}: Invalid value: "{value}": must be no more than {longest} characters'
