"""A Pulumi project: Pulumi.yaml, where its program is and what it declares about configuration and plugins.

The file's shape is Pulumi's own (https://www.pulumi.com/docs/iac/concepts/projects/project-file/); only programs in
Python are run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlinfra.errors import ConfigError, UnsupportedError
from mlinfra.stack.yamlfile import read_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILES: Final = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_TYPES: Final = ("string", "integer", "boolean", "array", "object")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A configuration key that the project declares: its type ("" is any), default, and whether it must be a secret."""

    type: str = ""
    items: Mapping[str, Any] | None = None  # of an array: {type, items}
    default: Any = None
    secret: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A provider plugin named in Pulumi.yaml: the folder or executable, and the only version it stands for ("" is any)."""

    path: Path
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class Project:
    """What Pulumi.yaml says. Paths are absolute."""

    name: str
    file: Path
    program: Path
    """What is run: a folder with `__main__.py`, or a Python file."""
    description: str = ""
    runtime_options: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Declaration] = field(default_factory=dict)
    """Declared keys, with their namespace ("project:key")."""
    plugins: Mapping[str, Plugin] = field(default_factory=dict)
    stack_config_dir: Path
    always_refresh: bool = False

    @property
    def root(self) -> Path:
        """The folder of Pulumi.yaml."""
        return self.file.parent

    @property
    def workdir(self) -> Path:
        """The folder in which the program runs."""
        return self.program if self.program.is_dir() else self.program.parent

    def stack_file(self, stack: str) -> Path:
        """Where the configuration of a stack is kept."""
        return self.stack_config_dir / f"Pulumi.{stack}{self.file.suffix}"

    def stacks(self) -> list[str]:
        """The names of the stacks that have a configuration file."""
        suffix = self.file.suffix
        return sorted(p.name[len("Pulumi.") : -len(suffix)] for p in self.stack_config_dir.glob(f"Pulumi.*{suffix}"))

    @staticmethod
    def load(directory: Path | str) -> Project:
        """The project of a folder: its Pulumi.yaml or that of the nearest folder above, as Pulumi finds it.

        Raises ConfigError when there is none or it does not make sense, UnsupportedError when it is not for Python.
        """
        start = Path(directory).resolve()
        if not start.is_dir():
            raise ConfigError(f"{start} is not a folder", fix="name the folder that holds Pulumi.yaml")
        for folder in (start, *start.parents):
            for name in _FILES:
                if (folder / name).is_file():
                    return _parse(folder / name)
        raise ConfigError(
            f"there is no Pulumi.yaml in {start} or a folder above it",
            fix="name a project's folder with --cwd, or write a Pulumi.yaml with `name` and `runtime: python`",
        )


def check_name(kind: str, name: str) -> str:
    """The name, when it may name a project or stack: up to 100 letters, digits, `-`, `_` and `.`; raises ConfigError."""
    if not _NAME.fullmatch(name) or name in (".", ".."):
        raise ConfigError(
            f"{kind} name {name!r} may only have letters, digits, hyphens, underscores and periods, 100 at most"
        )
    return name


def _parse(file: Path) -> Project:
    data = read_mapping(file)

    def get(key: str, kind: type, default: Any) -> Any:
        value = data.get(key)
        if value is None:
            return default
        if not isinstance(value, kind):
            raise ConfigError(f"{file}: `{key}` must be {'text' if kind is str else 'a mapping'}, not {value!r}")
        return value

    name = get("name", str, "")
    if not name:
        raise ConfigError(f"{file} has no `name`", fix="add a line such as `name: my-platform`")
    check_name(f"{file}: the project", name)
    config = data.get("config")
    config_dir = get("stackConfigDir", str, "")
    if isinstance(config, str):  # the old spelling of stackConfigDir
        if config_dir:
            raise ConfigError(
                f"{file} names the stacks' folder in both `config` and `stackConfigDir`", fix="keep `stackConfigDir`"
            )
        config, config_dir = None, config
    return Project(
        name=name,
        file=file,
        program=_program(file, get("main", str, "")),
        description=get("description", str, ""),
        runtime_options=_runtime(file, data.get("runtime")),
        config=_declarations(file, name, config),
        plugins=_plugins(file, get("plugins", dict, {})),
        stack_config_dir=(file.parent / config_dir).resolve(),
        always_refresh=get("options", dict, {}).get("refresh") == "always",
    )


def _program(file: Path, main: str) -> Path:
    program = (file.parent / main).resolve()
    if not program.exists():
        raise ConfigError(
            f"{file}: `main` is {main!r}, but there is no {program}", fix="name the program's folder or file"
        )
    return program


def _runtime(file: Path, runtime: Any) -> Mapping[str, Any]:
    name: Any = runtime
    options: Any = {}
    if isinstance(runtime, dict):
        name, options = runtime.get("name"), runtime.get("options") or {}
        unknown = sorted(set(runtime) - {"name", "options"})
        if unknown or not isinstance(options, dict):
            raise ConfigError(
                f"{file}: `runtime` has `name` and a mapping `options`, nothing else (found {unknown or options!r})"
            )
    if not isinstance(name, str) or not name:
        raise ConfigError(f"{file} has no `runtime`", fix="add the line `runtime: python`")
    if name != "python":
        raise UnsupportedError(
            f"{file}: programs in {name} are not run here, only Python", fix="use the pulumi CLI for this project"
        )
    allowed = {
        "virtualenv": None,
        "toolchain": ("pip", "poetry", "uv"),
        "typechecker": ("mypy", "pyright", "none"),
    }
    for key, values in allowed.items():
        value = options.get(key)
        if value is not None and (not isinstance(value, str) or (values and value.lower() not in values)):
            raise ConfigError(
                f"{file}: runtime option `{key}` is {value!r}; it must be {' or '.join(values or ('a path',))}"
            )
    return dict(options)


def _declarations(file: Path, project: str, config: Any) -> Mapping[str, Declaration]:
    if config is None:
        return {}
    if not isinstance(config, dict):
        raise ConfigError(f"{file}: `config` must be a mapping of keys, not {config!r}")
    return {full_key(project, key): _declaration(file, project, key, spec) for key, spec in config.items()}


def full_key(project: str, key: str) -> str:
    """A configuration key with its namespace: the project's where none is given. Raises ConfigError when malformed."""
    parts = key.split(":")
    if len(parts) == 3 and parts[1] == "config":  # noqa: PLR2004 (Pulumi's old spelling: "aws:config:region")
        parts = [parts[0], parts[2]]
    if len(parts) == 1:
        parts = [project, *parts]
    if len(parts) != 2 or not all(parts):  # noqa: PLR2004
        raise ConfigError(
            f"{key!r} is not a configuration key", fix="write `key` or `namespace:key`, such as aws:region"
        )
    return ":".join(parts)


