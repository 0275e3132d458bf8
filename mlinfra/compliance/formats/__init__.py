"""Reports as files, for machines and for people. The terminal's is the command line's own."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mlinfra.compliance.report import Report

_MODULES: Final = {
    "json": "document",
    "sarif": "sarif",
    "junit": "junit",
    "markdown": "markdown",
    "html": "page",
    "oscal": "oscal",
}
FORMATS: Final = tuple(_MODULES)


def render(name: str, report: Report, *, base: str = "") -> str:
    """A report in a format, the text of a file.

    `base` is the project's folder as seen from the repository's root, for formats that name files.
    """
    module: Any = import_module(f"{__name__}.{_MODULES[name]}")
    text: str = module.render(report, base=base)
    return text
