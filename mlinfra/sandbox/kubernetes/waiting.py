"""How long something is waited for, and when it is looked at again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from mlinfra.sandbox.kubernetes.backend import ApiError, Hopeless
from mlinfra.sandbox.kubernetes.manifests import annotation, name_of, namespace_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlinfra.sandbox.kubernetes.backend import Cluster, Manifest

SKIP_AWAIT: Final = "pulumi.com/skipAwait"
PROPAGATION: Final = "pulumi.com/deletionPropagationPolicy"
REPLACE_UNREADY: Final = "pulumi.com/replaceUnready"
TIMEOUT: Final = "pulumi.com/timeoutSeconds"
READY_SECONDS: Final = 600.0  # as pulumi-kubernetes waits
PATIENCE_SECONDS: Final = 10.0  # with what another resource may just be making: a namespace, a definition
POLL_SECONDS: Final = 0.1


def moments(seconds: float, wanted: Callable[[], bool]) -> Iterator[int]:
    """The moments to look again, for so many seconds or as long as anybody waits."""
    deadline = time.monotonic() + seconds
    number = 0
    while True:
        yield number
        if time.monotonic() >= deadline or not wanted():
            return
        time.sleep(min(POLL_SECONDS * (1 + number / 10), 1.0))
        number += 1


def seconds(manifest: Manifest) -> float:
    """How long the object may take, by its annotation or as a rule."""
    said = annotation(manifest, TIMEOUT)
    return float(said) if said.isdigit() else READY_SECONDS


def awaited(manifest: Manifest) -> bool:
    """Whether the object's end or readiness is waited for."""
    return annotation(manifest, SKIP_AWAIT) != "true"


def until_ready(cluster: Cluster, live: Manifest, seconds: float, wanted: Callable[[], bool]) -> tuple[Manifest, str]:
    """The live object once it is ready, never will be, or time is up; and why it is not ready."""
    why = cluster.unready(live)
    if why:
        kind = cluster.kind(live["apiVersion"], live["kind"])
        for _ in moments(seconds, wanted):
            live = cluster.get(kind, namespace_of(live), name_of(live))
            why = cluster.unready(live)
            if not why or isinstance(why, Hopeless):
                break
    return live, why


def replaced_unready(open_cluster: Callable[[], Cluster], id: str, manifest: Manifest) -> tuple[str, ...]:
    """The annotation by which a Job that has not succeeded is replaced; empty unless it has it and has not."""
    if manifest["kind"] != "Job" or annotation(manifest, REPLACE_UNREADY) != "true":
        return ()
    namespace, _, name = id.rpartition("/")
    try:
        cluster = open_cluster()
        live = cluster.get(cluster.kind(manifest["apiVersion"], manifest["kind"]), namespace, name)
    except ApiError:  # as in pulumi-kubernetes: what cannot be told does not replace
        return ()
    return (f'.metadata.annotations["{REPLACE_UNREADY}"]',) if cluster.unready(live) else ()


def patiently(work: Callable[[], Manifest], patience: float, wanted: Callable[[], bool]) -> Manifest:
    """The work's result, tried again while what it needs is not there: its kind or its namespace."""
    for _ in moments(patience, wanted):
        try:
            return work()
        except ApiError as error:
            if not error.missing or patience == 0:
                raise
    return work()


def propagation(manifest: Manifest) -> str:
    """How what the object owns goes with it: first, unless its annotation says otherwise."""
    said = annotation(manifest, PROPAGATION).lower()
    return {"foreground": "Foreground", "orphan": "Orphan", "background": "Background"}.get(said, "Foreground")
