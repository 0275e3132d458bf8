"""The base of every component's arguments: immutable, and checked when they are made."""

import inspect
from collections.abc import Mapping
from typing import Any, Optional, Self

import pulumi
from pydantic import BaseModel, ConfigDict, ValidationError

from mlinfra.components.problems import ArgumentError, Problem, explain, shown


class Args(BaseModel):
    """Base of component arguments. A field's docstring is its documentation, here and in the package schema."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        arbitrary_types_allowed=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )

    def __init__(self, /, **arguments: Any) -> None:
        try:
            super().__init__(**arguments)
        except ValidationError as error:
            raise ArgumentError(type(self).__name__, [*explain(error, type(self), arguments)]) from None

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        # `pulumi.Input[X]` holds the forward reference "Output[T]", which only Pulumi's own module can resolve.
        cls.model_rebuild(force=True, _types_namespace={"Output": pulumi.Output, "T": Any})
        # Pulumi's schema inference takes a property for optional by its annotation, not by its default.
        cls.__annotations__ = {
            name: kind if name not in cls.model_fields or cls.model_fields[name].is_required() else Optional[kind]
            for name, kind in inspect.get_annotations(cls).items()
        }

    def given(self) -> dict[str, Any]:
        """The arguments that were given, without those that have their defaults."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}

    @classmethod
    def of(cls, args: "Self | Mapping[str, Any]", subject: str) -> Self:
        """The arguments themselves, or made of the mapping that Pulumi's component host passes."""
        if isinstance(args, cls):
            return args
        if not isinstance(args, Mapping) or not all(isinstance(key, str) for key in args):
            fix = f"pass {cls.__name__}(…) or a dict of its arguments"
            raise ArgumentError(subject, [Problem("args", shown(args), "not its arguments", fix)])
        try:
            return cls(**args)
        except ArgumentError as error:
            raise error.about(subject) from None
