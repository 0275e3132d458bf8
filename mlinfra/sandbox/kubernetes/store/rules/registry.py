"""Every rule by the kind that it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.sandbox.kubernetes.store.rules import config, custom, metadata, network, rbac, updates, workloads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlinfra.sandbox.kubernetes.backend import Kind, Manifest

RULES: Final[Mapping[tuple[str, str], Callable[[Manifest], Iterator[str]]]] = {
    **config.RULES,
    **custom.RULES,
    **network.RULES,
    **rbac.RULES,
    **workloads.RULES,
}


def check(kind: Kind, manifest: Manifest) -> Iterator[str]:
    """What is wrong with a complete object, as `spec.ports[0].port: Invalid value: 0: must be between 1 and 65535`."""
    yield from metadata.check(kind, manifest)
    rule = RULES.get((kind.group, kind.name))
    if rule is not None:
        yield from rule(manifest)


def check_update(kind: Kind, live: Manifest, changed: Manifest) -> Iterator[str]:
    """What of a change the object does not allow."""
    yield from updates.check(kind, live, changed)
