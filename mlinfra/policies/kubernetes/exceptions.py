"""Node agents: what they need and no other pod may have (`mlinfra/catalog/node_agents.toml`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.catalog.node_agents import agent, agent_namespaces
from mlinfra.compliance.families import family
from mlinfra.compliance.truth import State, Truth
from mlinfra.policies.kubernetes.pods import namespace

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.compliance.values import Value

_DAEMON_SET: Final = "kubernetes:apps/*:DaemonSet"


def agent_may(container: Value, what: str = "") -> Truth:
    """Whether a container is of a node agent that may do something (or of any node agent)."""
    return _is_agent(container, lambda raw: (found := agent(raw)) is not None and (not what or what in found.may))


def agents_may(pod: Value, what: str) -> Truth:
    """Whether all containers of a pod are of node agents that may do something."""
    return pod["containers"].any(lambda one: agent_may(one, what)) & pod["containers"].every(agent_may)


def agent_may_mount(pod: Value, path: str) -> Truth:
    """Whether a container of a pod is of a node agent that may mount a path of the node."""
    return pod["containers"].any(
        lambda one: _is_agent(one, lambda raw: (found := agent(raw)) is not None and found.may_mount(path))
    )


def _is_agent(container: Value, test: Callable[[str], bool]) -> Truth:
    resource = container.resource
    if family(resource.type) != _DAEMON_SET:
        return Truth(State.FALSE)
    image = container["image"].where(lambda raw: isinstance(raw, str) and test(raw), "a node agent that may")
    return image & namespace(resource).is_(*sorted(agent_namespaces())).wanted("a namespace of node agents")
