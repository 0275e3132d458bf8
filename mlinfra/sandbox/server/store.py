"""The part of the account that moto does not have: records of resources, and what each verb does to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.server.named import Key, Named
from mlinfra.sandbox.server.values import MISSING, Record, fill, get, put, same_name, tags_from
from mlinfra.sandbox.server.wire import AwsError, Call, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlinfra.sandbox.server.tables import Operation, Resource, Service

Records = Named[Record]
Place = tuple[str, str, str, str]  # account, region, service, resource

_EQUALS: Final = "Equals"
_NAME_CONTAINS: Final = "NameContains"


class Store:
    """Records by account, region, service and type. `ask` puts another call to the account, to look for a parent."""

    def __init__(self, ask: Callable[[Call], Response]) -> None:
        self.records: dict[Place, Records] = {}
        self._ask = ask

    def act(self, table: Service, call: Call) -> Record:
        """Do what `call` asks and return its answer. Raises `AwsError` as AWS would."""
        return _Act(self, table, call).answer()

    def holds(self, table: Service, call: Call) -> bool:
        """Whether what `call` names is here."""
        return _Act(self, table, call).holds()

    def require(self, call: Call, read: str, by: Record) -> Record:
        """What the operation `read` answers. Raises the very error with which it fails."""
        other = call.another(read, by)
        response = self._ask(other)
        if not response.ok:
            raise Refusal(response)
        return other.read(response) if other.operation.output_shape else {}

    def children(self, table: Service, call: Call) -> Iterator[tuple[str, Records, Key]]:
        """The children of what `call` deletes: the error that protects them (or ""), where they are, and their keys."""
        for resource, parent in table.ended.get(call.name, ()):
            records = self.of(table, resource, call)
            for key, record in list(records.items()):
                if all(same_name(get(record, theirs), call.params.get(ours)) for ours, theirs in parent.key.items()):
                    yield parent.refuse, records, key

    def of(self, table: Service, resource: Resource, call: Call) -> Records:
        """All records of one type, for whoever calls."""
        return self.records.setdefault(self.place(table, resource.name, call), Named())

    def place(self, table: Service, name: str, call: Call) -> Place:
        """Where things of one kind are kept."""
        return call.account, "" if table.world else call.origin.region, table.service, name

    def names(self, table: Service, call: Call) -> Record:
        """What patterns may mention of the caller."""
        region = call.origin.region
        partition = "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
        return {"partition": partition, "region": region, "account": call.account, "service": table.arn}

    def tagged(self, table: Service, call: Call, name: str) -> tuple[Resource, Record] | None:
        """The record that an ARN, or an id, names."""
        for resource in table.resources.values():
            given = [member for member in resource.attributes if member.lower().endswith(("arn", "id"))]
            for record in self.of(table, resource, call).values():
                if name in (record.get(member) for member in [*given, *resource.identity[-1:]]):
                    return resource, record
        return None


class Refusal(Exception):
    """Another operation's error, which is the answer to this one too."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


