"""JSON Schemas of Pulumi.<stack>.yaml, so that editors complete it and say what each key means.

`python -m mlinfra.settings.schema` writes `stacks/<project>/settings.schema.json` for every stack.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from mlinfra.settings import FoundationSettings, PlatformSettings, Settings, WorkloadSettings

STACKS: Final[Mapping[str, type[Settings]]] = {
    "platform": PlatformSettings,
    "foundation": FoundationSettings,
    "workloads": WorkloadSettings,
}
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_SECURE: Final = {"type": "object", "required": ["secure"], "description": "An encrypted value, as Pulumi writes it."}
_AS_SECRET: Final = {"$ref": "#/$defs/Secure"}


def schema(settings: type[Settings], project: str) -> dict[str, Any]:
    """The schema of Pulumi.<stack>.yaml for a project with these settings."""
    model = _plain(settings.model_json_schema(by_alias=True))
    keys = {
        field.alias if ":" in (field.alias or "") else f"{project}:{field.alias}": field.alias
        for field in settings.model_fields.values()
    }
    fields = {key: _as_configured(model["properties"][alias]) for key, alias in keys.items()}
    required = [key for key, alias in keys.items() if alias in model.get("required", ())]
    config = {
        "type": "object",
        "required": required,
        "properties": fields,
        "patternProperties": {f"^(?!{project}:)[^:]+:[^:]+$": True},
        "additionalProperties": False,
    }
    return {
        "$schema": DIALECT,
        "title": f"Settings of {project}",
        "description": model["description"],
        "type": "object",
        "properties": {"config": config},
        "required": ["config"],
        "$defs": {**model.get("$defs", {}), "Secure": _SECURE},
    }


def text(project: str) -> str:
    """The file of the project's schema."""
    return json.dumps(schema(STACKS[project], project), indent=2) + "\n"


def _as_configured(field: dict[str, Any]) -> dict[str, Any]:
    """A setting as the file may hold it: Pulumi writes numbers and booleans as text too, and secrets encrypted."""
    told: dict[str, Any] = {key: field[key] for key in ("description", "default") if field.get(key) is not None}
    kind = {key: value for key, value in field.items() if key not in ("description", "default")}
    return {**told, "anyOf": [*(written for each in _alternatives(kind) for written in _written(each)), _AS_SECRET]}


def _alternatives(kind: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (each for each in kind.get("anyOf", [kind]) if each.get("type") != "null")


def _written(kind: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield kind
    if kind.get("type") == "boolean":
        yield {"enum": ["true", "false"]}
    elif kind.get("type") == "integer":
        yield {"type": "string", "pattern": "^[0-9]+$"}


def _plain(node: Any) -> Any:
    """Without titles, which repeat names, and with descriptions on one line."""
    if isinstance(node, dict):
        kept = {key: _plain(value) for key, value in node.items() if not (key == "title" and isinstance(value, str))}
        if isinstance(kept.get("description"), str):
            kept["description"] = " ".join(kept["description"].split())
        return kept
    return [_plain(item) for item in node] if isinstance(node, list) else node


def main(stacks: Path) -> None:
    """Write the schema of every stack."""
    for project in STACKS:
        (stacks / project / "settings.schema.json").write_text(text(project), encoding="utf-8")


if __name__ == "__main__":
    main(Path("stacks"))
