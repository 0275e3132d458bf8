"""Makes the classes of generated modules (`_inputs`, `outputs`) when they are named, not before.

A service has up to two thousand of these classes, and a program needs a few dozen; making them all is most of what
importing the SDKs takes. The class is made of the module's own compiled code, so it is the same class. Like `runner`, this
file stands alone.
"""

from __future__ import annotations

import builtins
import importlib
import re
import sys
from importlib.abc import Loader
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec, SourceFileLoader

MODULES = ("_inputs", "outputs")
_CLASS = re.compile(rb"^(?:@pulumi\.(input_type|output_type)\n)?class (\w+)(?:\((\w+)\))?:\n", re.MULTILINE)
_TOP_LEVEL = re.compile(rb"^[^\s#]", re.MULTILINE)
_EXPORTS = re.compile(rb"^__all__ = \[[^\]]*\]", re.MULTILINE)


class ClassesLoader(Loader):
    """Runs what stands before the first class of a module; the classes are made when they are asked for."""

    def __init__(self, loader: SourceFileLoader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """The import system makes it."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """See the class. A module with anything else at its top level is loaded as ever."""
        code = self._loader.get_code(module.__name__)
        source = self._loader.get_data(self._loader.path)
        made = makers(code, source) if code is not None else None
        if made is None:
            self._loader.exec_module(module)
            return
        first = _CLASS.search(source)
        assert first is not None
        before = _EXPORTS.sub(b"__all__ = []", source[: first.start()])  # nobody takes them all
        module.__class__ = LazyClasses
        own = vars(module)
        own["_lazy_makers"] = made
        own["__builtins__"] = Names(lambda name: _class(own, name))
        exec(compile(before, self._loader.path, "exec"), own)  # noqa: S102 - what the import system does

    def get_source(self, name: str) -> str | None:
        """The text of the module, for tracebacks."""
        return self._loader.get_source(name)


class LazyClasses(ModuleType):
    """A module whose classes are made when they are asked for."""

    def __getattr__(self, name: str) -> Any:
        made = _class(vars(self), name)
        if made is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return importlib.import_module, (self.__name__,)

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *vars(self)["_lazy_makers"]})


class NamesLoader(Loader):
    """Runs a module that has imported every class of `_inputs` for its annotations: it finds those that it names."""

    def __init__(self, loader: SourceFileLoader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """The import system makes it."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """See the class."""
        package = module.__name__.rpartition(".")[0]
        find = inputs_of(package)
        own = vars(module)
        own["__builtins__"] = Names(find)
        own["_lazy_find"] = find
        module.__class__ = LazyNames
        self._loader.exec_module(module)

    def get_source(self, name: str) -> str | None:
        """The text of the module, for tracebacks."""
        return self._loader.get_source(name)


class LazyNames(ModuleType):
    """A module that has the classes of its package's `_inputs` for those who ask."""

    def __getattr__(self, name: str) -> Any:
        found = None if name.startswith("__") else vars(self)["_lazy_find"](name)
        if found is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return importlib.import_module, (self.__name__,)


class Names(dict[str, Any]):
    """The built-in names of a module, and behind them the classes that it would have had from the beginning."""

    def __init__(self, find: Callable[[str], Any]) -> None:
        super().__init__(vars(builtins))
        self._find = find

    def __missing__(self, name: str) -> Any:
        found = self._find(name)
        if found is None:
            raise KeyError(name)
        return found


def inputs_of(package: str) -> Callable[[str], Any]:
    """What finds the classes of a package's `_inputs`, if that is loaded; None for what it has not."""

    def find(name: str) -> Any:
        inputs = sys.modules.get(f"{package}._inputs")
        return _class(vars(inputs), name) if isinstance(inputs, LazyClasses) else None

    return find


def makers(code: CodeType, source: bytes) -> dict[str, tuple[CodeType, str, str]] | None:
    """The code, the decorator and the base of every class; None when the module has more than classes after its imports."""
    found = {
        match[2].decode(): ((match[1] or b"").decode(), (match[3] or b"").decode()) for match in _CLASS.finditer(source)
    }
    bodies = {one.co_name: one for one in code.co_consts if isinstance(one, CodeType)}
    if not found or bodies.keys() != found.keys() or any(one.co_freevars for one in bodies.values()):
        return None
    first = _CLASS.search(source)
    assert first is not None
    decorated = sum(bool(decorator) for decorator, _ in found.values())
    if len(_TOP_LEVEL.findall(source, first.start())) != len(found) + decorated:
        return None
    return {name: (bodies[name], decorator, base) for name, (decorator, base) in found.items()}


def _class(own: dict[str, Any], name: str) -> Any:
    """A class of a module, made now unless it was before; None when the module has no such class."""
    if name in own:
        return own[name]
    if name not in own["_lazy_makers"]:
        return None
    body, decorator, base = own["_lazy_makers"][name]
    bases = (own[base] if base in own else getattr(builtins, base),) if base else ()
    build: Any = builtins.__build_class__
    made = build(FunctionType(body, own), name, *bases)
    if decorator:
        made = getattr(own["pulumi"], decorator)(made)
    own[name] = made
    return made
