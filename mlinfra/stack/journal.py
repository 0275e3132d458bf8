"""The journal of a deployment: what it does, a line for every step, beside the state it began with.

Writing is one append per step however large the stack is. A process that is killed leaves a journal; `recover` merges it
into the state that it began with, at any byte at which it may have been torn.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any, Final

from mlinfra.errors import StateError
from mlinfra.stack.deployment import DamagedError, Document, compact, compose, encode_resource, extra_of, salt_of
from mlinfra.stack.state import PendingOperation, ResourceState, Snapshot
from mlinfra.stack.urn import is_provider

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator
    from pathlib import Path

    from mlinfra.stack.secrets import Crypter

Resource = dict[str, Any]

# A resource that did not change is not written again only because its line of the program moved.
_VOLATILE: Final = ("source_position", "stack_trace", "modified")


class FileJournal:
    """A `Journal` in a file of JSON lines. `base` is a digest of the state file that the journal belongs to.

    Records: {"base"}; {"salt"} once there is a secret; {"begin", "type", "resource"}; {"end", "old"?, "new"?};
    {"set", "resource"}. Resources are named by keys: `b0`, `b1`, … those of the base, `n0`, `n1`, … the new ones in order.
    """

    def __init__(
        self,
        file: Path,
        base: Snapshot,
        digest: str,
        crypter: Crypter,
        on_finish: Callable[[Snapshot], None],
    ) -> None:
        self._file = file
        self._crypter = crypter
        self._salt = crypter.salt
        self._base = base
        self._on_finish = on_finish
        # Keeping the object beside its key keeps its id() from being given to another.
        self._keys = {id(state): (f"b{i}", state) for i, state in enumerate(base.resources)}
        self._begun = self._new = 0
        self._lock = threading.Lock()
        with _reported(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_APPEND, 0o600)
        self._close = weakref.finalize(self, os.close, self._fd)
        self._length = 0
        self._write({"base": digest})

    def begin(self, operation: str, state: ResourceState) -> int:
        """See `Journal.begin`."""
        resource = encode_resource(state, self._crypter)
        with self._lock:
            self._begun += 1
            self._write({"begin": self._begun, "type": operation, "resource": resource})
            return self._begun

    def end(self, number: int | None, *, old: ResourceState | None, new: ResourceState | None) -> None:
        """See `Journal.end`."""
        if new is not None and old is not None and number is None and new is not old and _same(old, new):
            with self._lock:
                self._keys[id(new)] = (self._key(old), new)
            return
        record: dict[str, Any] = {"end": number}
        if new is not None:
            record["new"] = encode_resource(new, self._crypter)
        with self._lock:
            if old is not None:
                record["old"] = self._key(old)
            if new is not None:
                self._keys[id(new)] = (f"n{self._new}", new)
                self._new += 1
            self._write(record)

    def outputs(self, state: ResourceState) -> None:
        """See `Journal.outputs`."""
        resource = encode_resource(state, self._crypter)
        with self._lock:
            self._write({"set": self._key(state), "resource": resource})

    def finish(self, order: Iterable[ResourceState], pending: Iterable[PendingOperation]) -> None:
        """See `Journal.finish`."""
        with self._lock:
            final = Snapshot(list(order), list(pending), self._base.metadata, self._base.extra)
            self._on_finish(final)
            self._close()
            self._file.unlink(missing_ok=True)

    def _key(self, state: ResourceState) -> str:
        found = self._keys.get(id(state))
        if found is None:
            raise LookupError(f"{state.urn} was not journalled and is not in the base snapshot")
        return found[0]

    def _write(self, record: dict[str, Any]) -> None:
        lines = compact(record) + "\n"
        if self._crypter.salt != self._salt:
            self._salt = self._crypter.salt
            lines = compact({"salt": self._salt}) + "\n" + lines
        data = lines.encode()
        with _reported(self._file):
            try:
                written = os.write(self._fd, data)
                if written != len(data):
                    os.write(self._fd, data[written:])  # says why the disk took only a part
            except OSError:
                os.ftruncate(self._fd, self._length)
                raise
        self._length += len(data)


def recover(base: Document, lines: bytes) -> Document:
    """The state that a killed deployment left: `base` with the journal's lines applied, dependencies first.

    A last line that was torn is left out: its step had not happened as far as anyone was told. Raises DamagedError.
    """
    try:
        return _recover(base, lines)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DamagedError(f"the state or its journal is damaged: {error!r}") from error


def _recover(base: Document, lines: bytes) -> Document:
    deployment = base["deployment"]
    merge = _Merge(deployment.get("resources") or [])
    salt = salt_of(base, "the state")
    for record in _records(lines):
        salt = record.get("salt", salt)
        merge.apply(record)
    # Like Pulumi, creations that were interrupted stay until a person says what became of them.
    earlier = [
        op
        for op in deployment.get("pending_operations") or []
        if op["type"] == "creating" or op["resource"]["urn"] not in merge.ended
    ]
    return compose(
        in_order(merge.result()),
        [*earlier, *merge.begun.values()],
        salt=salt,
        metadata=deployment.get("metadata"),
        extra=extra_of(deployment),
    )


class _Merge:
    """Resources by key, while records are applied to them."""

    def __init__(self, base: list[Resource]) -> None:
        self._resources: dict[str, Resource] = {f"b{i}": dict(r) for i, r in enumerate(base)}
        self._living = {r["urn"]: key for key, r in self._resources.items() if not r.get("delete")}
        self._count = 0
        self.begun: dict[int, Any] = {}
        self.ended: set[str] = set()

    def apply(self, record: dict[str, Any]) -> None:
        if "begin" in record:
            self.begun[record["begin"]] = {"resource": record["resource"], "type": record["type"]}
        elif "set" in record:
            self._resources[record["set"]] = record["resource"]
        elif "end" in record:
            if operation := self.begun.pop(record["end"], None):
                self.ended.add(operation["resource"]["urn"])
            if "old" in record:
                self._leave(record["old"])
            if "new" in record:
                self._enter(record["new"])

    def _leave(self, key: str) -> None:
        gone = self._resources.pop(key)
        if self._living.get(gone["urn"]) == key:
            del self._living[gone["urn"]]

    def _enter(self, resource: Resource) -> None:
        key = f"n{self._count}"
        self._count += 1
        if not resource.get("delete"):
            if replaced := self._living.get(resource["urn"]):
                self._resources[replaced]["delete"] = True
            self._living[resource["urn"]] = key
        self._resources[key] = resource

    def result(self) -> list[Resource]:
        new = [resource for key, resource in self._resources.items() if key[0] == "n"]
        return new + [resource for key, resource in self._resources.items() if key[0] == "b"]


def base_of(lines: bytes) -> str:
    """The digest of the state that a journal belongs to; "" when not even its first line was written."""
    return next((str(record.get("base", "")) for record in _records(lines)), "")


def _records(lines: bytes) -> Iterator[dict[str, Any]]:
    for line in lines.split(b"\n")[:-1]:  # what follows the last newline is torn
        try:
            yield json.loads(line)
        except ValueError:  # a disk that lost more than the end; what follows cannot be told
            return


def in_order(resources: list[Resource]) -> list[Resource]:
    """The resources with whatever one refers to before it; otherwise the order stays.

    References to resources that are gone are dropped, as a refresh of Pulumi does.
    """
    places: dict[str, list[int]] = {}
    for index, resource in enumerate(resources):
        places.setdefault(resource["urn"], []).append(index)
    resources = [_undangled(resource, places) for resource in resources]
    providers = {f"{r['urn']}::{r.get('id', '')}": i for i, r in enumerate(resources) if is_provider(r["type"])}

    def targets(resource: Resource) -> Iterator[int]:
        if (provider := providers.get(resource.get("provider", ""))) is not None:
            yield provider
        for urn in references(resource):
            copies = places[urn]
            yield from [i for i in copies if not resources[i].get("delete")] or copies

    ordered: list[Resource] = []
    reached: set[int] = set()
    for start in range(len(resources)):
        if start in reached:
            continue
        reached.add(start)
        path = [(start, targets(resources[start]))]
        while path:
            index, ahead = path[-1]
            following = next((i for i in ahead if i not in reached), None)
            if following is None:
                ordered.append(resources[index])
                path.pop()
            else:
                reached.add(following)
                path.append((following, targets(resources[following])))
    return ordered


def references(resource: Resource) -> Iterator[str]:
    """The URNs of the resources that a resource's JSON refers to, its provider's aside."""
    if resource.get("parent"):
        yield resource["parent"]
    yield from resource.get("dependencies") or ()
    for urns in (resource.get("propertyDependencies") or {}).values():
        yield from urns or ()
    if resource.get("deletedWith"):
        yield resource["deletedWith"]
    yield from resource.get("replaceWith") or ()


def _undangled(resource: Resource, known: Container[str]) -> Resource:
    if all(urn in known for urn in references(resource)):
        return resource
    kept = {key: value for key, value in resource.items() if key not in ("parent", "deletedWith") or value in known}
    for field in ("dependencies", "replaceWith"):
        if field in kept:
            kept[field] = [urn for urn in kept[field] or () if urn in known]
    if "propertyDependencies" in kept:
        by_property = kept["propertyDependencies"] or {}
        kept["propertyDependencies"] = {
            k: [urn for urn in urns or () if urn in known] for k, urns in by_property.items()
        }
    return kept


def _same(old: ResourceState, new: ResourceState) -> bool:
    return all(getattr(old, name) == getattr(new, name) for name in ResourceState.__slots__ if name not in _VOLATILE)


@contextlib.contextmanager
def _reported(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateError(
            f"the journal {file} cannot be written: {error.strerror}",
            fix="what was done so far is kept; make room and run again",
        ) from error
