"""The version lock: charts, add-ons and Kubernetes, as the catalogue pins them and as a project overrides them.

The catalogue's pins are `versions.toml`. A project overrides some of them with a `mlinfra.versions.toml` of its own:

    kubernetes = "1.36"
    charts.kueue = "0.19.4"
    addons.vpc-cni = "v1.23.0-eksbuild.1"
"""

from __future__ import annotations

import difflib
import functools
import tomllib
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE: Final = "mlinfra.versions.toml"
_SECTIONS: Final = ("charts", "addons")


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a project pins otherwise than the catalogue."""

    kubernetes: str | None = None
    charts: Mapping[str, str] = field(default_factory=dict)
    addons: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    """The file they are from."""


NONE: Final = Overrides()


def load(directory: Path) -> Overrides:
    """The overrides of the project in a directory: its `mlinfra.versions.toml`, or none.

    Raises ConfigError for a file that is no TOML, for an unknown section, chart or add-on, and for what is no version.
    """
    path = directory / FILE
    return parse(path.read_text("utf-8"), str(path)) if path.is_file() else NONE


def active() -> Overrides:
    """The overrides of the project that this process works on.

    They are the nearest `mlinfra.versions.toml` from the working folder upwards, no further than the folder with Pulumi.yaml.
    Raises ConfigError as `load` does.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        path = folder / FILE
        if path.is_file():
            return _read(path, path.stat().st_mtime_ns)
        if (folder / "Pulumi.yaml").is_file():
            break
    return NONE


@functools.lru_cache(maxsize=8)
def _read(path: Path, _changed: int) -> Overrides:
    return parse(path.read_text("utf-8"), str(path))


def parse(text: str, source: str) -> Overrides:
    """The overrides in a text; `source` names it in errors. Raises ConfigError."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source} is not TOML: {error}", fix="see `mlinfra catalog versions --help`") from error
    _known(content, ("kubernetes", *_SECTIONS), "section", source)
    for name in _SECTIONS:
        if not isinstance(content.get(name, {}), dict):
            given = content[name]
            raise ConfigError(f"{source} says {name} is {given!r}", fix=f'write {name}.NAME = "VERSION"')
    pins = {name: dict(content.get(name, {})) for name in _SECTIONS}
    for section, pinned in pins.items():
        _known(pinned, table()[section], section.removesuffix("s"), source)
        for name, version in pinned.items():
            _check_version(version, f"{section}.{name}", source)
    kubernetes = content.get("kubernetes")
    if kubernetes is not None:
        _check_version(kubernetes, "kubernetes", source)
    return Overrides(kubernetes, pins["charts"], pins["addons"], source)


def _check_version(value: object, name: str, source: str) -> None:
    from mlinfra.catalog.compatibility import version

    if not isinstance(value, str) or version(value) is None:
        raise ConfigError(f"{source} pins {name} to {value!r}", fix='give one exact version in quotes, such as "1.2.3"')


def _known(given: Iterable[str], known: Iterable[str], what: str, source: str) -> None:
    choices = list(known)
    for name in given:
        if name not in choices:
            near = difflib.get_close_matches(name, choices, 1)
            fix = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(choices))}"
            raise ConfigError(f"{source} pins {name!r}, and the catalogue has no {what} of that name", fix=fix)


@functools.cache
def table() -> Mapping[str, Any]:
    """The whole table, as it is written."""
    return tomllib.loads((resources.files("mlinfra.catalog") / "versions.toml").read_text("utf-8"))
