"""Pulumi's protocol: the stubs that the `pulumi` package has, without the rest of the package.

Importing `pulumi.runtime.proto` imports the whole SDK first: a tenth of a second for a process that runs no program. Here
the same files are the modules of this package. Who has both has the same messages, which protobuf knows by their names.
Type checkers read `__init__.pyi`.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

_found = find_spec("pulumi")
__path__ = [str(Path(folder, "runtime", "proto")) for folder in (_found and _found.submodule_search_locations) or ()]
