"""Graph nodes from what the engine tells a policy pack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlinfra.graph import ResourceGraph
from mlinfra.graph_states import node_of
from mlinfra.stack.codec import decode
from mlinfra.stack.state import ResourceState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlinfra.engine.proto import analyzer_pb2
    from mlinfra.graph import Node
    from mlinfra.stack.values import Properties


class Declared:
    """The resources of one run: inputs as each is registered, dependencies and outputs when all are there."""

    def __init__(self) -> None:
        self.project, self.stack = "", ""
        self._inputs: dict[str, Properties] = {}
        self._nodes: dict[str, Node] = {}

    def add(self, request: analyzer_pb2.AnalyzeRequest) -> ResourceGraph:
        """Take in one resource as it is registered; the graph of it and the components around it."""
        self._inputs[request.urn] = decode(request.properties)
        node = self._nodes[request.urn] = node_of(_state(request, self._inputs[request.urn]))
        lineage = [node]
        while (above := self._nodes.get(lineage[0].parent)) is not None:
            lineage.insert(0, above)
        return self._graph(lineage)

    def whole(self, resources: Iterable[analyzer_pb2.AnalyzerResource]) -> ResourceGraph:
        """The graph of all resources. What a resource was given is known from when it was registered."""
        nodes = []
        for resource in resources:
            outputs = decode(resource.properties)
            state = _state(resource, self._inputs.get(resource.urn, outputs), outputs)
            state.parent = resource.parent
            state.dependencies = list(resource.dependencies)
            state.property_dependencies = {key: list(of.urns) for key, of in resource.propertyDependencies.items()}
            nodes.append(node_of(state))
        return self._graph(nodes)

    def _graph(self, nodes: Iterable[Node]) -> ResourceGraph:
        return ResourceGraph(nodes, project=self.project, stack=self.stack)


def _state(resource: Any, inputs: Properties, outputs: Properties | None = None) -> ResourceState:
    """The state of a resource as far as a pack is told. Components have no provider."""
    options, provider = resource.options, resource.provider
    return ResourceState(
        urn=resource.urn,
        type=resource.type,
        custom=bool(provider.urn) or resource.type.startswith("pulumi:providers:"),
        inputs=inputs,
        outputs=outputs or {},
        id=known if isinstance(known := (outputs or {}).get("id"), str) else "",
        parent=options.parent,
        provider=f"{provider.urn}::id" if provider.urn else "",
        protect=options.protect,
        ignore_changes=list(options.ignoreChanges),
        additional_secret_outputs=list(options.additionalSecretOutputs),
    )
