"""Kubernetes objects that more than one part of a place to train declares."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from mlinfra.components.component import Component
from mlinfra.components.documents import Text


def custom(
    parent: Component[Any],
    name: str,
    *,
    api: str,
    kind: str,
    metadata: ObjectMetaArgs,
    fields: Mapping[str, Any],
    after: Sequence[pulumi.Resource] = (),
    kept: bool = False,
) -> pulumi.CustomResource:
    """An object of a custom kind, also of one whose fields stand outside of a spec, which pulumi-kubernetes has no class for.

    `kept`: it stays in the cluster when it is no longer declared.
    """
    return pulumi.CustomResource(
        f"kubernetes:{api}:{kind}",
        name,
        {"apiVersion": api, "kind": kind, "metadata": metadata, **fields},
        parent.child(depends_on=[*after], retain_on_delete=kept or None),
    )


def network_policies(
    parent: Component[Any],
    name: str,
    namespace: Text,
    policies: Mapping[str, kubernetes.networking.v1.NetworkPolicySpecArgs],
) -> list[pulumi.CustomResource]:
    """Network policies of a namespace by name."""
    return [
        kubernetes.networking.v1.NetworkPolicy(
            f"{name}-{role}",
            metadata=ObjectMetaArgs(name=role, namespace=namespace),
            spec=spec,
            opts=parent.child(),
        )
        for role, spec in policies.items()
    ]
