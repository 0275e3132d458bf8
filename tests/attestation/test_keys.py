"""Signing keys and the list of trusted ones: kept safely, and refused with a reason when they are not as they should be."""

from __future__ import annotations

import stat
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mlinfra.attestation import keys, trust
from mlinfra.errors import ConfigError

PASSPHRASE = "a passphrase that is long enough"


def test_a_key_is_encrypted_and_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "release.pem"
    public = keys.generate(file, PASSPHRASE)
    assert b"ENCRYPTED PRIVATE KEY" in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert keys.load(file, lambda: PASSPHRASE).public == public == keys.PublicKey.parse(str(public))


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "release.pem"
    keys.generate(file, PASSPHRASE)
    before = file.read_bytes()
    with pytest.raises(ConfigError, match="already"):
        keys.generate(file, PASSPHRASE)
    assert file.read_bytes() == before


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="12 are the least"):
        keys.generate(tmp_path / "release.pem", "too short")
    assert not list(tmp_path.iterdir())


def test_a_wrong_passphrase_and_a_damaged_file(tmp_path: Path) -> None:
    file = tmp_path / "release.pem"
    keys.generate(file, PASSPHRASE)
    with pytest.raises(ConfigError, match="does not open"):
        keys.load(file, lambda: "another passphrase")
    lines = file.read_bytes().splitlines()
    file.write_bytes(b"\n".join([lines[0], lines[1][::-1], *lines[2:]]))
    with pytest.raises(ConfigError, match="damaged"):
        keys.load(file, lambda: PASSPHRASE)


def test_what_is_no_key_of_ours(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        keys.load(tmp_path / "none.pem", lambda: PASSPHRASE)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    open_key = Ed25519PrivateKey.generate().private_bytes(encoding, form, serialization.NoEncryption())
    (tmp_path / "open.pem").write_bytes(open_key)
    with pytest.raises(ConfigError, match="no encrypted private key"):
        keys.load(tmp_path / "open.pem", lambda: PASSPHRASE)
    locked = serialization.BestAvailableEncryption(PASSPHRASE.encode())
    (tmp_path / "ec.pem").write_bytes(generate_private_key(SECP256R1()).private_bytes(encoding, form, locked))
    with pytest.raises(ConfigError, match="no Ed25519 key"):
        keys.load(tmp_path / "ec.pem", lambda: PASSPHRASE)


@pytest.mark.parametrize("name", ["", "../etc/passwd", "A", "a/b", "-x"])
def test_a_name_that_names_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="no name for a key"):
        keys.key_file(tmp_path, name)


def test_trusted_keys_are_kept_in_order(tmp_path: Path) -> None:
    file = tmp_path / trust.FILE
    first, second = keys.generate(tmp_path / "a.pem", PASSPHRASE), keys.generate(tmp_path / "b.pem", PASSPHRASE)
    trust.trust(file, "a", first, date(2026, 1, 1))
    trust.trust(file, "b", second, date(2026, 6, 1), date(2027, 6, 1))
    trust.retire(file, "a", date(2026, 7, 1))
    assert trust.read(file) == [
        trust.TrustedKey("a", first, date(2026, 1, 1), date(2026, 7, 1)),
        trust.TrustedKey("b", second, date(2026, 6, 1), date(2027, 6, 1)),
    ]
    for name, key in (("a", second), ("c", first)):
        with pytest.raises(ConfigError, match="already"):
            trust.trust(file, name, key, date(2026, 1, 1))
    with pytest.raises(ConfigError, match="choose from a, b"):
        trust.retire(file, "z", date(2026, 1, 1))


KEY = "A" * 43 + "="


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ("", "no list of trusted keys"),
        ("keys: []", "no list of trusted keys"),
        ("- a", "no list of trusted keys"),
        ("keys: [a]", "key 1 is no entry"),
        (f"keys: [{{name: a, key: {KEY}}}]", "key 1 is no entry"),
        (f"keys: [{{name: a, key: {KEY}, since: 2026-01-01, extra: 1}}]", "key 1 is no entry"),
        ("keys: [{name: a, key: short, since: 2026-01-01}]", "key = 'short'"),
        (f"keys: [{{name: 1, key: {KEY}, since: 2026-01-01}}]", "name = 1"),
        (f"keys: [{{name: a, key: {KEY}, since: soon}}]", "since = 'soon'"),
        (f"keys: [{{name: a, key: {KEY}, since: 2026-01-01, until: 7}}]", "until = 7"),
        (f"keys: [{{name: a, key: {KEY}, since: 2026-01-01}}, {{name: b, key: {KEY}, since: 2026-01-01}}]", "twice"),
        ("keys: [", "cannot be read"),
    ],
)
def test_a_list_that_makes_no_sense(tmp_path: Path, content: str, wrong: str) -> None:
    file = tmp_path / trust.FILE
    file.write_text(content)
    with pytest.raises(ConfigError, match=wrong):
        trust.read(file)


def test_no_list(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no"):
        trust.read(tmp_path / trust.FILE)
