"""What `mlinfra import` is to take in: three arguments, or a file as `pulumi import --file` reads it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlinfra.engine import ImportItem
from mlinfra.errors import ConfigError, UnsupportedError

if TYPE_CHECKING:
    from pathlib import Path

_KNOWN = ("type", "name", "id")


def import_items(token: str | None, name: str | None, identity: str | None, file: Path | None) -> list[ImportItem]:
    """The resources to import. Raises ConfigError when they are not told, told twice or not complete."""
    if file is not None:
        if token is not None:
            raise ConfigError("both a resource and --file are given", fix="give one of them")
        return _from_file(file)
    if token is None or name is None or identity is None:
        raise ConfigError(
            "what to import is not complete", fix="mlinfra import TYPE NAME ID, or mlinfra import --file FILE"
        )
    return [ImportItem(token, name, identity)]


def _from_file(file: Path) -> list[ImportItem]:
    try:
        document: Any = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{file} is not JSON: {error}") from error
    resources = document.get("resources") if isinstance(document, dict) else None
    if not isinstance(resources, list) or not resources:
        raise ConfigError(f"{file} has no list `resources`")
    return [_item(file, index, resource) for index, resource in enumerate(resources)]


def _item(file: Path, index: int, resource: Any) -> ImportItem:
    where = f"{file}: resources[{index}]"
    if not isinstance(resource, dict) or not all(isinstance(resource.get(key), str) for key in _KNOWN):
        raise ConfigError(f"{where} must have `type`, `name` and `id`, not {resource!r}")
    if more := sorted(resource.keys() - set(_KNOWN)):
        raise UnsupportedError(f"{where} has {', '.join(more)}", fix="only type, name and id are understood here")
    return ImportItem(resource["type"], resource["name"], resource["id"])
