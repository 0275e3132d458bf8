"""What counts as a secret in a text, and what only looks like one."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.policies.secret_texts import has_secret, is_secret_value

SECRETS = [
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_0123456789abcdefghijABCDEFGHIJ0123456789",
    "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH",
    "-----BEGIN RSA PRIVATE KEY-----",
    "sk-proj-abcdefghijklmnopqrstuvwx",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_with_a_form_of_their_own(secret: str) -> None:
    script = f"#!/bin/bash\nexport ANYTHING={secret}\n"
    assert has_secret(script)
    assert has_secret(base64.b64encode(script.encode()).decode())
    assert is_secret_value("ANYTHING", secret)


@pytest.mark.parametrize(
    "text",
    [
        "export DB_PASSWORD=correcthorse",
        'api_key: "0123456789abcdef"',
        "--auth-token=abcdefgh12345678",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG",
    ],
)
def test_passwords_that_are_given_a_value(text: str) -> None:
    assert has_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "export DB_PASSWORD=$(aws secretsmanager get-secret-value --secret-id db)",
        "password: ${PASSWORD}",
        "--token-file=/run/secrets/token",
        "max_tokens=4096",
        "tokenizer=bert-base-uncased",
        "",
    ],
)
def test_what_only_speaks_of_secrets(text: str) -> None:
    assert not has_secret(text)


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("DB_PASSWORD", "correcthorse", True),
        ("WANDB_API_KEY", "0123456789abcdef0123", True),
        ("smtp.smtp_password", "correcthorse", True),
        ("DB_PASSWORD_ARN", "arn:aws:secretsmanager:us-east-1:1:secret:x", False),
        ("API_KEY", "arn:aws:secretsmanager:us-east-1:1:secret:x", False),
        ("TOKEN", "/var/run/token", False),
        ("TOKEN", "4096", False),
        ("PASSWORD", "", False),
        ("TOKENIZER", "bert-base-uncased", False),
        ("MONKEY", "banana", False),
        ("PASSWORD", 7, False),
    ],
)
def test_variables(name: str, value: object, secret: bool) -> None:
    assert is_secret_value(name, value) is secret


@given(st.text())
def test_any_text_can_be_asked_about(text: str) -> None:
    assert has_secret(text) in (True, False)
