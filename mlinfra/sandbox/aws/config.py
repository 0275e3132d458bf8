"""The configuration of one provider instance: region, default tags and the accounts it may touch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mlinfra.engine.provider import CheckFailure
from mlinfra.sandbox.aws.account import ACCOUNT_ID, DEFAULT_REGION
from mlinfra.stack.values import UNKNOWN, Properties, plain

# Settings that mean nothing here: credentials and endpoints are the sandbox's own, and nothing needs to be skipped.
IGNORED: Final = frozenset(
    {
        "accessKey", "secretKey", "token", "profile", "sharedConfigFiles", "sharedCredentialsFiles", "endpoints",
        "customCaBundle", "ec2MetadataServiceEndpoint", "ec2MetadataServiceEndpointMode", "httpProxy", "httpsProxy",
        "noProxy", "insecure", "maxRetries", "retryMode", "s3UsEast1RegionalEndpoint", "s3UsePathStyle",
        "skipCredentialsValidation", "skipMetadataApiCheck", "skipRegionValidation", "skipRequestingAccountId",
        "stsRegion", "tokenBucketRateLimiterCapacity", "useDualstackEndpoint", "useFipsEndpoint", "version",
        "pluginDownloadURL", "tagPolicyCompliance", "userAgent", "userAgents",
    }
)  # fmt: skip
NOTED: Final = {
    "assumeRoles": "the sandbox has one account and no permissions",
    "assumeRoleWithWebIdentity": "the sandbox has one account and no permissions",
}
KNOWN: Final = frozenset({"region", "defaultTags", "ignoreTags", "allowedAccountIds", "forbiddenAccountIds"})


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """What of a provider's configuration has an effect."""

    region: str = DEFAULT_REGION
    default_tags: Mapping[str, str] = field(default_factory=dict)
    ignored_tags: tuple[str, ...] = ()
    ignored_prefixes: tuple[str, ...] = ()

    @classmethod
    def parse(cls, properties: Properties) -> ProviderConfig:
        """The configuration in a provider's inputs, whose nested values arrive as JSON strings."""
        values = {name: _value(plain(value)) for name, value in properties.items()}
        tags, ignored = (_mapping(values.get(name)) for name in ("defaultTags", "ignoreTags"))
        return cls(
            region=str(values.get("region") or DEFAULT_REGION),
            default_tags={str(k): str(v) for k, v in _mapping(tags.get("tags")).items()},
            ignored_tags=tuple(ignored.get("keys") or ()),
            ignored_prefixes=tuple(ignored.get("keyPrefixes") or ()),
        )

    def ignores(self, key: str) -> bool:
        """Whether a tag with this key is none of the program's business."""
        return key in self.ignored_tags or key.startswith(self.ignored_prefixes)


def failures(properties: Properties) -> list[CheckFailure]:
    """What is wrong with a provider's configuration."""
    values = {name: _value(plain(value)) for name, value in properties.items() if value is not UNKNOWN}
    found = [
        CheckFailure(name, f"the provider aws has no setting {name!r}")
        for name in values
        if name not in KNOWN | IGNORED | NOTED.keys() and not name.startswith("__")
    ]
    allowed, forbidden = (
        [str(one) for one in values.get(name) or ()] for name in ("allowedAccountIds", "forbiddenAccountIds")
    )
    if ACCOUNT_ID in forbidden or (allowed and ACCOUNT_ID not in allowed):
        setting = "forbiddenAccountIds" if ACCOUNT_ID in forbidden else "allowedAccountIds"
        found.append(
            CheckFailure(setting, f"AWS account ID not allowed: {ACCOUNT_ID} (the sandbox's account); see {setting!r}")
        )
    return found


def notes(properties: Properties) -> list[str]:
    """What the user should know about settings that have no effect here."""
    return [
        f"the sandbox ignores the provider setting {name!r}: {why}"
        for name, why in NOTED.items()
        if properties.get(name)
    ]


def _value(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
