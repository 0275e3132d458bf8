"""The rules as a Pulumi policy pack: what `pulumi preview --policy-pack policies` talks to.

It speaks Pulumi's analyzer protocol itself (pulumi/analyzer.proto), not through `pulumi-policy`: docs/decisions/ says why.
"""

from __future__ import annotations

from mlinfra.policypack.server import serve

__all__ = ["serve"]
