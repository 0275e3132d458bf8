"""Every resource of every table goes through its whole life, by plain boto3 and with every setting that its API has."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from moto.core.errors import COMMON_ERROR_CODES
from moto.core.utils import get_service_model

from mlinfra.sandbox.server import tables
from mlinfra.sandbox.server.tables import Resource, Service
from mlinfra.sandbox.server.values import MISSING, get, put, same_name


def _sibling(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


samples, parents = _sibling("samples"), _sibling("parents")
TABLES = {signed: tables.load(signed) for signed in sorted(tables.signed_as())}
RESOURCES = [(table, resource) for table in TABLES.values() for resource in table.resources.values()]


@pytest.fixture(scope="module")
def clients(sandbox):
    return cache(sandbox.client)


def invoke(client: Any, operation: str, **params: Any) -> dict[str, Any]:
    return getattr(client, xform_name(operation))(**params)


def code_of(client: Any, operation: str, **params: Any) -> str:
    """The code of the error that the operation must end in."""
    with pytest.raises(ClientError) as raised:
        invoke(client, operation, **params)
    return str(raised.value.response["Error"]["Code"])


class Life:
    """One resource of a table, made from a sample of everything that its API lets be said."""

    def __init__(self, clients: Any, table: Service, resource: Resource) -> None:
        self.table, self.resource = table, resource
        self.client = clients(table.service)
        self.known: dict[str, Any] = {}
        for parent in resource.parents:
            self.known |= parents.PARENTS[table.service, parent.read](clients)

    @property
    def missing(self) -> str:
        return (self.resource.missing or self.table.errors["missing"]).split()[0]

    def is_missing(self) -> None:
        """Every operation that shows the thing says that it is not there."""
        for name in self.operations("read") if self.resource.default is None else []:
            if not self.resource.operations[name].join:
                assert code_of(self.client, name, **self.request(name)) == self.missing

    def operations(self, *verbs: str) -> list[str]:
        return [name for name, operation in self.resource.operations.items() if operation.verb in verbs]

    def request(self, name: str, word: str = "one") -> dict[str, Any]:
        """A request that says everything there is to say, of the very thing that this life is about."""
        shape = self.client.meta.service_model.operation_model(name).input_shape
        if shape is None:
            return {}
        operation = self.resource.operations[name]
        rename = self.resource.rename | operation.rename
        said = {
            member: samples.sample(inner, word)
            for member, inner in shape.members.items()
            if (member not in LEFT_OUT or member in shape.required_members) and member not in self.resource.refused
        }
        if operation.verb == "list":
            said = {member: value for member, value in said.items() if member in shape.required_members}
        for member, chooses in operation.select.items():
            if isinstance(said.get(member), list) and chooses in self.known:
                said[member] = [self.known[chooses]]
        for target in [said, *[item for item in said.get(operation.each, []) if isinstance(item, dict)]]:
            for member, value in self.known.items():
                for path in [member, *[path for path, other in rename.items() if other == member]]:
                    _say(target, path, value)
                for path in [path for path, other in rename.items() if not other]:
                    _say(target, f"{path}.{member}", value)
        if operation.each and isinstance(said[operation.each][0], str):
            said[operation.each] = [self.known[self.resource.identity[-1]]]
        return said

    def call(self, name: str, word: str = "one") -> dict[str, Any]:
        """Make the request; remember what the thing is called; return the answer."""
        request = self.request(name, word)
        answer = invoke(self.client, name, **request)
        del answer["ResponseMetadata"]
        for member in [*self.resource.identity, *self.resource.attributes]:
            found = _anywhere(answer, member) or _anywhere(self.said(name, request), member)
            if found is not None:
                self.known.setdefault(member, found)
                pattern = str(self.resource.attributes.get(member))
                if pattern.startswith("{") and pattern.strip("{}") in self.resource.identity:
                    self.known.setdefault(pattern.strip("{}"), found)
        return answer

    def said(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        """A request in the words of the answers."""
        operation = self.resource.operations[name]
        each = request.get(operation.each)
        said = dict(request) if each is None else dict(each[0]) if isinstance(each[0], dict) else {}
        for source, target in (self.resource.rename | operation.rename).items():
            value = get(request, source)
            if value is not MISSING and target not in request:
                said.update(value) if not target else put(said, target, value)
        for member, words in self.resource.spelling.items():
            if member in said:
                said[member] = words[str(said[member])]
        return said | operation.set

    def shown(self, name: str, answer: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        """The thing in an answer, and its shape; None where answers only name it."""
        output = self.client.meta.service_model.operation_model(name).output_shape
        spec = self.resource.operations[name].output
        if isinstance(spec, dict):
            spec = next((member for member, value in spec.items() if value == "{record}"), "")
            if not spec:
                return {}, None
            return answer[spec], output.members[spec]
        lists = [member for member, shape in output.members.items() if shape.type_name == "list"]
        if self.resource.operations[name].verb == "list":
            member = spec or lists[0]
            shape = output.members[member].member
            if shape.type_name != "structure":
                assert self.known[self.resource.identity[-1]] in answer[member]
                return {}, None
            return next(item for item in answer[member] if self._is(item)), shape
        only = [member for member, shape in output.members.items() if shape.type_name == "structure"]
        member = spec or (only[0] if len(output.members) == 1 and only else "")
        if member and member in self.said_members():
            member = ""
        return (answer[member], output.members[member]) if member else (answer, output)

    def said_members(self) -> set[str]:
        return {
            member
            for name in self.operations("create", "put", "update")
            for member in self.said(name, self.request(name))
        }

    def _is(self, item: dict[str, Any]) -> bool:
        shared = [member for member in self.resource.identity if member in item]
        return all(same_name(item[member], self.known[member]) for member in shared)

    def check(self, said: dict[str, Any]) -> None:
        """Every operation that shows the thing shows what was said of it."""
        for name in self.operations("read", "list"):
            shown, shape = self.shown(name, self.call(name))
            assert not shape or not samples.differences(said, shown, shape), name


# What cannot be said along with the rest: rehearsals, where a list goes on, and filters.
LEFT_OUT = {
    "DryRun", "dryRun", "NextToken", "nextToken", "Marker", "ContinuationToken", "MaxResults", "maxResults", "Filters",
    "NextPageToken", "ExpectedBucketOwner", "ContentMD5", "ChecksumAlgorithm", "limit", "MaxRecords", "MaxItems",
}  # fmt: skip


def _say(said: dict[str, Any], path: str, value: Any) -> None:
    head, _, rest = path.partition(".")
    if rest and isinstance(said.get(head), dict):
        _say(said[head], rest, value)
    elif not rest and isinstance(said, dict) and head in said:
        said[head] = value


def _anywhere(value: Any, member: str) -> Any:
    if isinstance(value, dict):
        inner = [value[member]] if member in value else [_anywhere(one, member) for one in value.values()]
    elif isinstance(value, list):
        inner = [_anywhere(one, member) for one in value]
    else:
        return None
    return next((one for one in inner if one is not None), None)


@pytest.mark.parametrize(("table", "resource"), RESOURCES, ids=[f"{t.service}-{r.name}" for t, r in RESOURCES])
def test_life(clients, table: Service, resource: Resource) -> None:
    life = Life(clients, table, resource)
    life.is_missing()
    said: dict[str, Any] = {}
    for name in life.operations("create", "put")[:1]:
        said = life.said(name, life.request(name))
        life.call(name)
        life.check(said)
        if resource.operations[name].verb == "create" and (resource.unique or set(resource.identity) <= set(said)):
            exists = (resource.exists or table.errors["exists"]).split()[0]
            assert code_of(life.client, name, **life.request(name)) == exists
    for name in life.operations("update", "put"):
        said |= life.said(name, life.request(name, "two"))
        life.call(name, "two")
        life.check(said)
    for name in life.operations("reply"):
        assert life.call(name)
    for name in life.operations("delete"):
        life.call(name)
        life.is_missing()
        for lister in life.operations("list"):
            with pytest.raises((StopIteration, AssertionError, KeyError)):
                life.shown(lister, life.call(lister))
        if not (resource.operations[name].join or resource.operations[name].lenient):
            assert code_of(life.client, name, **life.request(name)) == life.missing


def test_errors_are_those_of_the_operations() -> None:
    """Where botocore's model lists the errors of an operation, the codes of the tables are among them."""
    wrong = []
    for table, resource in RESOURCES:
        model = get_service_model(table.service)
        for name, operation in resource.operations.items():
            codes = {shape.error_code for shape in model.operation_model(name).error_shapes}
            codes |= {shape.name for shape in model.operation_model(name).error_shapes}
            if not codes or operation.lenient or operation.join:
                continue
            codes |= set(COMMON_ERROR_CODES)
            missing = (operation.missing or resource.missing or table.errors["missing"]).split()[0]
            exists = (resource.exists or table.errors["exists"]).split()[0]
            needs = operation.verb in {"read", "update", "delete"} and resource.default is None
            if operation.select or needs:
                wrong += [(name, missing)] if missing not in codes else []
            members = set(model.operation_model(name).input_shape.members)
            if operation.verb == "create" and (resource.unique or set(resource.identity) <= members):
                wrong += [(name, exists)] if exists not in codes else []
    assert wrong == []


def test_what_ends_with_a_thing_ends_with_what_that_ends_with() -> None:
    """A resource whose parent is itself a resource here names that one's parents too, so that no deletion misses it."""
    for table, resource in RESOURCES:
        for parent in resource.parents:
            above = table.acted.get(parent.read)
            ending = [one for one in above.parents if not one.refuse] if above else []
            assert all(one in resource.parents for one in ending), (table.service, resource.name)
