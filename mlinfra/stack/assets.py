"""Hashes of assets and archives, computed as Pulumi computes them, so that equal content compares equal."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from mlinfra.errors import UnsupportedError
from mlinfra.stack.values import Archive, Asset, OutputValue, Secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PACKED: Final = (".tar", ".tgz", ".tar.gz", ".zip", ".jar")
_NAME: Final = 100  # bytes of a name in a tar header
_BLOCK: Final = 512


def hashed(value: Any, folder: Path) -> Any:
    """The value with a hash in each asset and archive that has none. Paths are relative to `folder`.

    Raises OSError for a file that cannot be read and UnsupportedError for content behind a URI.
    """
    if isinstance(value, dict):
        return {key: hashed(item, folder) for key, item in value.items()}
    if isinstance(value, list):
        return [hashed(item, folder) for item in value]
    if isinstance(value, Secret):
        return Secret(hashed(value.value, folder))
    if isinstance(value, OutputValue):
        return replace(value, value=hashed(value.value, folder))
    if isinstance(value, Asset):
        return value if value.hash else replace(value, hash=hashlib.sha256(_content(value, folder)).hexdigest())
    if isinstance(value, Archive):
        assets = None if value.assets is None else hashed(dict(value.assets), folder)
        return replace(value, assets=assets, hash=value.hash or _archive_hash(value, folder))
    return value


def _content(asset: Asset, folder: Path) -> bytes:
    if asset.text is not None:
        return asset.text.encode()
    if asset.path is not None:
        return (folder / asset.path).read_bytes()
    raise UnsupportedError(
        f"The asset {asset.uri!r} is behind a URI, and remote assets are not supported.",
        fix="Download the file and use FileAsset.",
    )


def _archive_hash(archive: Archive, folder: Path) -> str:
    """The hash of a packed file is that of its bytes; anything else is hashed as the tar file it would make."""
    if archive.path is not None and archive.path.endswith(_PACKED):
        with (folder / archive.path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    seen = set()
    for name, content in _members(archive, folder):
        if name not in seen:
            seen.add(name)
            digest.update(_tar_header(name, len(content)))
            digest.update(content + b"\0" * (-len(content) % _BLOCK))
    digest.update(b"\0" * 2 * _BLOCK)
    return digest.hexdigest()


def _members(archive: Archive, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of what is in an archive, in Pulumi's order: sorted by name, folders walked depth first."""
    if archive.assets is not None:
        for name in sorted(archive.assets):
            item = archive.assets[name]
            if isinstance(item, Asset):
                yield name, _content(item, folder)
            else:
                for inner, content in _members(item, folder):
                    yield os.path.normpath(f"{name}/{inner}"), content
    elif archive.path is not None and not archive.path.endswith(_PACKED):
        root = folder / archive.path
        if not root.is_dir():
            raise NotADirectoryError(f"{root} is neither a recognized archive type nor a directory")
        yield from _walk(root, "")
    else:
        raise UnsupportedError(
            f"The archive {archive.uri or archive.path!r} has to be unpacked to be part of another one, or is behind a "
            "URI; neither is supported.",
            fix="Use a FileArchive of a folder.",
        )


def _walk(folder: Path, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir()):
        if entry.name == ".pulumi":
            continue
        if entry.is_dir():
            if not entry.is_symlink():
                yield from _walk(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry.read_bytes()


def _tar_header(name: str, size: int) -> bytes:
    """The header that Go's archive/tar writes for a name, mode 0600 and a size: USTAR, everything else zero."""
    encoded, prefix = name.encode(), b""
    if len(encoded) > _NAME:
        cut = encoded.rfind(b"/", 0, 156)
        prefix, encoded = encoded[:cut], encoded[cut + 1 :]
        if cut <= 0 or len(encoded) > _NAME:
            raise UnsupportedError(f"The name {name!r} in an archive is longer than 100 characters.", fix="Shorten it.")
    header = bytearray(_BLOCK)
    header[0 : len(encoded)] = encoded
    header[100:108], header[108:116], header[116:124] = b"0000600\0", b"0000000\0", b"0000000\0"
    header[124:136], header[136:148] = b"%011o\0" % size, b"00000000000\0"
    header[148:156], header[156:157] = b" " * 8, b"0"
    header[257:265] = b"ustar\x0000"
    header[329:337], header[337:345] = b"0000000\0", b"0000000\0"
    header[345 : 345 + len(prefix)] = prefix
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)