def _declaration(file: Path, project: str, key: str, spec: Any) -> Declaration:
    where = f"{file}: config key {key!r}"
    if not isinstance(spec, dict):
        return Declaration(default=spec)
    unknown = sorted(set(spec) - {"type", "items", "default", "value", "secret", "description"})
    if unknown:
        raise ConfigError(
            f"{where} has {', '.join(map(repr, unknown))}; known are type, items, default, value, secret, description"
        )
    if "default" in spec and "value" in spec:
        raise ConfigError(f"{where} has both `default` and `value`", fix="keep one")
    kind = spec.get("type") or ""
    if not full_key(project, key).startswith(f"{project}:"):
        if kind or "default" in spec or spec.get("value") is None:
            raise ConfigError(f"{where} belongs to another namespace and may only have a `value`")
    elif kind and kind not in _TYPES:
        raise ConfigError(f"{where} has the type {kind!r}; known are {', '.join(_TYPES)}")
    if kind == "array" and not isinstance(spec.get("items"), dict):
        raise ConfigError(f"{where} is an array without `items`", fix="add `items: {type: string}` or what it holds")
    declaration = Declaration(
        type=kind,
        items=spec.get("items"),
        default=spec.get("default", spec.get("value")),
        secret=bool(spec.get("secret")),
        description=str(spec.get("description") or ""),
    )
    if kind and declaration.default is not None and not has_type(declaration.default, kind, declaration.items):
        raise ConfigError(
            f"{where}: the default {declaration.default!r} is not of the type {type_name(kind, declaration.items)}"
        )
    return declaration


def has_type(value: Any, kind: str, items: Mapping[str, Any] | None = None) -> bool:
    """Whether a configuration value is of a declared type; like Pulumi, text that reads as the type counts."""
    match kind:
        case "string":
            return isinstance(value, str)
        case "integer" if isinstance(value, str):
            return re.fullmatch(r"[-+]?[0-9]+", value) is not None
        case "integer":
            return isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
        case "boolean":
            return isinstance(value, bool) or value in ("true", "false")
        case "object":
            return isinstance(value, dict)
        case _:
            inner = items or {}
            return isinstance(value, list) and all(
                has_type(v, inner.get("type", ""), inner.get("items")) for v in value
            )


def type_name(kind: str, items: Mapping[str, Any] | None) -> str:
    """How a declared type is written: `array<string>`."""
    return f"array<{type_name(items.get('type', ''), items.get('items'))}>" if items else kind


def _plugins(file: Path, plugins: Mapping[str, Any]) -> Mapping[str, Plugin]:
    providers = plugins.get("providers") or []
    if not isinstance(providers, list):
        raise ConfigError(f"{file}: `plugins.providers` must be a list, not {providers!r}")
    found: dict[str, Plugin] = {}
    for entry in providers:
        if not isinstance(entry, dict) or not all(isinstance(entry.get(k), str) for k in ("name", "path")):
            raise ConfigError(f"{file}: an entry of `plugins.providers` must have `name` and `path`, not {entry!r}")
        path = (file.parent / entry["path"]).resolve()
        if not path.exists():
            raise ConfigError(f"{file}: the plugin {entry['name']!r} should be at {path}, which does not exist")
        found[entry["name"]] = Plugin(path, str(entry.get("version") or ""))
    return found
