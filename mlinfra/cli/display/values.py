"""Property values for people and scripts: on one line, as text, or as plain JSON; secrets blanked unless asked for."""

from __future__ import annotations

import json
from typing import Any, Final

from mlinfra.engine.events import HIDDEN
from mlinfra.stack.values import UNKNOWN, Archive, Asset, OutputValue, ResourceRef, Secret

UNKNOWN_TEXT: Final = "[known after deployment]"
SECRET_TEXT: Final = HIDDEN


def bare(value: Any, *, secrets: bool = False) -> Any:
    """The value as plain JSON: without Pulumi's wrappers, unknown values named."""
    match value:
        case _ if value is UNKNOWN:
            return UNKNOWN_TEXT
        case Secret() | OutputValue(secret=True) if not secrets:
            return SECRET_TEXT
        case Secret(value=inner) | OutputValue(value=inner):
            return bare(inner, secrets=secrets)
        case dict():
            return {key: bare(item, secrets=secrets) for key, item in value.items()}
        case list():
            return [bare(item, secrets=secrets) for item in value]
        case Asset():
            return f"asset({value.path or value.uri or f'{len(value.text or str())} characters'})"
        case Archive():
            return f"archive({value.path or value.uri or ', '.join(value.assets or {})})"
        case ResourceRef(urn=urn):
            return urn
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def text(value: Any, *, secrets: bool = False) -> str:
    """A value on its own: a string as it is, anything else as JSON."""
    plain = bare(value, secrets=secrets)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def line(value: Any, *, secrets: bool = False, width: int | None = None) -> str:
    """A value among others, on one line, cut to `width` characters: strings in quotes, marks without."""
    plain = bare(value, secrets=secrets)
    shown = plain if plain in (UNKNOWN_TEXT, SECRET_TEXT) else json.dumps(plain, ensure_ascii=False)
    return shown if width is None or len(shown) <= width else f"{shown[: width - 1]}…"
