"""Stacks on this machine: where their state is kept, how it is read and written, and who may change it.

`$MLINFRA_HOME/state/<project>/<stack>.json` is the state, `.bak` the one before, `.journal` what a deployment under way (or
killed) has done since, `.lock` the lock.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from mlinfra.errors import StateError
from mlinfra.stack import deployment
from mlinfra.stack.deployment import DamagedError, Document
from mlinfra.stack.journal import FileJournal, base_of, recover
from mlinfra.stack.lock import Holder, holder, locked, release
from mlinfra.stack.secrets import Crypter
from mlinfra.stack.urn import STACK_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mlinfra.stack.state import Journal, Snapshot
    from mlinfra.stack.values import Properties

_NOTHING = hashlib.sha256(b"").hexdigest()


class Store:
    """The state of one stack on disk. It needs no project: the outputs of other stacks are read with it too."""

    def __init__(self, home: Path, project: str, name: str, *, passphrase: str | Callable[[], str]) -> None:
        self.home = home
        self.project_name, self.name = project, name
        self.file = home / "state" / project / f"{name}.json"
        self.passphrase = passphrase
        self._crypter: Crypter | None = None
        self._loaded: Snapshot | None = None
        self._version = (_NOTHING, _NOTHING)  # digests of state and journal when last read or written
        self._pending = False  # whether that had pending operations

    def __str__(self) -> str:
        return f"stack {self.project_name}/{self.name}"

    @property
    def journal_file(self) -> Path:
        """What a deployment that has not ended has done; absent otherwise."""
        return self.file.with_name(f"{self.name}.journal")

    @property
    def lock_file(self) -> Path:
        """Who deploys; absent when nobody does."""
        return self.file.with_name(f"{self.name}.lock")

    @property
    def backup_file(self) -> Path:
        """The state before the last write."""
        return self.file.with_name(f"{self.name}.bak")

    @property
    def exists(self) -> bool:
        """Whether anything was ever deployed or imported."""
        return self.file.exists() or self.journal_file.exists()

    @property
    def interrupted(self) -> bool:
        """Whether operations of a run that was cut off are on record; quicker to say than what they are."""
        data, lines, version = self._on_disk()
        if version == self._version:
            return self._pending
        return bool(self._merged(data, lines, version)["deployment"].get("pending_operations"))

    @property
    def crypter(self) -> Crypter:
        """Encrypts and decrypts the state's secrets."""
        return self._crypter or self._crypter_of(self._read()[0])

    def default_salt(self) -> str:
        """The salt to begin a state with; "" is a new one."""
        return ""

    def load(self) -> Snapshot:
        """The stack as it was left; empty when there is none. Raises StateError when it cannot be read or opened."""
        document, version = self._read()
        with self._restorable():
            self._loaded = deployment.decode(document, self._crypter_of(document), str(self.file))
        self._version, self._pending = version, bool(self._loaded.pending)
        return self._loaded

    def save(self, snapshot: Snapshot) -> None:
        """Write the state in one step; the one before becomes `.bak`. On an error (StateError) the old one stays."""
        data = deployment.lines(deployment.encode(snapshot, self.crypter))
        self._write(data)
        self.journal_file.unlink(missing_ok=True)
        self._loaded, self._version, self._pending = snapshot, (_digest(data), _NOTHING), bool(snapshot.pending)

    def journal(self, base: Snapshot) -> Journal:
        """A journal for a deployment that begins with `base`: what `load` returned, or what is to replace that.

        Raises StateError when the state was changed after it was loaded.
        """
        if self._on_disk()[2] != self._version:
            raise StateError(f"{self} was changed by another process since it was read", fix="run again")
        if base is not self._loaded or self._version[1] != _NOTHING or not self.file.exists():
            self.save(base)
        return FileJournal(self.journal_file, base, self._version[0], self.crypter, self.save)

    def export(self, *, show_secrets: bool = False) -> Document:
        """The state as `pulumi stack import` takes it; with `show_secrets` its secrets stand in the open."""
        return deployment.encode(self.load(), None) if show_secrets else self._read()[0]

    def import_(self, document: Document) -> Snapshot:
        """Replace the state by what `pulumi stack export` (or `export`) wrote, and return it.

        Raises StateError when it is not a deployment, belongs to another stack, is out of order or cannot be opened.
        """
        where = "the deployment"
        document = deployment.check(document, where)
        crypter = Crypter(self.passphrase, deployment.salt_of(document, where), where=where)
        snapshot = deployment.decode(document, crypter, where)
        deployment.verify(snapshot, self.project_name, self.name)
        if crypter.salt and not self.exists:
            self._crypter = crypter
        self.save(snapshot)
        return snapshot

    def delete(self, *, force: bool = False) -> None:
        """Forget the stack. Raises StateError while it has resources, unless `force`."""
        if not force and (left := len([r for r in self.load().resources if r.type != STACK_TYPE])):
            raise StateError(f"{self} still has {left} resources", fix="destroy them first")
        for file in (self.journal_file, self.file, self.backup_file):
            file.unlink(missing_ok=True)
        self._crypter, self._loaded, self._version, self._pending = None, None, (_NOTHING, _NOTHING), False

    def outputs(self) -> Properties:
        """The stack's outputs. Raises StateError when there is no such stack."""
        if not self.exists:
            raise StateError(f"there is no {self}", fix="deploy it first, or correct the name")
        return next((r.outputs for r in self.load().resources if r.type == STACK_TYPE and not r.delete), {})

    @contextlib.contextmanager
    def lock(self, operation: str = "", *, take_over: bool = True) -> Iterator[Holder | None]:
        """Keep other deployments out; see `mlinfra.stack.lock.locked`."""
        with locked(self.lock_file, operation, str(self), take_over=take_over) as left_by:
            yield left_by

    def holder(self) -> tuple[Holder, bool] | None:
        """Who has the lock and whether that process lives; None when nobody has."""
        return holder(self.lock_file)

    def unlock(self) -> None:
        """Drop the lock, whoever has it (`mlinfra cancel`)."""
        release(self.lock_file)

    def _crypter_of(self, document: Document) -> Crypter:
        if self._crypter is None:
            salt = deployment.salt_of(document, str(self.file)) or self.default_salt()
            self._crypter = Crypter(self.passphrase, salt, where=str(self))
        return self._crypter

    def _read(self) -> tuple[Document, tuple[str, str]]:
        """What is on disk with its journal merged, and the version of both."""
        data, lines, version = self._on_disk()
        return self._merged(data, lines, version), version

    def _merged(self, data: bytes | None, lines: bytes | None, version: tuple[str, str]) -> Document:
        with self._restorable():
            document = (
                deployment.check(_parse(data), str(self.file)) if data is not None else deployment.compose([], [])
            )
            # A journal of another base is one whose deployment ended just before its process was killed.
            return recover(document, lines) if lines and base_of(lines) == version[0] else document

    def _on_disk(self) -> tuple[bytes | None, bytes | None, tuple[str, str]]:
        while True:
            data, lines = self._bytes(self.file), self._bytes(self.journal_file)
            if self._bytes(self.file) == data:  # else a deployment ended in between and this is not the file's journal
                return data, lines, (_digest(data or b""), _digest(lines or b""))

    @contextlib.contextmanager
    def _restorable(self) -> Iterator[None]:
        try:
            yield
        except DamagedError as error:
            backup = self.backup_file
            fix = f"restore the one before: cp {backup} {self.file}" if backup.exists() else "bring back a copy of it"
            raise StateError(error.message, fix=fix) from error

    def _bytes(self, file: Path) -> bytes | None:
        try:
            return file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateError(f"{file} cannot be read: {error.strerror}") from error

    def _write(self, data: bytes) -> None:
        draft = self.file.with_name(f".{self.name}.{os.getpid()}.tmp")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            if self.file.exists():
                self.backup_file.unlink(missing_ok=True)
                os.link(self.file, self.backup_file)
            draft.replace(self.file)
        except OSError as error:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise StateError(
                f"{self.file} cannot be written: {error.strerror}",
                fix="the state before is intact; make room or rights, then run again",
            ) from error


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _parse(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None  # no deployment
