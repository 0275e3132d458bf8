"""What rules of several services ask about container images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mlinfra.compliance.truth import Truth
    from mlinfra.compliance.values import Value

_PINNED: Final = r".+@sha256:[0-9a-f]{64}|.+:(?!latest$)[^/:@]+"
_PRIVATE: Final = r"\d{12}\.dkr\.ecr(-fips)?\.[\w-]+\.amazonaws\.com(\.cn)?/.+"


def is_pinned(image: Value) -> Truth:
    """Whether an image has a version or a digest."""
    return image.matches(_PINNED, "an image with a version or a digest")


def has_digest(image: Value) -> Truth:
    """Whether an image is one and the same for ever: named by its digest."""
    return image.matches(r".+@sha256:[0-9a-f]{64}", "an image by its digest")


def is_private(image: Value) -> Truth:
    """Whether an image comes from a private registry of ECR."""
    return image.matches(_PRIVATE, "an image in a private ECR registry")
