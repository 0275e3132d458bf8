"""Resources as rules see them, and the graph they stand in."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mlinfra.compliance.defaults import default
from mlinfra.compliance.families import family
from mlinfra.compliance.links import Links
from mlinfra.compliance.profiles import Profile
from mlinfra.compliance.truth import Evidence, State, Truth
from mlinfra.compliance.values import Value
from mlinfra.graph_values import Reference, Unknown, inside

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mlinfra.graph import Node, ResourceGraph

_SHORTEST_NAME: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A resource as a rule reads it: `resource["metadataOptions.httpTokens"]` is a Value."""

    node: Node
    graph: Facts

    @property
    def type(self) -> str:
        """Its type token."""
        return self.node.type

    @property
    def name(self) -> str:
        """Its name in the program."""
        return self.node.name

    def __getitem__(self, path: str) -> Value:
        """The input at a path, with the provider's default where the program gives nothing."""
        raw = self.node.get(path)
        return Value(self, path, self.default(path) if raw is None else raw)

    def default(self, path: str) -> Any:
        """What the provider does where nothing is given. Raises UnlistedPropertyError when nobody has written it down."""
        return default(self.type, path)

    def attached(self, *types: str, at: str) -> Links:
        """The resources of the types whose property `at` refers to this one: a bucket's policies."""
        return self.graph.attached(self, types, at)

    def says(self, state: bool | None, wanted: str, *, seen: str = "", path: str = "") -> Truth:
        """A statement about the resource as a whole; None when it cannot be known."""
        kind = {True: State.TRUE, False: State.FALSE, None: State.UNKNOWN}[state]
        return Truth(kind, (Evidence(self.node.urn, path, seen or str(self.node), wanted),))

    def option(self, name: str) -> Any:
        """A resource option of the program: protect, retain_on_delete, ignore_changes and the like."""
        return getattr(self.node.options, name)


class Facts:
    """A resource graph as rules read it, with the profile that is asked for and the regions that are allowed (none: any).

    Where it is not the `whole` graph yet, what is not there may still come.
    """

    def __init__(
        self,
        graph: ResourceGraph,
        profile: Profile = Profile.REGULATED,
        today: dt.date | None = None,
        *,
        regions: Collection[str] = (),
        whole: bool = True,
    ) -> None:
        self.graph, self.profile, self._whole = graph, profile, whole
        self.regions = tuple(sorted(regions))
        self.today = today or dt.datetime.now(dt.UTC).date()
        self._resources = {node.urn: Resource(node, self) for node in graph}
        self._incoming: dict[tuple[str, str], tuple[dict[str, list[Resource]], list[Resource]]] = {}

    def resource(self, node: Node | str) -> Resource:
        """The resource of a node or a URN."""
        return self._resources[node if isinstance(node, str) else node.urn]

    def of(self, *types: str) -> Links:
        """Every resource of the types (or families of types) in the stack, those that are only read aside."""
        nodes = [node for kind in types for node in (self._families.get(kind) or self.graph.of_type(kind))]
        found = tuple(self.resource(node) for node in nodes if not node.external)
        evidence = Evidence(self.stack_urn, "", f"no {_kinds(types)}", "one in the stack")
        return Links(found, evidence, elsewhere=not self._whole)

    @functools.cached_property
    def _families(self) -> Mapping[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for node in self.graph:
            if (kind := family(node.type)) != node.type:
                found.setdefault(kind, []).append(node)
        return found

    @functools.cached_property
    def stack_urn(self) -> str:
        """The URN of the stack itself; empty when the graph has none."""
        return next((node.urn for node in self.graph.of_type("pulumi:pulumi:Stack")), "")

    def links(self, value: Value, types: Sequence[str]) -> Links:
        """The resources that a value refers to."""
        evidence = Evidence(value.resource.node.urn, value.path, value.shown(), _a(types))
        if value.raw is None:
            return Links((), evidence)
        targets = [one for one in self._targets(value) if not types or one.type in types or family(one.type) in types]
        unknown = any(isinstance(one, Unknown) for one in inside(value.raw))
        return Links(tuple(targets), evidence, elsewhere=not targets and (unknown or value.raw not in ("", [], {})))

    def attached(self, to: Resource, types: Sequence[str], at: str) -> Links:
        """The resources of the types whose property `at` refers to a resource."""
        found: list[Resource] = []
        possible: list[Resource] = []
        for kind in types:
            known, unknown = self._incoming_of(kind, at)
            found += known.get(to.node.urn, ())
            possible += unknown
        evidence = Evidence(to.node.urn, "", f"no {_kinds(types)} for it", "one")
        return Links(tuple(found), evidence, possible=tuple(possible), elsewhere=not self._whole)

    def _incoming_of(self, type: str, at: str) -> tuple[dict[str, list[Resource]], list[Resource]]:
        if (type, at) not in self._incoming:
            known: dict[str, list[Resource]] = {}
            unknown: list[Resource] = []
            for source in self.of(type):
                value = Value(source, at, source.node.get(at))
                targets = self._targets(value)
                for target in targets:
                    known.setdefault(target.node.urn, []).append(source)
                if not targets and any(isinstance(one, Unknown) for one in inside(value.raw)):
                    unknown.append(source)
            self._incoming[type, at] = known, unknown
        return self._incoming[type, at]

    def _targets(self, value: Value) -> list[Resource]:
        """The resources that a value refers to: as the engine recorded, and by what it says.

        Both, for a name may come through another resource: `bucket=versioning.bucket` is about the bucket as well.
        """
        node = value.resource.node
        found = [self.resource(one) for one in self.graph.references(node, value.path)] if value.path else []
        if isinstance(value.raw, Unknown):
            return found
        words = [
            one.urn if isinstance(one, Reference) else one
            for one in inside(value.raw)
            if isinstance(one, str | Reference)
        ]
        named = (self.resource(urn) for word in words for urn in self._named.get(word, ()))
        return list(dict.fromkeys((*found, *named)))

    @functools.cached_property
    def _named(self) -> Mapping[str, list[str]]:
        """URNs by everything that a program can call a resource by: its id, its ARN, the name it gave it."""
        names: dict[str, list[str]] = {}
        for node in self.graph:
            if node.is_component or node.type.startswith("pulumi:"):
                continue
            own = (node.id, node.outputs.get("arn"), node.inputs.get("name"), node.inputs.get("bucket"))
            for word in {one for one in own if isinstance(one, str) and len(one) >= _SHORTEST_NAME}:
                names.setdefault(word, []).append(node.urn)
        return names


def _kinds(types: Sequence[str]) -> str:
    """The kinds of resources that types stand for; the SDK's `…V2` are other names of the same kinds."""
    return " or ".join(dict.fromkeys(one.rpartition(":")[2].removesuffix("V2") for one in types))


def _a(types: Sequence[str]) -> str:
    return f"a {_kinds(types)}" if types else "a resource"
