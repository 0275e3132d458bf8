"""Settings that moto forgets: kept from the requests that made them, put back into the answers that should show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlinfra.sandbox.server.named import Key, Named, means
from mlinfra.sandbox.server.store import Place, Store, error, placed
from mlinfra.sandbox.server.values import MISSING, Record, fill, get, match, put, structures, supply, tags_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.sandbox.server.tables import Memory, Service
    from mlinfra.sandbox.server.wire import Call, Response


@dataclass(slots=True)
class Said:
    """What was said of one thing.

    `settings` are values by their path in the answers, None for what is gone; `unless_shown` shows only where moto's
    own answer says nothing.
    """

    settings: Record = field(default_factory=dict)
    unless_shown: Record = field(default_factory=dict)


class Memories:
    """What was said, by account, region, service, memory and thing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.said: dict[Place, Named[Said]] = {}

    def heed(self, table: Service, call: Call, response: Response) -> Response:
        """Remember or forget what a successful call of moto's says, and complete what it answers."""
        concerned = [
            _Heed(memory, self._said(table, memory, call), call) for memory in table.written.get(call.name, ())
        ]
        answered = [heed for heed in concerned if heed.matters()]
        if answered:
            answer = call.read(response)
            if sum(heed.complete(answer) for heed in answered):
                response = call.answer(answer)
        for heed in concerned:
            if call.name in heed.memory.delete:
                heed.forget()
        return response

    def emulate(self, table: Service, call: Call) -> Record:
        """Answer an update that moto lacks: what it updates must exist, and shows it from now on."""
        memory, how = table.emulated[call.name]
        heed = _Heed(memory, self._said(table, memory, call), call)
        names = self._store.names(table, call) | heed.params
        found = self._store.require(call, how.check, fill(how.by, names))
        thing = next((thing for thing in structures(found, memory.read[how.check]) if heed.means(thing)), None)
        if thing is None:
            named = " ".join(str(part) for part in heed.key({}))
            raise error(memory.missing or table.errors["missing"], f"{memory.name} {named} does not exist")
        heed.remember(thing)
        heed.show(thing)
        return placed(call, thing, how.output, names | thing)

    def tags(self, table: Service, call: Call, arn: str) -> dict[str, str] | None:
        """The tags of the thing that an ARN names, to be changed in place; None if the thing's tags are moto's."""
        for memory in table.memories.values():
            named = match(memory.arn, arn) if memory.arn else None
            if named is None:
                continue
            reader, path = next(iter(memory.read.items()))
            members = call.operation.service_model.operation_model(reader).input_shape.members
            found = self._store.require(call, reader, {name: named[name] for name in members if name in named})
            said = self._said(table, memory, call).setdefault(tuple(named[name] for name in memory.identity), Said())
            thing = next(structures(found, path), {})
            member = next((one for one in thing if one in ("tags", "Tags")), "Tags")
            tags: dict[str, str] = tags_from(said.settings.get(member, thing.get(member)))
            said.settings[member] = tags
            return tags
        return None

    def _said(self, table: Service, memory: Memory, call: Call) -> Named[Said]:
        return self.said.setdefault(self._store.place(table, memory.name, call), Named())


class _Heed:
    """One call, as one memory understands it."""

    def __init__(self, memory: Memory, said: Named[Said], call: Call) -> None:
        self.memory, self.said, self.call = memory, said, call
        self.params = {name: value for name, value in call.params.items() if name not in memory.rename}
        for path, name in memory.rename.items():
            value = get(call.params, path)
            if value is not MISSING:
                self.params[name] = value
        if "AttributeName" in call.params:  # one of a map of attributes, as SNS sets them
            self.params["Attributes"] = {call.params["AttributeName"]: call.params.get("AttributeValue")}

    def matters(self) -> bool:
        """Whether the call writes, or reads what something is known of."""
        memory, name = self.memory, self.call.name
        return name in memory.write or (name in memory.read and bool(self.said or memory.default))

    def complete(self, answer: Record) -> bool:
        """Remember what the request says and show in its answer what is known; whether that changes the answer."""
        name = self.call.name
        things = list(structures(answer, self.memory.read[name])) if name in self.memory.read else []
        if name in self.memory.write:
            self.remember(things[0] if things else answer)
        return sum(self.show(thing) for thing in things) > 0

    def key(self, thing: Record) -> Key:
        """What a thing is called: by its own members where it has them, else as the request calls it."""
        return tuple(thing.get(name, self.params.get(name)) for name in self.memory.identity)

    def means(self, thing: Record) -> bool:
        """Whether the request names this thing."""
        return means(self.key(thing), self.key({}))

    def forget(self) -> None:
        """Forget what was said of the thing that the request names."""
        found = self.said.find(self.key({}))
        if found:
            del self.said[found[0]]

    def remember(self, thing: Record) -> None:
        """Keep what the request says of a thing."""
        key = self.key(thing)
        found = self.said.find(key)
        said = found[1] if found else self.said.setdefault(key, Said())
        for spec in self.memory.write[self.call.name]:
            if spec == "?":
                said.unless_shown.update(self._shown_alike())
            else:
                said.settings.update(_settings(spec, self.params, self.memory.identity))

    def show(self, thing: Record) -> bool:
        """Put what is known of a thing into an answer; whether it changes."""
        found = self.said.find(self.key(thing))
        said = found[1] if found else Said()
        changed = supply(thing, said.unless_shown)
        for path, value in said.settings.items():
            changed |= get(thing, path) != value
            put(thing, path, MISSING if value is None else value)
        for path, value in self.memory.default.items():
            if path not in said.settings and get(thing, path) is MISSING:
                put(thing, path, value)
                changed = True
        return changed

    def _shown_alike(self) -> Iterator[tuple[str, Any]]:
        """The members of the request that answers show under the same name and in the same shape. Tags are moto's."""
        given = self.call.operation.input_shape.members
        reader, path = next(iter(self.memory.read.items()))
        shape = self.call.operation.service_model.operation_model(reader).output_shape
        for part in filter(None, path.split(".")):
            shape = shape.members[part.removesuffix("[]")]
            shape = shape.member if part.endswith("[]") else shape
        for name, value in self.call.params.items():
            shown = shape.members.get(name)
            if shown is None or name in self.memory.identity or "tags" in name.lower():
                continue
            if shown.name == given[name].name or shown.type_name == given[name].type_name not in {"structure", "list"}:
                yield name, value


def _settings(spec: str, params: Record, identity: list[str]) -> Iterator[tuple[str, Any]]:
    """The paths and values that one entry of `write` takes from a request; None stands for what is gone."""
    source, arrow, target = (part.strip() for part in spec.partition("->"))
    target = target if arrow else source
    if not source:
        yield target, None
    elif source.endswith("*"):
        inside = get(params, source.removesuffix(".*")) if source != "*" else params
        for name, value in inside.items() if isinstance(inside, dict) else ():
            if name not in identity:
                yield f"{target}.{name}" if target and arrow else name, value
    else:
        value = get(params, source)
        if value is not MISSING:
            yield target, None if _cleared(value) else value


def _cleared(value: Any) -> bool:
    """Whether a structure says, by empty strings only, that a setting is taken back: `{"TargetArn": ""}`."""
    return isinstance(value, dict) and bool(value) and all(inner == "" for inner in value.values())
