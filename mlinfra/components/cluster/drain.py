"""Empties a cluster of what its controllers made in AWS, in an order in which it can go.

Load balancers, volumes and nodes outlive a cluster that is deleted over them: nobody is left who would delete them, and
their network interfaces hold the VPC. So they go first, while their controllers still run, each kind when what uses it is
gone. Pure but for the client.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from mlinfra.errors import MlinfraError

Manifest = Mapping[str, Any]
TIMEOUT: Final = 900.0  # seconds for each step; nodes take longest
INTERVAL: Final = 5.0  # seconds between looks
SHOWN: Final = 8  # objects that a message names


class DrainError(MlinfraError):
    """Something in the cluster does not go."""


class Objects(Protocol):
    """The objects of a cluster, as a drain needs them."""

    def list(self, api_version: str, kind: str) -> Sequence[Manifest]:
        """All objects of a kind in all namespaces; none when the cluster does not serve it."""
        ...

    def delete(self, api_version: str, kind: str, namespace: str, name: str) -> None:
        """Ask for an object's end, and of what it owns after it; one that is gone is fine."""
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """Objects that a step deletes and waits for."""

    api_version: str
    kind: str
    chosen: Callable[[Manifest], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class Step:
    """What goes at the same time. `wait`: whether the next step needs it gone."""

    title: str
    targets: tuple[Target, ...]
    wait: bool = True


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a drain is: the step, and what it still waits for as `Kind namespace/name`."""

    step: str
    waiting: tuple[str, ...]


def steps(objects: Objects) -> Iterator[Step]:
    """The steps of a cluster, each told when the ones before it are done."""
    hooks = "admissionregistration.k8s.io/v1"
    dead = _without_backend(objects)
    yield Step(
        "webhooks that nobody answers, and that would refuse everything else",
        tuple(Target(hooks, kind, dead) for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")),
    )
    yield Step(
        "load balancers",
        (
            Target("networking.k8s.io/v1", "Ingress"),
            Target("gateway.networking.k8s.io/v1", "Gateway"),
            Target("v1", "Service", lambda one: _at(one, "spec", "type") == "LoadBalancer"),
        ),
    )
    made = _deleted_with_claim(objects)
    users = _users(objects, made)
    yield Step(
        "workloads that would make volumes again",
        (Target("apps/v1", "StatefulSet", lambda one: bool(_at(one, "spec", "volumeClaimTemplates"))),),
    )
    # A claim that is being deleted admits no further pod, so that it goes with the pods that use it now.
    yield Step(
        "volumes",
        (
            Target("v1", "PersistentVolumeClaim", lambda one: _key(one) in made),
            Target("v1", "Pod", lambda one: _key(one) in users),
        ),
    )
    yield Step("volumes in AWS", (Target("v1", "PersistentVolume", _is_deleted_with_claim),))
    yield Step("nodes that Karpenter or EKS makes", (Target("karpenter.sh/v1", "NodePool"),), wait=False)
    yield Step("nodes in AWS", (Target("karpenter.sh/v1", "NodeClaim"), Target("karpenter.sh/v1", "NodePool")))
    yield Step("classes of nodes", (Target("karpenter.k8s.aws/v1", "EC2NodeClass"),))


def drain(
    objects: Objects,
    report: Callable[[Progress], None] = lambda _: None,
    *,
    timeout: float = TIMEOUT,
    interval: float = INTERVAL,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Delete what controllers made in AWS, step by step; returns what was asked to go, as `Kind namespace/name`.

    `timeout` is each step's, in seconds. Raises DrainError naming what is still there, and which finalizers hold it.
    Asking twice is fine: a drain that was cut short goes on where it was.
    """
    asked: list[str] = []
    for step in steps(objects):
        until = clock() + timeout
        while left := _remaining(objects, step):
            for target, one in left:
                name = _named(target, one)
                if not _at(one, "metadata", "deletionTimestamp") and name not in asked:
                    objects.delete(target.api_version, target.kind, *_key(one))
                    asked.append(name)
            report(Progress(step.title, tuple(_named(target, one) for target, one in left)))
            if not step.wait:
                break
            if clock() >= until:
                raise _stuck(step, left, timeout)
            sleep(interval)
    return asked


def planned(objects: Objects) -> list[tuple[str, list[str]]]:
    """What a drain would delete as things are, by step, as `Kind namespace/name`. Deletes nothing."""
    every = (
        (step.title, [_named(target, one) for target, one in _remaining(objects, step)]) for step in steps(objects)
    )
    return [(title, names) for title, names in every if names]


def _remaining(objects: Objects, step: Step) -> list[tuple[Target, Manifest]]:
    return [
        (target, one)
        for target in step.targets
        for one in objects.list(target.api_version, target.kind)
        if target.chosen(one)
    ]


def _stuck(step: Step, left: Sequence[tuple[Target, Manifest]], timeout: float) -> DrainError:
    held = []
    for target, one in left[:SHOWN]:
        finalizers = ", ".join(_at(one, "metadata", "finalizers") or ())
        held.append(_named(target, one) + (f" (held by {finalizers})" if finalizers else ""))
    more = f" and {len(left) - SHOWN} more" if len(left) > SHOWN else ""
    return DrainError(
        f"after {timeout:g} seconds there are still {step.title}: {', '.join(held)}{more}",
        fix="see whether the controller that holds them runs (kubectl -n kube-system get pods), then drain again",
    )


def _without_backend(objects: Objects) -> Callable[[Manifest], bool]:
    """Whether some webhook of a configuration, refusing what it cannot judge, leads to a service without endpoints."""
    ready = {
        (namespace, str(_at(one, "metadata", "labels", "kubernetes.io/service-name")))
        for one in objects.list("discovery.k8s.io/v1", "EndpointSlice")
        for namespace in [_key(one)[0]]
        if any(_at(endpoint, "conditions", "ready") is not False for endpoint in one.get("endpoints") or ())
    }

    def dead(configuration: Manifest) -> bool:
        services = [
            _at(hook, "clientConfig", "service")
            for hook in configuration.get("webhooks") or ()
            if hook.get("failurePolicy", "Fail") == "Fail"
        ]
        return any(service and (service["namespace"], service["name"]) not in ready for service in services)

    return dead


def _is_deleted_with_claim(volume: Manifest) -> bool:
    return _at(volume, "spec", "persistentVolumeReclaimPolicy") == "Delete" and bool(_at(volume, "spec", "csi"))


def _deleted_with_claim(objects: Objects) -> set[tuple[str, str]]:
    """The claims whose volumes are deleted with them, and those that wait for one."""
    deleted = {
        (_at(one, "spec", "claimRef", "namespace"), _at(one, "spec", "claimRef", "name"))
        for one in objects.list("v1", "PersistentVolume")
        if _is_deleted_with_claim(one)
    }
    claims = objects.list("v1", "PersistentVolumeClaim")
    waiting = {_key(one) for one in claims if not _at(one, "spec", "volumeName")}
    return {_key(one) for one in claims} & (deleted | waiting)


def _users(objects: Objects, claims: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The pods that mount any of the claims."""
    return {
        _key(pod)
        for pod in objects.list("v1", "Pod")
        for volume in _at(pod, "spec", "volumes") or ()
        if (_key(pod)[0], _at(volume, "persistentVolumeClaim", "claimName")) in claims
    }


def _named(target: Target, one: Manifest) -> str:
    return f"{target.kind} {'/'.join(filter(None, _key(one)))}"


def _key(one: Manifest) -> tuple[str, str]:
    """Namespace (empty where there is none) and name."""
    return str(_at(one, "metadata", "namespace") or ""), str(_at(one, "metadata", "name"))


def _at(value: Any, *path: str) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value
