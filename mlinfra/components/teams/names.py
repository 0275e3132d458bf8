"""Names that Kubernetes and EKS take for what a team's space is made of."""

import re
from collections.abc import Callable
from typing import Final

from mlinfra.catalog.node_agents import agent_namespaces
from mlinfra.components.problems import Invalid

MAX_LABEL: Final = 63
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")  # RFC 1123, as Kubernetes names namespaces and policies
_GROUP: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_./-]{0,127}")
_DEVICE: Final = re.compile(r"[a-z0-9.-]+\.[a-z0-9-]+/[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_CLASS: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_QUANTITY: Final = re.compile(r"[1-9][0-9]*(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
_OF_THE_CLUSTER: Final = ("default",)
_KUBERNETES: Final = "kube-"
"""Kubernetes keeps namespaces with this prefix for itself.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
"""


def label(what: str, example: str) -> Callable[[str], str]:
    """A check that something can be a label in the sense of DNS."""

    def check(value: str) -> str:
        if len(value) > MAX_LABEL or not _LABEL.fullmatch(value):
            reason = f"{value!r} is not {what}: lower-case letters, digits and hyphens, {MAX_LABEL} characters at most"
            raise Invalid(reason, fix=f"give one such as {example}")
        return value

    return check


def namespace(value: str) -> str:
    """A namespace of a team's own: neither Kubernetes' nor one in which node agents run."""
    label("the name of a namespace", "vision")(value)
    if value.startswith(_KUBERNETES) or value in {*_OF_THE_CLUSTER, *agent_namespaces()}:
        raise Invalid(f"{value!r} belongs to the cluster", fix="give the team a namespace of its own")
    return value


def group(value: str) -> str:
    """A group of an access entry. Those with a prefix are Kubernetes' and AWS's own.

    Source: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessEntry.html
    """
    if not _GROUP.fullmatch(value):
        raise Invalid(f"{value!r} is not the name of a group", fix="give one such as vision-science; no wildcards")
    if value.startswith(("system:", "eks:", "aws:", "amazon:", "iam:")):
        reason = f"{value!r} is a group of Kubernetes or AWS, not one of people"
        raise Invalid(reason, fix="name a group that an access entry of the cluster gives, such as vision-science")
    return value


def device(value: str) -> str:
    """An extended resource, such as nvidia.com/gpu."""
    if not _DEVICE.fullmatch(value):
        raise Invalid(f"{value!r} is not the name of a device", fix="give one such as nvidia.com/mig-1g.10gb")
    return value


def device_class(value: str) -> str:
    """A device class of dynamic resource allocation, such as mig.nvidia.com."""
    if not _CLASS.fullmatch(value):
        raise Invalid(f"{value!r} is not the name of a device class", fix="give one such as mig.nvidia.com")
    return value


def quantity(value: str) -> str:
    """An amount of processors or memory, as Kubernetes writes it.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
    """
    if not _QUANTITY.fullmatch(value):
        raise Invalid(f"{value!r} is not an amount", fix="give one such as 500m, 2 or 4Gi")
    return value
