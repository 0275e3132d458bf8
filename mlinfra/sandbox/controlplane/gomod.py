"""The go.mod that builds the programs of a module from outside it, in exactly the versions that it names itself.

`go install path@version` refuses modules with `replace` lines, which Kubernetes and etcd have for the folders of their
own repositories. Here the module's own go.mod becomes that of a small module that requires it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mlinfra.sandbox.controlplane.programs import Module

NAME: Final = "mlinfra.local/programs"
_MODULE: Final = re.compile(r"^module .*$", re.MULTILINE)
_TOOLS: Final = re.compile(r"^(toolchain .*|tool \S.*|tool \([^)]*\))\n", re.MULTILINE)
_FOLDER: Final = re.compile(r"^(?P<start>[ \t]*(?:replace )?)(?P<name>\S+)(?: v\S+)? => \.\.?/\S+\n", re.MULTILINE)


def go_mod(module: Module, original: str) -> str:
    """The text of the go.mod, from the module's own (`original`).

    A replacement by a folder becomes one by the published module of version `module.staging`, or goes when there is no
    such version: then what the module requires is what was published.
    """
    text = _TOOLS.sub("", _MODULE.sub(f"module {NAME}", original, count=1))
    staged = rf"\g<start>\g<name> => \g<name> {module.staging}\n" if module.staging else ""
    return f"{_FOLDER.sub(staged, text).rstrip()}\n\nrequire {module.path} {module.version}\n"
