"""Images that managed services run."""

import re
from typing import Any, Final

from mlinfra.components.managed.limits import refused
from mlinfra.components.problems import Invalid

_DIGEST: Final = re.compile(r".+@sha256:[0-9a-f]{64}")
_PRIVATE: Final = re.compile(r"\d{12}\.dkr\.ecr(-fips)?\.[\w-]+\.amazonaws\.com(\.cn)?/.+")


def pinned(value: Any) -> Any:
    """The image, when it is one by its digest in a private registry of ECR. Outputs pass unseen."""
    if isinstance(value, str):
        if not _DIGEST.fullmatch(value):
            raise Invalid("has no digest", fix="write the image as registry/repository@sha256:<64 hex digits>")
        if not _PRIVATE.fullmatch(value):
            raise refused("image-private", fix="push it to an ImageRepository and name it there")
    return value
