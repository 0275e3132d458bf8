"""Hooks of ACM's types."""
# ruff: noqa: D102 (the methods are Hook's)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlinfra.sandbox.aws.hooks.base import Hook

if TYPE_CHECKING:
    from mlinfra.sandbox.aws.resource import Resource


class Certificate(Hook):
    """ACM counts a certificate's own name among its alternative names, whether the program does or not."""

    def learned(self, resource: Resource, data: Any) -> None:
        names, domain = resource.outputs.get("subjectAlternativeNames"), resource.outputs.get("domainName")
        if names is not None and domain not in (resource.inputs.get("subjectAlternativeNames") or ()):
            resource.outputs["subjectAlternativeNames"] = [name for name in names if name != domain]
