"""Reading `mlinfra.waivers.yaml`, and adding to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.compliance.waivers import REQUIRED, waiver
from mlinfra.errors import ConfigError
from mlinfra.files import write_for_user

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlinfra.compliance.waivers import Waiver

NAME: Final = "mlinfra.waivers.yaml"
FIELDS: Final = (*REQUIRED, "stacks")
_HEAD: Final = "# Violations that somebody answers for, for a while. `mlinfra waivers list` shows them.\nwaivers:\n"


def load(path: Path) -> tuple[Waiver, ...]:
    """The waivers of a file; none when there is no such file. Raises ConfigError with file and line."""
    return parse(text, path.name) if (text := _text(path)) is not None else ()


def parse(text: str, name: str = NAME) -> tuple[Waiver, ...]:
    """The waivers of a file's text."""
    import yaml

    try:
        root = yaml.compose(text, yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{name}:{line}: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{name} is not valid YAML: {error}") from error
    if root is None:
        return ()
    top = _mapping(root, name)
    if set(top) != {"waivers"}:
        raise ConfigError(
            f"{name}:1: the file has {', '.join(top) or 'nothing'}", fix="it has one key, `waivers`, a list"
        )
    listed = top["waivers"]
    if isinstance(listed, yaml.ScalarNode) and not listed.value:
        return ()
    if not isinstance(listed, yaml.SequenceNode):
        raise ConfigError(f"{name}:{_line(listed)}: `waivers` is no list", fix="begin every waiver with `- rule: …`")
    return tuple(_waiver(item, name) for item in listed.value)


def add(path: Path, fields: Mapping[str, Any]) -> Waiver:
    """Write another waiver at the end of a file, which is made where there is none. Raises ConfigError when it is wrong."""
    import yaml

    load(path)  # what is there must be right, or nobody would know who broke it
    entry = yaml.safe_dump([dict(fields)], sort_keys=False, allow_unicode=True, width=1000, default_flow_style=None)
    before = _text(path)
    if before is None or not before.strip() or before.rstrip().endswith("waivers: []"):
        before = _HEAD
    text = before.rstrip() + "\n" + "".join(f"  {line}\n" for line in entry.splitlines())
    added = parse(text, path.name)[-1]
    write_for_user(path, text.encode())
    return added


def _waiver(item: Any, name: str) -> Waiver:
    import yaml

    place = f"{name}:{_line(item)}"
    fields: dict[str, Any] = {}
    for key, node in _mapping(item, name).items():
        if key not in FIELDS:
            raise ConfigError(f"{name}:{_line(node)}: a waiver has no {key!r}", fix=f"it has {', '.join(FIELDS)}")
        if isinstance(node, yaml.SequenceNode) and key == "stacks":
            fields[key] = [str(one.value) for one in node.value]
        elif isinstance(node, yaml.ScalarNode):
            fields[key] = [node.value] if key == "stacks" else node.value
        else:
            raise ConfigError(f"{name}:{_line(node)}: the {key} of a waiver is no text")
    return waiver(fields, place, file=name, line=_line(item))


def _mapping(node: Any, name: str) -> dict[str, Any]:
    import yaml

    if not isinstance(node, yaml.MappingNode):
        raise ConfigError(f"{name}:{_line(node)}: no keys and values stand here", fix="write `key: value`")
    found: dict[str, Any] = {}
    for key, value in node.value:
        if key.value in found:
            raise ConfigError(f"{name}:{_line(key)}: {key.value!r} stands there twice")
        found[str(key.value)] = value
    return found


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text") from error
