"""Where moto 5.2.5 is wrong about KMS: keys named by their ARNs, and private keys where there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable


def _by_id(original: Any, backend: Any, key_id: str, *arguments: Any) -> Any:
    """Some operations know keys only by their ids; AWS takes ARNs for them, too."""
    return original(backend, backend.any_id_to_key_id(key_id), *arguments)


def _private_key(original: Any, key_spec: str) -> Any:
    """A symmetric key has no private one, which takes a tenth of a second to make."""
    return None if key_spec.startswith(("SYMMETRIC", "HMAC")) else original(key_spec)


def _public_key(original: Any, backend: Any, key_id: str) -> Any:
    from moto.core.exceptions import JsonRESTError

    key = backend.describe_key(key_id)
    if key.private_key is None:
        message = f"{key.arn} key spec is {key.key_spec}, which is not valid for GetPublicKey."
        raise JsonRESTError("UnsupportedOperationException", message)
    return original(backend, key_id)


_NAMED: Final = ("disable_key", "enable_key", "schedule_key_deletion", "cancel_key_deletion")
REPLACEMENTS: Final[list[tuple[str, Callable[..., Any]]]] = [
    *((f"moto.kms.models:KmsBackend.{name}", _by_id) for name in _NAMED),
    ("moto.kms.models:KmsBackend.get_public_key", _public_key),
    ("moto.kms.models:generate_private_key", _private_key),
]
