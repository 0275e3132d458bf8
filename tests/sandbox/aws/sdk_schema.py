"""Reads the properties of resource types out of the installed pulumi-aws SDK.

Run as a program it rewrites `mlinfra/catalog/aws/schema/`: `python tests/sandbox/aws/sdk_schema.py`.
"""

from __future__ import annotations

import collections.abc
import enum
import functools
import importlib
import inspect
import json
import re
import tomllib
import typing
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws
from pulumi import _types

SDK = Path(pulumi_aws.__file__).parent
CATALOG = Path(__file__).parents[3] / "mlinfra" / "catalog" / "aws"
SCALARS = {str: "str", bool: "bool", int: "int", float: "num"}


@functools.cache
def index() -> dict[str, tuple[str, str, str]]:
    """Where each resource class is: token to package, module and class."""
    found = {}
    for path in sorted(SDK.glob("*/*.py")):
        match = re.search(r"super\((\w+), __self__\)\.__init__\(\s*'(aws:[^']+)'", path.read_text())
        if match:
            found[match[2]] = (path.parent.name, path.stem, match[1])
    return found


def entry(token: str) -> dict[str, Any]:
    """The schema of one type, as it stands in the catalog."""
    package, stem, name = index()[token]
    module = importlib.import_module(f"pulumi_aws.{package}.{stem}")
    resource = getattr(module, name)
    # The SDK calls a resource's arguments InitArgs where a nested type has taken the name.
    inputs = shape(getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args"))
    annotations = {
        getattr(one.fget, "_pulumi_name", one.fget.__name__): str(one.fget.__annotations__["return"])
        for one in vars(resource).values()
        if isinstance(one, property)
    }
    optional = [prop for prop in inputs if not prop.endswith("!")]
    computed = [
        p
        for p in optional
        if p in annotations and not annotations[p].startswith("pulumi.output.Output[typing.Optional")
    ]
    pure = {p: shape(t) for p, t in _types.resource_types(resource).items() if not {p, p + "!"} & inputs.keys()}
    return {"inputs": dict(sorted(inputs.items())), "computed": sorted(computed), "outputs": dict(sorted(pure.items()))}


def shape(hint: Any, outer: tuple[type, ...] = ()) -> Any:
    """A type hint of the SDK as a shape of `mlinfra.catalog.aws_types.Schema`."""
    hint = _unwrapped(hint)
    origin = typing.get_origin(hint)
    if origin in (collections.abc.Sequence, list):
        return [shape(typing.get_args(hint)[0], outer)]
    if origin in (collections.abc.Mapping, dict):
        return {"*": shape(typing.get_args(hint)[1], outer)}
    if not isinstance(hint, type) or hint in outer:
        return "any"
    if _types.is_input_type(hint):
        parameters = inspect.signature(hint.__init__).parameters.items()
        required = {name for name, one in parameters if one.default is inspect.Parameter.empty}
        types = _types.input_type_types(hint)
        names = _types.input_type_py_to_pulumi_names(hint).items()
        return {name + "!" * (py in required): shape(types[name], (*outer, hint)) for py, name in names}
    if _types.is_output_type(hint):
        return {name: shape(one, (*outer, hint)) for name, one in _types.output_type_types(hint).items()}
    return (
        "str" if issubclass(hint, enum.Enum) else SCALARS.get(hint, "any" if hint is object else hint.__name__.lower())
    )


def _unwrapped(hint: Any) -> Any:
    """`T` of `Input[T]`, `Optional[T]` and unions of a scalar with an enumeration or a resource."""
    if typing.get_origin(hint) is not typing.Union:
        return hint
    members = [one for one in typing.get_args(hint) if one is not type(None) and not _is_output(one)]
    plain = [one for one in members if not (isinstance(one, type) and issubclass(one, enum.Enum | pulumi.Resource))]
    return _unwrapped((plain or members)[0])


def _is_output(hint: Any) -> bool:
    origin = typing.get_origin(hint) or hint
    return origin is collections.abc.Awaitable or (isinstance(origin, type) and issubclass(origin, pulumi.Output))


def render(module: str) -> str:
    """The content of `schema/<module>.json`: one line per type of `<module>.toml`."""
    table = tomllib.loads((CATALOG / f"{module}.toml").read_text())
    lines = [f"{json.dumps(token)}: {json.dumps(entry(token))}" for token in sorted(table) if token != "all"]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    for path in sorted(CATALOG.glob("*.toml")):
        (CATALOG / "schema" / f"{path.stem}.json").write_text(render(path.stem))
