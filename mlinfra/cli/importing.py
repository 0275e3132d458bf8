"""What `mlinfra import` is to take in: three arguments, or a file as `pulumi import --file` reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from typer import Argument, Option

from mlinfra.cli.options import Asking, flag
from mlinfra.errors import ConfigError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.engine import ImportItem

_NEEDED: Final = ("type", "name", "id")
_KNOWN: Final = frozenset((*_NEEDED, "logicalName", "parent", "provider"))
_FORMAT: Final = '{"nameTable": {NAME: URN}, "resources": [{"type", "name", "id", "parent": NAME, "provider": NAME}]}'


@dataclass(frozen=True, kw_only=True)
class AskingToImport(Asking):
    """As everywhere, except that -f is for the file, as with Pulumi."""

    skip_preview: Annotated[bool, flag("--skip-preview", help="Do it, without a preview.")] = False


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What is imported, and where to."""

    type: Annotated[str | None, Argument(metavar="TYPE", help="Such as aws:ec2/vpc:Vpc.", show_default=False)] = None
    name: Annotated[str | None, Argument(metavar="NAME", help="The name in your program.", show_default=False)] = None
    id: Annotated[str | None, Argument(metavar="ID", help="The id in the account.", show_default=False)] = None
    file: Annotated[
        Path | None, Option("--file", "-f", metavar="FILE", help=f"JSON: {_FORMAT}", show_default=False)
    ] = None
    parent: Annotated[
        str | None, Option(metavar="NAME=URN", help="The component that it belongs to.", show_default=False)
    ] = None
    provider: Annotated[
        str | None, Option(metavar="NAME=URN", help="The provider that looks after it.", show_default=False)
    ] = None
    protect: Annotated[bool, Option(help="Protect it against deletion.")] = True

    def items(self) -> list[ImportItem]:
        """The resources to import. Raises ConfigError when they are not told, told twice or not complete."""
        if self.file is not None:
            if self.type or self.parent or self.provider:
                raise ConfigError("both a resource and --file are given", fix="give one of them")
            return _from_file(self.file, protect=self.protect)
        if self.type is None or self.name is None or self.id is None:
            raise ConfigError(
                "what to import is not complete", fix="mlinfra import TYPE NAME ID, or mlinfra import --file FILE"
            )
        from mlinfra.engine import ImportItem  # late: whoever only asks for help need not wait for the engine

        return [
            ImportItem(
                self.type,
                self.name,
                self.id,
                parent=_urn("--parent", self.parent),
                provider=_urn("--provider", self.provider),
                protect=self.protect,
            )
        ]


def _urn(option: str, given: str | None) -> str:
    """The URN in `name=urn`, or by itself; the name is for code that Pulumi would write."""
    urn = (given or "").partition("=")[2] or given or ""
    if urn and not (urn.startswith("urn:pulumi:") and urn.count("::") >= 3):  # noqa: PLR2004
        raise ConfigError(f"{option} is {given!r}, which names no URN", fix=f"write {option} NAME=URN")
    return urn


def _from_file(file: Path, *, protect: bool) -> list[ImportItem]:
    try:
        document: Any = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{file} is not JSON: {error}") from error
    resources = document.get("resources") if isinstance(document, dict) else None
    if not isinstance(resources, list) or not resources:
        raise ConfigError(f"{file} has no list `resources`")
    names = document.get("nameTable") or {}
    return [_item(f"{file}: resources[{i}]", given, names, protect=protect) for i, given in enumerate(resources)]


def _item(where: str, resource: Any, names: Mapping[str, str], *, protect: bool) -> ImportItem:
    if not isinstance(resource, dict) or not all(isinstance(resource.get(key), str) for key in _NEEDED):
        raise ConfigError(f"{where} must have `type`, `name` and `id`, not {resource!r}")
    if more := sorted(resource.keys() - _KNOWN):
        raise UnsupportedError(f"{where} has {', '.join(more)}", fix=f"only these are understood: {sorted(_KNOWN)}")
    places = {key: resource[key] for key in ("parent", "provider") if resource.get(key)}
    for key, name in places.items():
        if name not in names:
            raise ConfigError(f"{where}: the {key} {name!r} has no entry in `nameTable`", fix="add its URN there")
    from mlinfra.engine import ImportItem

    return ImportItem(
        resource["type"],
        resource.get("logicalName") or resource["name"],
        resource["id"],
        **{key: names[name] for key, name in places.items()},
        protect=protect,
    )
