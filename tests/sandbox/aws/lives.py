"""Drives the provider through a resource's life, as `cases/*.toml` describe it for each type.

A case has `inputs` and what they become in an `update`; `replaces` are properties whose change must make a new resource,
with such a value. `{n}` stands for a name that nothing else has, `{ami}` for an image, `<ec2/subnet.id>` for a property of a resource that is
made first, by the case of its type (`<ec2/subnet#b.id>`: by the case with that suffix). `silent` lists outputs that the
emulated AWS never tells, `needs` what else must be there first, `unforeseen` those that it makes up in another form than AWS, `unread` inputs that AWS does not give back, `stays` a type that nothing deletes.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from mlinfra.catalog.aws_types import AwsType, lookup
from mlinfra.catalog.templates import MissingError, fill
from mlinfra.sandbox.aws import diffs
from mlinfra.sandbox.aws.account import ACCOUNT_ID, Account
from mlinfra.sandbox.aws.claims import Claims
from mlinfra.sandbox.aws.config import ProviderConfig
from mlinfra.sandbox.aws.provider import AwsProvider
from mlinfra.stack.values import Archive, Asset

CASES: Final = Path(__file__).with_name("cases")
REFERENCE: Final = re.compile(r"<(\w+/\w+(?:#\w+)?)\.([\w.]+)>")
NUMBERS = itertools.count(1)


@cache
def cases() -> dict[str, dict[str, Any]]:
    """All cases by token (and suffix)."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(CASES.glob("*.toml")):
        found |= tomllib.loads(path.read_text(encoding="utf-8"))
    return found


def token_of(name: str) -> str:
    """`aws:ec2/vpc:Vpc` of `ec2/vpc`, with its suffix if it has one."""
    short, mark, suffix = name.partition("#")
    module, _, stem = short.partition("/")
    return f"aws:{module}/{stem}:{stem[0].upper()}{stem[1:]}{mark}{suffix}"


@cache
def account(endpoint_url: str) -> Account:
    """One set of clients for all lives: making them costs more than most calls."""
    return Account(endpoint_url)


class Life:
    """One provider instance with the resources that it made, each with what the engine would keep of it."""

    def __init__(self, endpoint_url: str, **config: Any) -> None:
        self.provider = AwsProvider(account(endpoint_url), Claims(), ProviderConfig(**config), "provider-id")
        self.made: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {}  # urn: id, inputs, outputs
        self._needed: dict[str, dict[str, Any]] = {}

    def need(self, name: str) -> dict[str, Any]:
        """The outputs of the resource that a reference names, which is made when it is not there yet."""
        if name not in self._needed:
            key = token_of(name)
            found = self.create(key.partition("#")[0], self.filled(cases()[key]["inputs"]))
            self._needed[name] = self.made[found][2]
        return self._needed[name]

    def filled(self, value: Any, name: str = "") -> Any:
        """A case's value with its names and references filled."""
        name = name or f"n{next(NUMBERS):03d}x"
        if isinstance(value, Mapping) and "<archive>" in value:
            files = value["<archive>"]
            return Archive({key: Asset(text) for key, text in files.items()}, hash=repr(files))
        if isinstance(value, Mapping):
            return {key: self.filled(item, name) for key, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item, name) for item in value]
        return self._text(value.replace("{n}", name), name) if isinstance(value, str) else value

    def _text(self, text: str, name: str) -> Any:
        """A text with its references filled."""
        if text == "{ami}":
            return self.provider.account.call("ec2", "register_image", {"Name": name})["ImageId"]
        whole = REFERENCE.fullmatch(text)
        if whole:
            return property_of(self.need(whole[1]), whole[2])
        return REFERENCE.sub(lambda found: str(property_of(self.need(found[1]), found[2])), text)

    def check(self, token: str, urn: str, inputs: dict[str, Any], olds: dict[str, Any] | None = None) -> dict[str, Any]:
        """The checked inputs; fails when something is wrong with them."""
        checked = self.provider.check(urn, olds or {}, inputs, b"seed" + urn.encode())
        assert not checked.failures, checked.failures
        return checked.inputs

    def create(self, token: str, inputs: dict[str, Any]) -> str:
        """Make a resource; its URN."""
        urn = f"urn:pulumi:test::lives::{token}::r{next(NUMBERS)}"
        checked = self.check(token, urn, inputs)
        made = self.provider.create(urn, checked)
        self.made[urn] = (made.id, checked, made.outputs)
        return urn

    def delete(self, urn: str) -> None:
        """Delete a resource."""
        id_, inputs, outputs = self.made.pop(urn)
        self.provider.delete(urn, id_, inputs, outputs)

    def end(self) -> None:
        """Delete everything, latest first."""
        for urn in reversed(list(self.made)):
            self.delete(urn)


