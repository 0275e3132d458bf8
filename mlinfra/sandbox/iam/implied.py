"""What a service does with keys in its caller's name: reading an encrypted object needs the key as well as the object."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.iam.requests import Need

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlinfra.sandbox.iam.account import Account

_OBJECT_ACTIONS: Final = {
    "s3:GetObject": "kms:Decrypt",
    "s3:GetObjectVersion": "kms:Decrypt",
    "s3:PutObject": "kms:GenerateDataKey",
}
_SECRET_ACTIONS: Final = {
    "secretsmanager:GetSecretValue": ("kms:Decrypt",),
    "secretsmanager:PutSecretValue": ("kms:GenerateDataKey", "kms:Decrypt"),
}


def implied(account: Account, need: Need, params: Mapping[str, Any]) -> Iterator[Need]:
    """The uses of keys that follow from a need: by S3 for objects, by Secrets Manager for secrets."""
    if need.action in _OBJECT_ACTIONS:
        name, _, key = need.resource.split(":", 5)[-1].partition("/")
        bucket = _backend("s3", account, world=True).buckets.get(name)
        if bucket is not None:
            writes = need.action == "s3:PutObject"
            default = _default(bucket)
            used = _of_new_object(default, params) if writes else getattr(bucket.keys.get(key), "kms_key_id", None)
            arn = f"arn:{account.place.partition}:s3:::{name}"  # alone where the bucket has a key of its own
            arn += "" if str(default.get("BucketKeyEnabled")).lower() == "true" else f"/{key}"
            yield from _use(account, "s3", used, {"aws:s3:arn": arn}, _OBJECT_ACTIONS[need.action])
    elif need.action in _SECRET_ACTIONS:
        secrets = _backend("secretsmanager", account).secrets.values()
        secret = next((one for one in secrets if one.arn == need.resource), None)
        used = secret.kms_key_id if secret else None
        yield from _use(account, "secretsmanager", used, {"SecretARN": need.resource}, *_SECRET_ACTIONS[need.action])


def _use(account: Account, service: str, key: str | None, encryption: dict[str, str], *actions: str) -> Iterator[Need]:
    if not key or "alias/aws/" in key:  # AWS's own keys may be used by everyone in the account, through their service
        return
    via = f"{service}.{account.place.region}.amazonaws.com"
    context = {f"kms:EncryptionContext:{name}": (value,) for name, value in encryption.items()}
    called = {"kms:ViaService": (via,), "aws:CalledVia": (via.replace(f".{account.place.region}", ""),)}
    name = key if key.startswith("arn:") else f"key/{key}"
    prefix = f"arn:{account.place.partition}:kms:{account.place.region}:{account.place.account}:"
    resource = account.resolve("kms", name if key.startswith("arn:") else prefix + name)
    for action in actions:
        yield Need(action, resource, {**context, **called, "aws:ViaAWSService": ("true",)})


def _default(bucket: Any) -> dict[str, Any]:
    """The rule by which a bucket encrypts new objects."""
    rule = (bucket.encryption or {}).get("Rule") or {}
    found: dict[str, Any] = rule[0] if isinstance(rule, list) else rule
    return found


def _of_new_object(default: dict[str, Any], params: Mapping[str, Any]) -> str | None:
    """The key that S3 encrypts a new object with: the request's, or the bucket's."""
    if params.get("ServerSideEncryption"):
        return params.get("SSEKMSKeyId")
    return (default.get("ApplyServerSideEncryptionByDefault") or {}).get("KMSMasterKeyID")


def _backend(service: str, account: Account, *, world: bool = False) -> Any:
    backends = getattr(importlib.import_module(f"moto.{service}.models"), f"{service}_backends")
    return backends[account.place.account][account.place.partition if world else account.place.region]
