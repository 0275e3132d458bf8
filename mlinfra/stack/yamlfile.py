"""Reading Pulumi's YAML files the way Pulumi reads them.

Pulumi uses go-yaml v3, which differs from Python's YAML 1.1 loader in what plain words mean: `yes`, `on` and `12:30` are
text, `1e3` is a number, and Pulumi turns a date into Go's text for it. A value must not depend on who reads it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import yaml

from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

_BaseLoader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BASES: Final = {"0b": 2, "0o": 8, "0x": 16}
_UINT64: Final = 2**64
_TIME: Final = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)"
    r"(?:(?: (?!.*[Z+-])|[Tt](?=.*[Z+-]))(\d\d?):(\d\d?):(\d\d?)(\.\d+)?(Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)


class _Loader(_BaseLoader):  # type: ignore[misc]
    """YAML 1.2 core as go-yaml v3 resolves it; refuses duplicate keys and keys that are not text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
        own: set[str] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(None, None, "a key must be text", key_node.start_mark)
            if key_node.value in own and key_node.tag != "tag:yaml.org,2002:merge":
                raise yaml.MarkedYAMLError(
                    None, None, f"the key {key_node.value!r} stands there twice", key_node.start_mark
                )
            own.add(key_node.value)
        self.flatten_mapping(node)
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=deep)
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(
                    None, None, f"the key {key!r} is not text; put it in quotes", key_node.start_mark
                )
            result[key] = self.construct_object(value_node, deep=deep)
        return result

    def construct_map(self, node: Any) -> Any:
        data: dict[str, Any] = {}
        yield data
        data.update(self.construct_mapping(node))

    def construct_integer(self, node: Any) -> int | float:
        text = self.construct_scalar(node).replace("_", "").lower()
        sign, digits = (-1, text[1:]) if text[0] == "-" else (1, text.lstrip("+"))
        base = _BASES.get(digits[:2], 8 if len(digits) > 1 and digits[0] == "0" else 10)
        value = sign * int(digits[2:] if digits[:2] in _BASES else digits, base)
        return value if -_UINT64 // 2 <= value < _UINT64 else float(value)

    def construct_timestamp(self, node: Any) -> str:
        text = str(self.construct_scalar(node))
        match = _TIME.fullmatch(text)
        assert match is not None  # it resolved to this
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
        try:
            moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            return text
        fraction = (match[7] or "").rstrip("0").rstrip(".")
        zone = "UTC" if match[8] in (None, "Z") else match[8].replace(":", "")
        return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} {'+0000' if zone == 'UTC' else zone} {zone}"

    def construct_float(self, node: Any) -> float:
        return float(self.construct_scalar(node).replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))


def _resolves(tag: str, pattern: str, first: str) -> None:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


_resolves("null", "~|null|Null|NULL|", "~nN")
_Loader.yaml_implicit_resolvers[""] = [("tag:yaml.org,2002:null", re.compile("^$"))]
_resolves("bool", "true|True|TRUE|false|False|FALSE", "tTfF")
_resolves("int", "[-+]?(?:0[bB][01_]+|0[oO]?[0-7_]+|0[xX][0-9a-fA-F_]+|0|[1-9][0-9_]*)", "-+0123456789")
_resolves(
    "float", r"[-+]?(?:\.[0-9_]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan", "-+.0123456789"
)
_resolves("merge", "<<", "<")
_resolves("timestamp", _TIME.pattern, "0123456789")
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_integer)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_float)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_timestamp)
_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.construct_map)


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping in a YAML (or JSON) file; an empty file is an empty mapping.

    Raises ConfigError with file, line and reason when it cannot be read or is something else.
    """
    try:
        data = yaml.load(path.read_text(encoding="utf-8-sig"), _Loader)  # noqa: S506 (a subclass of the safe loader)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}") from error
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{path}{line}: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid YAML: {error}") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ConfigError(f"{path} must hold a mapping of keys to values, not {type(data).__name__}")
    return data
