"""Pulumi's passphrase encryption: what `pulumi` encrypts with a passphrase is read here, and the other way round.

The key is PBKDF2-HMAC-SHA256 of the passphrase with 1,000,000 iterations, the cipher AES-256-GCM. A stack's salt is
`v1:<salt>:v1:<nonce>:<ciphertext of "pulumi">`, a ciphertext `v1:<nonce>:<ciphertext>`, all in base64
(pulumi/pulumi pkg/secrets/passphrase and sdk/go/common/resource/config/crypt.go).
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import secrets as random
import tempfile
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlinfra.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ITERATIONS: Final = 1_000_000
_SALT_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_PROBE: Final = "pulumi"  # encrypted in the salt, so that a wrong passphrase is noticed


class Crypter:
    """Encrypts and decrypts with one passphrase and salt. Threads may share it.

    Deriving the key takes a third of a second, so it waits for the first value; a stack without secrets never pays.
    Without a `salt` the first encryption makes one. `where` names, in errors, what is encrypted.
    """

    def __init__(self, passphrase: str | Callable[[], str], salt: str = "", *, where: str = "the stack") -> None:
        self._passphrase = passphrase
        self._salt = salt
        self._where = where
        self._key: bytes | None = None
        self._lock = threading.Lock()

    @property
    def salt(self) -> str:
        """What the stack's file or state keeps to verify the passphrase; "" while nothing was encrypted."""
        return self._salt

    def encrypt(self, plaintext: str) -> str:
        """The ciphertext of a text. Raises StateError when the passphrase is not the one the salt was made with."""
        return _encrypt(self._derived(), plaintext)

    def decrypt(self, ciphertext: str) -> str:
        """The text of a ciphertext. Raises StateError for a wrong passphrase or a ciphertext that was changed."""
        if not self._salt:
            raise StateError(f"{self._where} has a secret but no encryption salt, so no passphrase can open it")
        key = self._derived()
        try:
            return _decrypt(key, ciphertext)
        except ValueError as error:
            raise StateError(f"a secret of {self._where} is damaged: {str(error) or 'it does not decrypt'}") from error

    def _derived(self) -> bytes:
        with self._lock:
            if self._key is None:
                passphrase = self._passphrase if isinstance(self._passphrase, str) else self._passphrase()
                if self._salt:
                    self._key = self._open(passphrase)
                else:
                    salt = os.urandom(_SALT_BYTES)
                    self._key = _derive(passphrase, salt)
                    self._salt = f"v1:{_b64(salt)}:{_encrypt(self._key, _PROBE)}"
            return self._key

    def _open(self, passphrase: str) -> bytes:
        version, _, rest = self._salt.partition(":")
        encoded, _, probe = rest.partition(":")
        if version != "v1" or not encoded:
            raise StateError(f"{self._where} has an encryption salt of an unknown form: {self._salt[:24]!r}")
        try:
            salt = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise StateError(f"{self._where} has an encryption salt that is not base64: {self._salt[:24]!r}") from error
        key = _derive(passphrase, salt)
        try:
            right = _decrypt(key, probe) == _PROBE
        except ValueError:
            right = False
        if not right:
            raise StateError(
                f"the passphrase does not open the secrets of {self._where}",
                fix="set PULUMI_CONFIG_PASSPHRASE (or PULUMI_CONFIG_PASSPHRASE_FILE) to the one it was encrypted with",
            )
        return key


def find_passphrase(home: Path, environ: Mapping[str, str] | None = None) -> str:
    """The passphrase for a user's stacks.

    PULUMI_CONFIG_PASSPHRASE (it may be empty), else the file that PULUMI_CONFIG_PASSPHRASE_FILE names, else a random one
    that is kept in `home`/passphrase, readable by its owner only. Raises StateError when a file cannot be read or written.
    """
    environ = os.environ if environ is None else environ
    if (passphrase := environ.get("PULUMI_CONFIG_PASSPHRASE")) is not None:
        return passphrase
    named = environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    file = Path(named) if named else home / "passphrase"
    try:
        if not named and not file.exists():
            _create_once(file, random.token_urlsafe(32))
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise StateError(f"the passphrase file {file} cannot be used: {reason}") from error


def _create_once(file: Path, text: str) -> None:
    """Write a new private file in one step, so that of two processes both read what the first one wrote."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fd, draft = tempfile.mkstemp(dir=file.parent, prefix=".passphrase-")  # made with mode 0600
    try:
        with os.fdopen(fd, "w", encoding="utf-8") as out:
            out.write(text + "\n")
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
    finally:
        Path(draft).unlink()


@lru_cache(maxsize=8)
def _derive(passphrase: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, _ITERATIONS, 32)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _encrypt(key: bytes, plaintext: str) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE_BYTES)
    return f"v1:{_b64(nonce)}:{_b64(AESGCM(key).encrypt(nonce, plaintext.encode(), None))}"


def _decrypt(key: bytes, ciphertext: str) -> str:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    parts = ciphertext.split(":")
    if len(parts) != 3 or parts[0] != "v1":  # noqa: PLR2004
        raise ValueError(f"{ciphertext[:16]!r} has an unknown form")
    nonce, data = (base64.b64decode(part, validate=True) for part in parts[1:])
    if len(nonce) != _NONCE_BYTES:
        raise ValueError("its nonce has a wrong length")
    try:
        return AESGCM(key).decrypt(nonce, data, None).decode()
    except InvalidTag as error:
        raise ValueError("it was changed or made with another key") from error
