"""Settings that are the arguments of a component: camel case, and without what the program itself gives."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

from pydantic import create_model

from mlinfra.components.args import Args
from mlinfra.settings.part import Part

_CONTAINERS: Final[tuple[Any, ...]] = (Mapping, Sequence)


def without(args: type[Args], given: Sequence[str], *, name: str, doc: str) -> type[Part]:
    """A class of settings with every field of the arguments but those that the program gives.

    Only the fields' own types are checked here; what goes together is the component's to say.
    """
    fields: dict[str, Any] = {
        field: (_camel(info.annotation), info) for field, info in args.model_fields.items() if field not in given
    }
    made: type[Part] = _made(name, (Part,), doc, fields)
    return made


@functools.cache
def whole(args: type[Args], *, name: str = "") -> type[Args]:
    """The same arguments, checked the same way, in camel case: a component takes them as its own."""
    if issubclass(args, Part):
        return args
    nested = {field: (_camel(info.annotation), info) for field, info in args.model_fields.items()}
    changed = {field: given for field, given in nested.items() if given[0] != given[1].annotation}
    made: type[Args] = _made(name or args.__name__, (Part, args), args.__doc__, changed)
    return made


def _made(name: str, bases: tuple[type[Args], ...], doc: str | None, fields: Mapping[str, Any]) -> Any:
    """A class whose fields bring their descriptions: it has no source to look for them in, which takes pydantic long."""
    model: Any = create_model  # its overloads know no fields that are only known when it runs
    silent = {"use_attribute_docstrings": False}
    made = model(name, __base__=bases, __doc__=doc, __module__=__name__, __cls_kwargs__=silent, **fields)
    made.model_config["use_attribute_docstrings"] = True  # for classes that are derived from it in source
    return made


def _camel(annotation: Any) -> Any:
    """A type with every class of arguments in it in camel case."""
    if isinstance(annotation, type) and issubclass(annotation, Args):
        return whole(annotation)
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return Union[tuple(map(_camel, inner))]  # noqa: UP007 - made of a tuple
    if origin is not None and origin in _CONTAINERS:
        return origin[tuple(map(_camel, inner))]
    return annotation
