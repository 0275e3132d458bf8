"""Types whatever their API version: rules about Kubernetes name kinds and API groups, not versions."""

from __future__ import annotations

import functools


@functools.cache
def family(type: str) -> str:
    """`kubernetes:apps/*:Deployment` for `kubernetes:apps/v1:Deployment`; types of other packages are their own families."""
    package, _, rest = type.partition(":")
    module, _, kind = rest.partition(":")
    group, slash, _ = module.partition("/")
    return f"{package}:{group}/*:{kind}" if package == "kubernetes" and slash else type


@functools.cache
def kinds(type: str) -> tuple[str, ...]:
    """What a rule may call a type to be about it: itself, its family, or `aws:*` for everything of its package."""
    return tuple(dict.fromkeys((type, family(type), f"{type.partition(':')[0]}:*")))
