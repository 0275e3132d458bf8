"""Has Pulumi's protocol stubs without the SDK that they are packed in, which takes most of the time that a command starts in.

Importing `pulumi.runtime.proto` runs `pulumi/__init__` first, and so the whole SDK: telemetry, the automation API, dynamic
providers. From here on that happens when somebody asks for something in `pulumi` or `pulumi.runtime`, and not before.
"""

from __future__ import annotations

import sys
import threading
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

STUBS: Final = "pulumi.runtime.proto"
_lock = threading.RLock()
_waiting: list[Later] = []  # in the order in which the import system would run them


class Later(ModuleType):
    """A package whose `__init__` has not run; whoever asks for something that it would have has it run."""

    def __getattr__(self, name: str) -> Any:
        _run_all()
        self.__class__ = ModuleType  # type: ignore[assignment]
        return getattr(self, name)

    def run(self) -> None:
        """Run the `__init__`."""
        assert self.__spec__ is not None
        assert self.__spec__.loader is not None
        self.__spec__.loader.exec_module(self)


def _run_all() -> None:
    with _lock:
        while _waiting:  # one that is asked for something while it is being run answers as Python does then
            _waiting.pop(0).run()


class Finder(MetaPathFinder):
    """Has the packages run before any other of their modules is loaded, as the import system would."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The module that was loaded by that, if it was; None for everything else."""
        if not _waiting or not name.startswith("pulumi.") or name.startswith(STUBS):
            return None
        _run_all()
        loaded = sys.modules.get(name)
        if loaded is None:
            return None
        spec = ModuleSpec(name, Loaded(loaded))
        loaded.__spec__ = None  # or the import system would take that and load a second one
        return spec


class Loaded(Loader):
    """Gives a module that is loaded already."""

    def __init__(self, module: ModuleType) -> None:
        self._module, self._spec = module, module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """It as it is."""
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is left to do."""
        module.__spec__ = self._spec


def _put_off(name: str) -> None:
    parent, _, last = name.rpartition(".")
    spec = PathFinder.find_spec(name, sys.modules[parent].__path__ if parent else None)
    if spec is None or spec.loader is None:
        return  # whoever needs it says so
    module = module_from_spec(spec)
    module.__class__ = Later
    sys.modules[name] = module
    _waiting.append(module)  # type: ignore[arg-type]
    if parent:
        setattr(sys.modules[parent], last, module)


if "pulumi" not in sys.modules:
    for package in ("pulumi", "pulumi.runtime"):
        _put_off(package)
    sys.meta_path.insert(0, Finder())
