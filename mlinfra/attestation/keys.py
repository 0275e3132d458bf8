"""Signing keys: Ed25519, encrypted at rest with a passphrase (PKCS #8), readable by their owner alone."""

from __future__ import annotations

import base64
import contextlib
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from securesystemslib.signer._crypto_signer import CryptoSigner
    from securesystemslib.signer._key import SSlibKey

PASSPHRASE_VARIABLE: Final = "MLINFRA_KEY_PASSPHRASE"  # noqa: S105 - a variable's name
MIN_PASSPHRASE: Final = 12  # characters
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_RAW: Final = 32  # bytes of an Ed25519 public key


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Half of a key that everybody may have."""

    raw: bytes

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """The key of its text, which is base64 of 32 bytes. Raises ValueError."""
        raw = base64.b64decode(text.strip(), validate=True)
        if len(raw) != _RAW:
            raise ValueError(f"{len(raw)} bytes are no Ed25519 key, which has {_RAW}")
        return cls(raw)

    @property
    def id(self) -> str:
        """What tells it from others: the SHA-256 of its SubjectPublicKeyInfo, in hexadecimal."""
        der = self._key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        digest = hashes.Hash(hashes.SHA256())
        digest.update(der)
        return digest.finalize().hex()

    @property
    def _key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.raw)

    def verifier(self) -> SSlibKey:
        """The key as the envelope's library takes it."""
        made: SSlibKey = envelopes().signer.SSlibKey.from_crypto(self._key, keyid=self.id)
        return made

    def __str__(self) -> str:
        return base64.b64encode(self.raw).decode("ascii")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A whole key, open for signing."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> PublicKey:
        """The half that others verify with."""
        encoding, form = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        return PublicKey(self.private.public_key().public_bytes(encoding, form))

    def signer(self) -> CryptoSigner:
        """The key as the envelope's library takes it."""
        made: CryptoSigner = envelopes().signer.CryptoSigner(self.private, self.public.verifier())
        return made


def envelopes() -> Any:
    """The library of the envelope, with its modules dsse, exceptions and signer. Raises ConfigError when it is absent."""
    try:
        import securesystemslib.dsse
        import securesystemslib.exceptions
        import securesystemslib.signer
    except ModuleNotFoundError:
        raise ConfigError(
            "signing and verifying need the extra `attest`", fix="pip install 'pulumi-mlinfra[attest]'"
        ) from None
    return securesystemslib


def key_file(home: Path, name: str) -> Path:
    """Where a key of the user's is kept; raises ConfigError for a name that names no file."""
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r} is no name for a key", fix="use lower-case letters, digits, `.`, `_` and `-`")
    return home / "keys" / f"{name}.pem"


def generate(file: Path, passphrase: str) -> PublicKey:
    """Make a key and write it, encrypted, to a new file. Raises ConfigError when the file exists or cannot be written."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise ConfigError(
            f"the passphrase has {len(passphrase)} characters, {MIN_PASSPHRASE} are the least",
            fix=f"set {PASSPHRASE_VARIABLE} to a longer one",
        )
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode("utf-8")),
    )
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(
            f"there is a key in {file} already", fix="choose another name; a key is never overwritten"
        ) from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(pem)
    except OSError as error:
        with contextlib.suppress(OSError):
            file.unlink()
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from None
    return SigningKey(key).public


def load(file: Path, passphrase: Callable[[], str]) -> SigningKey:
    """The key in a file. Raises ConfigError when there is none, it is not encrypted, or the passphrase is wrong."""
    try:
        pem = file.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"the key {file} cannot be read: {error.strerror}", fix="`mlinfra keys generate NAME` makes one"
        ) from None
    if b"BEGIN ENCRYPTED PRIVATE KEY" not in pem:
        raise ConfigError(
            f"{file} is no encrypted private key in PEM", fix="`mlinfra keys generate NAME` makes one that is"
        )
    try:
        key = serialization.load_pem_private_key(pem, passphrase().encode("utf-8"))
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigError(
            f"the passphrase does not open {file}, or the file is damaged",
            fix=f"set {PASSPHRASE_VARIABLE} to the right one",
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{file} holds no Ed25519 key", fix="`mlinfra keys generate NAME` makes one")
    return SigningKey(key)
