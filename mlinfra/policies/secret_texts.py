"""Secrets that stand in texts: keys and tokens with a form of their own, and passwords that are given a value."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mlinfra.compliance.truth import Truth
    from mlinfra.compliance.values import Value

# Forms: docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html; docs.github.com "About authentication to
# GitHub"; huggingface.co/docs/hub/security-tokens; RFC 7468; the token prefixes of Slack, GitLab, OpenAI and Anthropic.
_TOKEN: Final = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_[A-Za-z0-9_]{22,}|\bglpat-[A-Za-z0-9_-]{20,}"
    r"|\bhf_[A-Za-z0-9]{30,}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bsk-(?:proj-|ant-)?[A-Za-z0-9_-]{20,}"
    r"|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"
)
_ASSIGNED: Final = re.compile(
    r"(?i)[\w-]*(?:password|passwd|secret[_-]?key|secret[_-]?access[_-]?key|api[_-]?key|auth[_-]?token|access[_-]?token)"
    r"\s*[=:]\s*[\"']?(?P<value>[^\s\"'$<>{},;]{8,})"
)
_SECRET_NAME: Final = re.compile(
    r"(?i)(^|.*[_.-])(password|passwd|secret|secret[_-]?access[_-]?key|secret[_-]?key|api[_-]?key|private[_-]?key"
    r"|(auth|access|api|hub|hf|bearer)[_-]?token|token)$"
)
_ELSEWHERE: Final = re.compile(r"(?i)(arn:|https?:|s3:|/|\$|\{\{|<|changeme-ref)|(true|false|none|null|\d{1,4})$")


def has_secret(text: str) -> bool:
    """Whether a text, or what it is the base64 of, holds a secret."""
    return any(_TOKEN.search(one) or _ASSIGNED.search(one) for one in (text, _decoded(text)))


def is_secret_value(name: str, value: Any) -> bool:
    """Whether an environment variable holds a secret, by the form of its value or by its name.

    A path, a URL, an ARN or a reference under such a name only says where the secret is.
    """
    if not isinstance(value, str) or not value:
        return False
    return bool(_TOKEN.search(value) or (_SECRET_NAME.match(name) and not _ELSEWHERE.match(value)))


def no_secret(text: Value) -> Truth:
    """Whether a text holds no secret."""
    return text.where(lambda raw: not isinstance(raw, str) or not has_secret(raw), "no secret in it")


def no_secret_variable(name: str, value: Value) -> Truth:
    """Whether an environment variable holds no secret."""
    return value.where(lambda raw: not is_secret_value(name, raw), "no secret: a reference to one")


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
