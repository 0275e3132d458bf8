"""What every component's arguments share: immutable, checked when they are made, and one clear error for wrong use."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Optional, Self

import pulumi
from pydantic import BaseModel, ConfigDict, ValidationError

from mlinfra.errors import ConfigError

MAX_SHOWN = 80  # characters of a value in an error


class Invalid(ValueError):  # noqa: N818 - reads as what a validator says of a value
    """Raised by a validator: why a value cannot be used and what to write instead.

    `argument` names the argument when the check looks at several of them.
    """

    def __init__(self, reason: str, *, fix: str, argument: str = "") -> None:
        super().__init__(reason)
        self.reason, self.fix, self.argument = reason, fix, argument


@dataclass(frozen=True, slots=True)
class Problem:
    """One argument that cannot be used: its name (dotted when nested), what was given, why not, and what to do."""

    argument: str
    given: str
    reason: str
    fix: str

    def __str__(self) -> str:
        given = f" = {self.given}" if self.given else ""
        return f"{self.argument}{given}: {self.reason}\n  fix: {self.fix}"


class ArgumentError(ConfigError, pulumi.RunError, ValueError):
    """Arguments or settings that cannot be used; names the component and every argument that is wrong.

    Being a `pulumi.RunError`, it ends a Pulumi program with its text alone, without a traceback.
    """

    def __init__(self, subject: str, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(f"{subject}: {problem}" for problem in problems))
        self.subject, self.problems = subject, tuple(problems)

    def about(self, subject: str) -> "ArgumentError":
        """The same problems, said of something that is named better."""
        return ArgumentError(subject, self.problems)


class Args(BaseModel):
    """Base of component arguments. A field's docstring is its documentation, here and in the package schema."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        arbitrary_types_allowed=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )

    def __init__(self, **arguments: Any) -> None:
        try:
            super().__init__(**arguments)
        except ValidationError as error:
            raise ArgumentError(type(self).__name__, [*explain(error, type(self), arguments)]) from None

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        # `pulumi.Input[X]` holds the forward reference "Output[T]", which only Pulumi's own module can resolve.
        cls.model_rebuild(force=True, _types_namespace={"Output": pulumi.Output, "T": Any})
        # Pulumi's schema inference takes a property for optional by its annotation, not by its default.
        annotations = vars(cls).get("__annotations__", {})
        for name, field in cls.model_fields.items():
            if name in annotations and not field.is_required():
                annotations[name] = Optional[annotations[name]]

    @classmethod
    def of(cls, args: "Self | Mapping[str, Any]", subject: str) -> Self:
        """The arguments themselves, or made of the mapping that Pulumi's component host passes."""
        if isinstance(args, cls):
            return args
        if not isinstance(args, Mapping) or not all(isinstance(key, str) for key in args):
            fix = f"pass {cls.__name__}(…) or a dict of its arguments"
            raise ArgumentError(subject, [Problem("args", shown(args), "are not its arguments", fix)])
        try:
            return cls(**args)
        except ArgumentError as error:
            raise error.about(subject) from None


def explain(error: ValidationError, model: type[BaseModel], given: Mapping[str, Any]) -> Iterator[Problem]:
    """The first problem of every argument, in the order of the model's fields."""
    seen: set[str] = set()
    for detail in error.errors(include_url=False):
        path, value = _locate(detail["loc"], given, detail["type"])
        for problem in _problems(detail, path, value, model):
            if problem.argument not in seen:
                seen.add(problem.argument)
                yield problem


def shown(value: object) -> str:
    """A value as an error shows it: short, and nothing of what only a deployment knows."""
    if isinstance(value, pulumi.Output):
        return "an output"
    text = repr(value.value if isinstance(value, Enum) else value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _locate(location: tuple[int | str, ...], given: Any, kind: str) -> tuple[str, object]:
    """The path and the value that an error means; pydantic's location also holds the branches of unions."""
    path, value = "", given
    for part in location:
        if isinstance(value, Mapping) and part in value:
            path, value = (f"{path}.{part}" if path else str(part)), value[part]
        elif isinstance(part, int) and isinstance(value, Sequence) and not isinstance(value, str) and part < len(value):
            path, value = f"{path}[{part}]", value[part]
        elif kind == "missing" and part == location[-1]:
            return (f"{path}.{part}" if path else str(part)), _ABSENT
        else:
            break
    return path, value


_ABSENT = object()


def _problems(detail: Any, path: str, value: object, model: type[BaseModel]) -> Iterator[Problem]:
    cause = detail.get("ctx", {}).get("error")
    name = path.partition(".")[0].partition("[")[0]
    if isinstance(cause, ArgumentError):
        for inner in cause.problems:
            yield Problem(f"{path}.{inner.argument}", inner.given, inner.reason, inner.fix)
    elif isinstance(cause, Invalid):
        yield Problem(cause.argument or path, "" if cause.argument else shown(value), cause.reason, cause.fix)
    elif detail["type"] == "missing":
        yield Problem(path, "", "is required", f"give {name}: {_meaning(model, name)}")
    elif detail["type"] == "extra_forbidden":
        yield Problem(path, shown(value), "there is no such argument", _suggestion(path, model))
    else:
        reason = str(detail["msg"]).replace("Input should be", "must be", 1).removeprefix("Value error, ")
        yield Problem(path, shown(value), reason[:1].lower() + reason[1:], f"{name} is {_meaning(model, name)}")


def _meaning(model: type[BaseModel], name: str) -> str:
    field = model.model_fields.get(name)
    text = " ".join((field.description if field and field.description else name).split())
    first = text.partition(". ")[0].removesuffix(".")
    return first[:1].lower() + first[1:] if not first[:2].isupper() else first


def _suggestion(path: str, model: type[BaseModel]) -> str:
    names = sorted(model.model_fields)
    near = difflib.get_close_matches(path, names, n=1)
    return f"did you mean {near[0]}?" if near else f"remove it; there are {', '.join(names)}"
