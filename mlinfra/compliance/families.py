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
