"""The account on disk: everything that moto and the overlay hold, in one pickle that keeps what refers to what.

It is read only by the very versions that wrote it, from a file that only its owner can write.
"""

from __future__ import annotations

import copyreg
import importlib
import io
import json
import marshal
import pickle
import platform
import sys
import threading
import types
import weakref
import zlib
from collections import defaultdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.server.files import write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LOCKS: Final = (type(threading.Lock()), type(threading.RLock()))


class SnapshotError(Exception):
    """A snapshot that cannot be read, in a few words."""


def save(path: Path, generation: str, ours: Any) -> None:
    """Write the account of this process to `path`, whole or not at all. `ours` is what there is beside moto's part."""
    moto = [(_home(backends), dict(backends)) for backends in _used_backends()]
    stream = io.BytesIO()
    _Pickler(stream, protocol=pickle.HIGHEST_PROTOCOL).dump((moto, ours))
    header = json.dumps({"generation": generation, "versions": _versions()}).encode()
    write_private(path, header + b"\n" + zlib.compress(stream.getvalue(), level=1))


def load(path: Path) -> tuple[str, Any]:
    """Put the account at `path` into this process; its generation and what `save` was given beside it.

    Raises `SnapshotError` when there is none that this process can read; moto is untouched then.
    """
    try:
        header, _, content = path.read_bytes().partition(b"\n")
        about = json.loads(header)
        if about["versions"] != _versions():
            wrote, reads = about["versions"], _versions()
            raise SnapshotError(f"it was written by {wrote}, and this is {reads}")  # noqa: TRY301
        moto, ours = pickle.loads(zlib.decompress(content))  # noqa: S301 - our own file, see above
    except SnapshotError:
        raise
    except Exception as error:
        raise SnapshotError(f"{type(error).__name__}: {error}") from error
    for (module, name), accounts in moto:
        backends = getattr(importlib.import_module(module), name)
        backends.update(accounts)
        _used_backends().append(backends)
    return str(about["generation"]), ours


def _versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in ("pulumi-mlinfra", "moto", "botocore", "cryptography")},
    }


def _used_backends() -> list[Any]:
    """The list that moto keeps of the backends that hold anything, one for each service."""
    from moto.core import base_backend

    backends: Any = base_backend.BackendDict
    used: list[Any] = backends._instances  # noqa: SLF001
    return used


def _home(backends: Any) -> tuple[str, str]:
    """The module and the name under which moto keeps the backends of a service."""
    module = sys.modules[backends.backend.__module__]
    return module.__name__, next(name for name, value in vars(module).items() if value is backends)


class _Pickler(pickle.Pickler):
    """Also takes what moto keeps and pickle refuses: locks, keys, certificates, weak references, nameless functions."""

    def reducer_override(self, thing: Any) -> Any:
        if isinstance(thing, _LOCKS):
            return threading.RLock, ()
        if isinstance(thing, weakref.WeakValueDictionary):
            return weakref.WeakValueDictionary, (dict(thing),)
        if isinstance(thing, weakref.ReferenceType):
            return weakref.ref, (thing(),)
        if isinstance(thing, defaultdict) and type(thing) is not defaultdict:
            state = (vars(thing), {"default_factory": thing.default_factory})
            return copyreg.__newobj__, (type(thing),), state, None, iter(thing.items())  # type: ignore[attr-defined]
        if isinstance(thing, types.FunctionType) and "<" in thing.__qualname__:
            cells = [cell.cell_contents for cell in thing.__closure__ or ()]
            code = marshal.dumps(thing.__code__)
            return _function, (thing.__module__, code, thing.__name__, thing.__defaults__, cells)
        return _cryptographic(thing) if type(thing).__module__.startswith("cryptography.") else NotImplemented


def _function(module: str, code: bytes, name: str, defaults: Any, cells: list[Any]) -> Callable[..., Any]:
    scope = vars(importlib.import_module(module))
    closure = tuple(types.CellType(content) for content in cells)
    return types.FunctionType(marshal.loads(code), scope, name, defaults, closure)  # noqa: S302 - our own file


def _cryptographic(thing: Any) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization as form

    der = form.Encoding.DER
    if hasattr(thing, "private_bytes"):
        return _read, ("private", thing.private_bytes(der, form.PrivateFormat.PKCS8, form.NoEncryption()))
    if isinstance(thing, x509.Certificate):
        return _read, ("certificate", thing.public_bytes(der))
    if isinstance(thing, x509.CertificateSigningRequest):
        return _read, ("request", thing.public_bytes(der))
    if hasattr(thing, "public_bytes"):
        return _read, ("public", thing.public_bytes(der, form.PublicFormat.SubjectPublicKeyInfo))
    return NotImplemented


def _read(kind: str, content: bytes) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization as form

    readers: dict[str, Callable[[bytes], Any]] = {
        "private": lambda der: form.load_der_private_key(der, None),
        "public": form.load_der_public_key,
        "certificate": x509.load_der_x509_certificate,
        "request": x509.load_der_x509_csr,
    }
    return readers[kind](content)
