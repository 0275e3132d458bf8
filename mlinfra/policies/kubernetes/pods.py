"""Pods, wherever a workload has them: the one place that knows where. `defaults/kubernetes.toml` says it for every kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from mlinfra.compliance.defaults import embedded
from mlinfra.compliance.families import family
from mlinfra.compliance.truth import NOT_APPLICABLE, Truth, all_of, any_of
from mlinfra.compliance.values import Value
from mlinfra.graph_values import at, join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlinfra.compliance.resource import Resource

POD_SPEC: Final = "kubernetes:core/*:PodSpec"
PLACES: Final = embedded(POD_SPEC)
WORKLOADS: Final = tuple(PLACES)
"""Every kind that has pods, as families of types."""

PROGRAMS: Final = embedded("kubernetes:core/*:Program")
"""Where kinds say themselves what runs, and leave the rest of the pod to an operator: TrainJobs and Spark applications."""

_CONTAINERS: Final = ("containers", "initContainers", "ephemeralContainers", "container", "script", "model")


def pods(resource: Resource) -> list[Value]:
    """The pod specs of a workload. One that may be there but is not known stands for itself."""
    root = Value(resource, "", resource.node.inputs)
    return [pod for place in PLACES.get(family(resource.type), ()) for pod in spread(root, place)]


def spread(value: Value, path: str) -> Iterator[Value]:
    """What is at a path in which `[]` is every item and `*` every key; nothing where there is nothing."""
    marks = [(path.find(mark), mark) for mark in ("[]", ".*") if mark in path]
    end, mark = min(marks, default=(len(path), ""))
    here = value
    if head := path[:end]:
        raw = value.raw if value.is_unknown else at(value.raw, head, None) if isinstance(value.raw, Mapping) else None
        here = Value(value.resource, f"{value.path}.{head}" if value.path else head, raw)
    if here.raw is None:
        return
    rest = path[end + len(mark) :].lstrip(".")
    if here.is_unknown or not mark:
        yield here
    elif mark == "[]":
        for item in here.each():
            yield from spread(item, rest)
    else:
        for item in (inner for _, inner in here.items()):
            yield from spread(item, rest)


def every_pod(resource: Resource, says: Callable[[Value], Truth]) -> Truth:
    """Whether something holds for every pod of a workload; nothing is said of a workload without any."""
    found = pods(resource)
    return all_of(map(says, found)) if found else NOT_APPLICABLE


def every_container(resource: Resource, says: Callable[[Value, Value], Truth]) -> Truth:
    """Whether something holds for every container of every pod: says(pod, container)."""
    return every_pod(resource, lambda pod: containers_of(pod, lambda one: says(pod, one)))


def programs(resource: Resource) -> list[Value]:
    """What a TrainJob or a Spark application says itself of what runs."""
    root = Value(resource, "", resource.node.inputs)
    return [one for place in PROGRAMS.get(family(resource.type), ()) for one in spread(root, place)]


def every_program(resource: Resource, says: Callable[[Value, Value], Truth]) -> Truth:
    """Whether something holds for every container, and for what a TrainJob or a Spark application says itself."""
    return all_of((every_container(resource, says), *(says(one, one) for one in programs(resource))))


def containers_of(pod: Value, says: Callable[[Value], Truth]) -> Truth:
    """Whether something holds for every container of a pod."""
    found = [pod[place].every(says) for place in _CONTAINERS if pod[place].raw is not None]
    return all_of(found) if found else NOT_APPLICABLE


def a_container(pod: Value, says: Callable[[Value], Truth]) -> Truth:
    """Whether something holds for one container of a pod."""
    return any_of(pod[place].any(says) for place in _CONTAINERS if pod[place].raw is not None)


def effective(pod: Value, container: Value, setting: str) -> Value:
    """A setting of the security context: the container's own, or else the pod's."""
    own = container[f"securityContext.{setting}"]
    return pod[f"securityContext.{setting}"] if own.raw is None else own


def resource_of(container: Value, name: str, kind: str = "limits") -> Value:
    """How much of a resource, such as nvidia.com/gpu, a container is limited to (or requests)."""
    amounts = container[f"resources.{kind}"]
    return Value(amounts.resource, join(amounts.path, name), amounts.key(name).raw)


def namespace(resource: Resource) -> Value:
    """The namespace of an object."""
    return resource["metadata.namespace"]
