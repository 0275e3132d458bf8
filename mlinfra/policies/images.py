"""What rules of several services ask about container images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mlinfra.compliance.truth import Truth
    from mlinfra.compliance.values import Value

_DIGEST: Final = r".+@sha256:[0-9a-f]{64}"
_PINNED: Final = _DIGEST + r"|.+:(?!(latest|main|master|nightly|edge|stable)$)[^/:@]+"
_PRIVATE: Final = r"\d{12}\.dkr\.ecr(-fips)?\.[\w-]+\.amazonaws\.com(\.cn)?/.+"
_DEEP_LEARNING: Final = "763104351884|626614931356|871362719292|364406365360|907027046896|692866216735|217643126080|914824155844|727897471807"
"""The accounts of AWS's Deep Learning Containers, and of them those tags that name a build (`…-v1.9`, with or without its
time): https://github.com/aws/deep-learning-containers/blob/0081995/available_images.md, "You can pin your version"."""
_BUILD_OF_AWS: Final = (
    rf"({_DEEP_LEARNING})\.dkr\.ecr\.[\w-]+\.amazonaws\.com(\.cn)?/[^:@]+:[^:@]+-v\d+\.\d+(-\d{{4}}(-\d{{2}}){{5}})?"
)


def is_pinned(image: Value) -> Truth:
    """Whether an image has a version or a digest."""
    return image.matches(_PINNED, "an image with a version or a digest")


def has_digest(image: Value) -> Truth:
    """Whether an image is one and the same for ever: named by its digest."""
    return image.matches(_DIGEST, "an image by its digest")


def stays_the_same(image: Value) -> Truth:
    """Whether an image is named by its digest, or is a single build of AWS's own, which AWS says how to name."""
    return image.matches(f"{_DIGEST}|{_BUILD_OF_AWS}", "an image by its digest")


def is_private(image: Value) -> Truth:
    """Whether an image comes from a private registry of ECR."""
    return image.matches(_PRIVATE, "an image in a private ECR registry")
