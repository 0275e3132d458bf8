"""Resource graphs from what the engine has: the snapshot of a plan or of a state, and exported deployments."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Final

from mlinfra.graph import File, Node, NodeOptions, Reference, ResourceGraph, Source, Unknown, join
from mlinfra.stack import deployment
from mlinfra.stack.urn import name_of
from mlinfra.stack.values import UNKNOWN, UNKNOWN_STRING, Archive, Asset, OutputValue, ResourceRef, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.stack.secrets import Crypter
    from mlinfra.stack.state import ResourceState, Snapshot

_POSITION: Final = re.compile(r"(?:project:///)?(?P<file>.+)#(?P<line>\d+)(?:,(?P<column>\d+))?")
_URN: Final = re.compile(r"urn:pulumi:(?P<stack>.*?)::(?P<project>.*?)::")


def from_snapshot(snapshot: Snapshot) -> ResourceGraph:
    """The graph of what a plan foresees or a state holds; resources that only wait to be deleted are left out."""
    states = [state for state in snapshot.resources if not state.delete]
    match = _URN.match(states[0].urn) if states else None
    return ResourceGraph(map(node_of, states), **(match.groupdict() if match else {}))


def from_document(
    document: Mapping[str, Any], crypter: Crypter | None = None, *, where: str = "the deployment"
) -> ResourceGraph:
    """The graph of what `pulumi stack export` or `mlinfra state export` wrote.

    Encrypted values are unknown unless a crypter opens them. Raises StateError when it is no deployment.
    """
    return from_snapshot(deployment.decode(deployment.check(document, where), crypter, where))


def node_of(state: ResourceState) -> Node:
    """The node of a resource's state."""
    inputs = _Plain(state.property_dependencies)
    outputs = _Plain({key: [state.urn] for key in state.outputs} if state.custom else {})
    plain_inputs, plain_outputs = inputs.properties(state.inputs), outputs.properties(state.outputs)
    edges = {key: tuple(dict.fromkeys(urns)) for key, urns in inputs.edges.items() if urns}
    every = [*state.dependencies, *(urn for urns in edges.values() for urn in urns)]
    return Node(
        urn=state.urn,
        type=state.type,
        name=name_of(state.urn),
        parent=state.parent,
        id=None if not state.custom else Unknown("id", (state.urn,)) if state.id in ("", UNKNOWN_STRING) else state.id,
        inputs=plain_inputs,
        outputs=plain_outputs,
        edges=edges,
        depends_on=tuple(dict.fromkeys(every)),
        provider=state.provider.rpartition("::")[0],
        external=state.external,
        options=NodeOptions(
            protect=state.protect,
            retain_on_delete=state.retain_on_delete,
            ignore_changes=tuple(state.ignore_changes),
            replace_on_changes=tuple(state.replace_on_changes),
            additional_secret_outputs=tuple(state.additional_secret_outputs),
            custom_timeouts=state.custom_timeouts,
            deleted_with=state.deleted_with,
            import_id=state.import_id,
        ),
        source=_source(state.source_position),
        trace=tuple(one for frame in state.stack_trace if (one := _source(frame.get("sourcePosition", "")))),
        secrets=frozenset({*inputs.secrets, *outputs.secrets}),
    )


@functools.lru_cache(maxsize=4096)
def _source(position: str) -> Source | None:
    match = _POSITION.fullmatch(position)
    return Source(match["file"], int(match["line"]), int(match["column"] or 0)) if match else None


class _Plain:
    """Turns the engine's values into a graph's. Collects what refers to which resource, and which paths are secret."""

    def __init__(self, dependencies: Mapping[str, list[str]]) -> None:
        self.edges = {key: list(urns) for key, urns in dependencies.items()}
        self.secrets: list[str] = []
        self._key = ""

    def properties(self, values: Mapping[str, Any]) -> dict[str, Any]:
        plain = {}
        for self._key, value in values.items():
            if self._key.startswith("__"):
                continue  # what providers keep for themselves
            plain[self._key] = self._value(value, join("", self._key), secret=False)
        return plain

    def _value(self, value: Any, path: str, *, secret: bool) -> Any:
        if isinstance(value, dict):
            return {key: self._value(item, join(path, key), secret=secret) for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(item, join(path, i), secret=secret) for i, item in enumerate(value)]
        if isinstance(value, Secret | OutputValue):
            return self._wrapped(value, path, secret=secret)
        if value is UNKNOWN or (isinstance(value, str) and UNKNOWN_STRING in value):  # made into a text by the program
            return Unknown(path, tuple(dict.fromkeys(self.edges.get(self._key, ()))))
        if isinstance(value, ResourceRef):
            self.edges.setdefault(self._key, []).append(value.urn)
            identity = Unknown(path, (value.urn,)) if value.id in (UNKNOWN, "") else value.id
            return Reference(value.urn, identity)
        return _file(value) if isinstance(value, Asset | Archive) else value

    def _wrapped(self, value: Secret | OutputValue, path: str, *, secret: bool) -> Any:
        if isinstance(value, OutputValue):
            self.edges.setdefault(self._key, []).extend(value.dependencies)
        hidden = isinstance(value, Secret) or value.secret
        if hidden and not secret:
            self.secrets.append(path)
        return self._value(value.value, path, secret=secret or hidden)


def _file(value: Asset | Archive) -> File:
    if isinstance(value, Asset):
        return File(value.text, value.path, value.uri, hash=value.hash)
    files = None if value.assets is None else {name: _file(item) for name, item in value.assets.items()}
    return File(None, value.path, value.uri, files, value.hash)