class _Act:
    """One call on one type of resource."""

    def __init__(self, store: Store, table: Service, call: Call) -> None:
        self.store, self.table, self.call = store, table, call
        self.resource: Resource = table.acted[call.name]
        self.operation: Operation = self.resource.operations[call.name]
        self.records = store.of(table, self.resource, call)
        self.names = store.names(table, call)

    def answer(self) -> Record:
        if self.call.params.get("DryRun"):
            raise AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
        for name in self.resource.refused:
            if self.call.params.get(name):
                raise AwsError("NotImplemented", f"the sandbox does not emulate {name} in {self.call.name}", 501)
        asked = [self._normalised(item) for item in self._items()]
        for item in asked:
            for parent in self.resource.parents:
                if not parent.when or parent.when in item:
                    self.store.require(self.call, parent.read, fill(parent.by, self.names | item))
        verb: Callable[[Record], Any] = getattr(self, f"_{self.operation.verb}")
        results = [verb(item) for item in asked]
        many = self.operation.verb == "list" or self.operation.each
        found = [record for result in results for record in (result if isinstance(result, list) else [result])]
        item = asked[0] if asked else {}
        if not many:
            names = self.names | item | found[0] | {"record": found[0]}
            return placed(self.call, found[0], self.operation.output, names)
        names = self.names | item | (found[0] if found else {})
        return item | placed(self.call, found, self.operation.output, names, self._identity)

    def holds(self) -> bool:
        return all(self._found(self._normalised(item)) for item in self._items())

    def _items(self) -> list[Record]:
        """The requests in this call: one, or one for each item of the list that it carries."""
        params = self.call.params
        if not self.operation.each:
            return [params]
        rest = {name: value for name, value in params.items() if name != self.operation.each}
        name = self.resource.identity[-1]
        items = params.get(self.operation.each) or []
        return [rest | (item if isinstance(item, dict) else {name: item}) for item in items]

    def _normalised(self, item: Record) -> Record:
        request = dict(item)
        for source, target in (self.resource.rename | self.operation.rename).items():
            value = get(item, source)
            if value is not MISSING and target not in item:
                request.pop(source, None)
                request.update(value if not target else {})
                if target:
                    put(request, target, value)
        for name, words in self.resource.spelling.items():
            if name in request:
                request[name] = words.get(str(request[name]), request[name])
        given: Record = fill(self.operation.set, self.names | request)
        return request | given

    def _create(self, item: Record) -> Record:
        record = self._complete(item)
        key = self._key(record)
        if key in self.records or self._rival(record):
            code = self.resource.exists or self.table.errors["exists"]
            raise error(code, f"{self._called(record)} already exists")
        self.records[key] = record
        return record

    def _put(self, item: Record) -> Record:
        found = self._found(item)
        kept = {name: found[1][name] for name in self.resource.attributes if name in found[1]} if found else {}
        record = self._complete(kept | item)
        self.records[found[0] if found else self._key(record)] = record
        return record

    def _read(self, item: Record) -> Record:
        found = self._found(item)
        if found is None and self.resource.default is not None:
            default: Record = fill(self.resource.default, self.names | item)
            return item | default
        return self._existing(item)[1]

    def _update(self, item: Record) -> Record:
        if self.resource.default is not None and self._found(item) is None:
            return self._put(item)
        _, record = self._existing(item)
        record.update({name: value for name, value in item.items() if name not in self.resource.identity})
        return record

    def _delete(self, item: Record) -> Record:
        if self.operation.lenient and self._found(item) is None:
            return item
        key, record = self._existing(item)
        del self.records[key]
        return record

    def _list(self, item: Record) -> list[Record]:
        chosen = list(self.records.values())
        for name, value in item.items():
            chosen = self._chosen(chosen, name, value)
        return chosen

    def _reply(self, item: Record) -> Record:
        return item

    def _chosen(self, records: list[Record], name: str, value: Any) -> list[Record]:
        """The records that one member of a list request chooses; members that choose nothing choose all."""
        if name == "Filters" and all("Values" in one for one in value):
            for one in value:
                records = [record for record in records if _passes(record, one["Name"], one["Values"])]
            return records
        member = self.operation.select.get(name, name.removesuffix(_EQUALS))
        if name in self.operation.select:
            values = value if isinstance(value, list) else [value]
            if not (self.operation.lenient or self.operation.join):
                self._all_exist(member, values)
            return [record for record in records if any(same_name(record.get(member), one) for one in values)]
        if name == _NAME_CONTAINS:
            return [record for record in records if str(value) in str(self._key(record)[-1])]
        if isinstance(value, str) and any(member in record for record in self.records.values()):
            return [record for record in records if same_name(record.get(member), value)]
        return records

    def _all_exist(self, member: str, wanted: list[Any]) -> None:
        for one in wanted:
            if not any(same_name(record.get(member), one) for record in self.records.values()):
                raise self._missing({member: one})

    def _complete(self, item: Record) -> Record:
        """The record that a request makes, with the attributes that AWS would add, in the order they are declared."""
        record = dict(item)
        for name, pattern in self.resource.attributes.items():
            if get(record, name) is MISSING:
                put(record, name, fill(pattern, self.names | record))
        return record

    def _rival(self, record: Record) -> bool:
        unique = self.resource.unique
        return bool(unique) and any(
            all(other.get(name) == record.get(name) for name in unique) for other in self.records.values()
        )

    def _key(self, record: Record) -> Key:
        return tuple(record.get(name) for name in self.resource.identity)

    def _identity(self, record: Record) -> Any:
        return self._key(record)[-1]

    def _found(self, item: Record) -> tuple[Key, Record] | None:
        return self.records.find(self._key(item))

    def _existing(self, item: Record) -> tuple[Key, Record]:
        found = self._found(item)
        if found is None:
            raise self._missing(item)
        return found

    def _missing(self, item: Record) -> AwsError:
        code = self.operation.missing or self.resource.missing or self.table.errors["missing"]
        return error(code, f"{self._called(item)} does not exist")

    def _called(self, item: Record) -> str:
        named = [str(item[name]) for name in [*self.resource.identity, *self.resource.unique] if name in item]
        return f"{self.resource.name} {' '.join(named)}".strip()


def placed(
    call: Call, result: Any, output: Any, names: Record, identity: Callable[[Record], Any] | None = None
) -> Record:
    """A result where the call's answer has it: under `output`, under the only structure or list there is, or as such.

    An `output` that is a pattern is the whole answer.
    """
    if isinstance(output, dict):
        filled: Record = fill(output, names)
        return filled
    shape = call.operation.output_shape
    members = dict(shape.members) if shape else {}
    if isinstance(result, list):
        target = output or next((name for name, member in members.items() if member.type_name == "list"), None)
        if target is None:
            return {}
        plain = identity is not None and members[target].member.type_name != "structure"
        return {target: [identity(record) for record in result] if identity and plain else result}
    only = next(iter(members.items())) if len(members) == 1 else None
    target = output or (only[0] if only and only[1].type_name == "structure" and only[0] not in result else None)
    return {target: result} if target else dict(result)


def error(code: str, message: str) -> AwsError:
    """An error of a table, `Code` or `Code 404` with the HTTP status that the model does not name."""
    name, _, status = code.partition(" ")
    return AwsError(name, message, int(status or 400))


def _passes(record: Record, name: str, values: list[str]) -> bool:
    """Whether a record passes a filter in EC2's style: `group-name`, `tag:Name`."""
    if name.startswith("tag:"):
        return tags_from(record.get("Tags")).get(name.removeprefix("tag:")) in values
    member = "".join(part.capitalize() for part in name.split("-"))
    return any(same_name(str(record.get(member)), value) for value in values)