def property_of(outputs: Mapping[str, Any], path: str) -> Any:
    value: Any = outputs
    for part in path.split("."):
        value = value[int(part)] if part.isdigit() else value[part]
    return value


def live(life: Life, key: str) -> None:
    """The whole life of a type: made, seen, changed, imported and deleted."""
    case, token = cases()[key], key.partition("#")[0]
    kind = lookup(token)
    assert kind is not None, f"{token} is not in the table"
    name = f"n{next(NUMBERS):03d}x"
    for one in case.get("needs", ()):
        life.need(one)
    given = life.filled(case["inputs"], name)
    urn = life.create(token, given)
    id_, inputs, outputs = life.made[urn]
    silent = {*case.get("silent", ()), "tagsAll"}
    untold = [one for one in kind.schema.outputs if outputs.get(one) is None and one not in silent]
    assert not untold, f"outputs without a value: {untold}"
    _foreseen(kind, inputs, outputs, case.get("unforeseen", ()))
    assert life.provider.diff(urn, id_, inputs, inputs).diffs == ()
    _unchanged(life, kind, urn, "after the creation", ())

    for prop, value in case.get("replaces", {}).items():
        other = life.check(token, urn, given | life.filled({prop: value}, name), inputs)
        assert prop in life.provider.diff(urn, id_, inputs, other).replaces, f"{prop} is not replaced"
    if "update" in case:
        changes = life.filled(case["update"], name)
        wanted = {one: value for one, value in (given | changes).items() if value != "<none>"}
        news = life.check(token, urn, wanted, inputs)
        found = life.provider.diff(urn, id_, inputs, news)
        assert not found.replaces, f"replaced by {found.replaces}"
        assert set(changes) <= set(found.diffs), f"no diff for {set(changes) - set(found.diffs)}"
        outputs = life.provider.update(urn, id_, inputs, outputs, news)
        life.made[urn] = (id_, news, outputs)
        _unchanged(life, kind, urn, "after the update", ())

    if case.get("import", True):
        _imported(life, kind, urn, case, name)
    _, inputs, outputs = life.made[urn]
    life.delete(urn)
    if not case.get("stays"):
        assert life.provider.read(urn, id_, inputs, outputs).id == "", "still there after its deletion"


def _imported(life: Life, kind: AwsType, urn: str, case: Mapping[str, Any], name: str) -> None:
    """An import by the id alone gives inputs that the program's do not differ from."""
    id_, inputs, _ = life.made[urn]
    imported = life.provider.read(urn, life.filled(case.get("import", id_).replace("{id}", id_), name), {}, {})
    assert imported.id == id_, f"imported as {imported.id!r}"
    unread = {*case.get("unread", ()), *kind.local}
    changed = set(diffs.diff(kind, imported.inputs, inputs).properties) - unread
    assert not changed, f"not imported: { {one: (imported.inputs.get(one), inputs.get(one)) for one in changed} }"


def _unchanged(life: Life, kind: AwsType, urn: str, when: str, unread: tuple[str, ...]) -> None:
    id_, inputs, outputs = life.made[urn]
    read = life.provider.read(urn, id_, inputs, outputs)
    assert read.id == id_, f"{when}: not there"
    found = diffs.diff(kind, read.inputs, inputs)
    changed = [one for one in found.properties if one not in unread]
    assert not changed, f"{when}: { {one: (read.inputs.get(one), inputs.get(one)) for one in changed} }"


def _foreseen(kind: AwsType, inputs: Mapping[str, Any], outputs: Mapping[str, Any], unforeseen: list[str]) -> None:
    """What a plan assumes of the outputs has the form of the outputs themselves."""
    scope = {"partition": "aws", "region": "us-east-1", "account": ACCOUNT_ID, "id": outputs["id"], "inputs": inputs}
    for name, pattern in kind.placeholder.items():
        told = _inside(outputs, name)
        assert told is not None, f"a placeholder for {name}, which has no value"
        if name in unforeseen:
            continue
        text = ""
        for number, part in enumerate(re.split(r"\{([^}]+)\}", pattern)):
            text += re.escape(part) if number % 2 == 0 else _known(part, scope)
        assert re.fullmatch(text, str(told)), f"{name} is {told!r}, foreseen as {pattern!r}"


def _inside(value: Any, path: str) -> Any:
    """What lies at a dotted path; numbers are those of a list's items."""
    for step in path.split("."):
        if isinstance(value, list):
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _known(place: str, scope: Mapping[str, Any]) -> str:
    """A regular expression for what a place stands for; `.+` for what is made up."""
    try:
        text = str(fill(f"{{{place}}}", scope))
    except MissingError:
        return ".+"
    return ".+" if text == f"{{{place}}}" else re.escape(text)
