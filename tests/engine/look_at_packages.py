"""Prints what is in generated packages: `python look_at_packages.py lazy|eager FOLDER PACKAGE…`, for test_lazy."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
import typing
from types import ModuleType
from typing import Any

import pulumi


def main(way: str, folder: str, *names: str) -> None:
    if way == "lazy":
        sys.path.insert(0, folder)
        import lazy

        lazy.install()
        sys.path.pop(0)
    sys.stdout.write(json.dumps({name: look(name) for name in names}))


def look(name: str) -> dict[str, Any]:
    package = importlib.import_module(name)
    getattr(package, "nothing", None)  # pulumi_aws puts off even the package
    loaded = [one for one in sys.modules if one.startswith(f"{name}.")]
    star: dict[str, Any] = {}
    exec(f"from {name} import *", star)
    public = sorted(one for one in dir(package) if not one.startswith("_"))
    found = {one: getattr(package, one) for one in reversed(public)}  # in no order that an import would have
    return {
        "loaded": len(loaded),
        "names": {one: said(found[one]) for one in public},
        "star": sorted(set(star) - {"__builtins__"}),
        "classes": {
            f"{module.__name__}.{one}": about(getattr(module, one), module)
            for module in modules(package)
            for one in sorted(set(dir(module)) - set(vars(typing)))
            if getattr(getattr(module, one), "__module__", "") == module.__name__
        },
    }


def said(value: Any) -> list[str]:
    if isinstance(value, ModuleType):
        return ["module", value.__name__]
    return [type(value).__name__, getattr(value, "__module__", ""), getattr(value, "__qualname__", "")]


def modules(package: ModuleType) -> list[ModuleType]:
    """Its `_inputs` and `outputs`, and two modules of resources."""
    resources = sorted(
        {one.__module__.rpartition(".")[2] for one in vars(package).values() if isinstance(one, type)} - {"_inputs"}
    )
    names = ["_inputs", "outputs", *resources[:2]]
    full = [f"{package.__name__}.{name}" for name in names]
    return [importlib.import_module(name) for name in full if importlib.util.find_spec(name)]


def about(made: Any, module: ModuleType) -> list[Any]:
    """All that the SDK reads of a class: bases, members, and the types in its annotations."""
    if not isinstance(made, type):
        return said(made)
    hints = {
        key: repr(typing.get_type_hints(member.fget, vars(module), {"Output": pulumi.Output, "T": typing.Any}))
        for key, member in vars(made).items()
        if isinstance(member, property)
    }
    own = (
        repr(typing.get_type_hints(made, None, {"Output": pulumi.Output, "T": typing.Any}))
        if typing.is_typeddict(made)
        else ""
    )
    return [made.__qualname__, [base.__name__ for base in made.__mro__], made.__doc__, sorted(vars(made)), hints, own]


if __name__ == "__main__":
    main(*sys.argv[1:])
