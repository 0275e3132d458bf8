"""What is wrong with arguments and settings, said so that a user can act on it."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pulumi
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from mlinfra.errors import ConfigError

MAX_SHOWN = 80  # characters of a value in an error
_ABSENT = object()
_PLAIN = re.compile(r"[\w:-]+")  # keys that need no quotes
_WORDS = {
    "sequence_str": "must be a list",
    **dict.fromkeys(["model_type", "dict_type", "mapping_type"], "must be a mapping of its keys"),
}


class Invalid(ValueError):
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


def explain(error: ValidationError, model: type[BaseModel], given: Mapping[str, Any]) -> Iterator[Problem]:
    """The first problem of every argument, in the order of the model's fields."""
    seen: set[str] = set()
    for detail in error.errors(include_url=False):
        if detail["type"] == "default_factory_not_called":  # what the default depends on is itself wrong
            continue
        path, value = _locate(detail["loc"], given, detail["type"])
        for problem in _problems(detail, path, value, model, given):
            if problem.argument not in seen:
                seen.add(problem.argument)
                yield problem


def shown(value: object) -> str:
    """A value as an error shows it: short, and nothing of what only a deployment knows."""
    if isinstance(value, pulumi.Output):
        return "an output"
    text = repr(_plain(value))
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _plain(value: object) -> object:
    """A value as it was written: without the classes that it was made into."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, BaseModel):
        return {
            name: _plain(getattr(value, name)) for name in type(value).model_fields if name in value.model_fields_set
        }
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    return [*map(_plain, value)] if isinstance(value, list) else value


def _locate(location: tuple[int | str, ...], given: Any, kind: str) -> tuple[str, object]:
    """The path and the value that an error means; pydantic's location also holds the branches of unions."""
    path, value = "", given
    for part in location:
        if isinstance(value, Mapping) and part in value:
            path, value = _step(path, part), value[part]
        elif isinstance(part, int) and isinstance(value, Sequence) and not isinstance(value, str) and part < len(value):
            path, value = f"{path}[{part}]", value[part]
        elif kind == "missing" and part == location[-1]:
            return _step(path, part), _ABSENT
        else:
            break
    return path, value


def joined(path: str, rest: str) -> str:
    """The name of an argument within another one."""
    return f"{path}.{rest}" if path else rest


def _step(path: str, part: object) -> str:
    return joined(path, str(part) if _PLAIN.fullmatch(str(part)) else repr(part))


def _problems(
    detail: Any, path: str, value: object, model: type[BaseModel], given: Mapping[str, Any]
) -> Iterator[Problem]:
    cause = detail.get("ctx", {}).get("error")
    name = path.partition(".")[0].partition("[")[0]
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    if isinstance(cause, ArgumentError):
        for inner in cause.problems:
            yield Problem(joined(path, inner.argument), inner.given, inner.reason, inner.fix)
    elif isinstance(cause, Invalid):
        argument, value = _named(cause.argument, model, given) if cause.argument else (path, value)
        yield Problem(argument, "" if value is _ABSENT else shown(value), cause.reason, cause.fix)
    elif detail["type"] == "missing":
        yield Problem(path, "", "required", f"give {name}: {_meaning(fields, name)}")
    elif detail["type"] == "extra_forbidden":
        yield Problem(path, shown(value), "not known here", _suggestion(path, fields))
    elif detail["type"] == "string_type" and isinstance(value, int | float) and not isinstance(value, bool):
        yield Problem(path, shown(value), "a number, and must be text", f'write it in quotes, such as "{value}"')
    else:
        late = "must be known before anything is deployed" if isinstance(value, pulumi.Output) else ""
        reason = late or _WORDS.get(detail["type"]) or str(detail["msg"]).replace("Input should be", "must be", 1)
        reason = reason[:1].lower() + reason[1:]
        yield Problem(path, shown(value), reason, f"correct it; {name} means: {_meaning(fields, name)}")


def _named(field: str, model: type[BaseModel], given: Mapping[str, Any]) -> tuple[str, object]:
    """A field as the user writes it, and what was given for it."""
    name = model.model_fields[field].alias or field
    return name, given.get(name, given.get(field, _ABSENT))


def _meaning(fields: Mapping[str, FieldInfo], name: str) -> str:
    """The first sentence of a field's documentation."""
    text = " ".join((fields[name].description or name).split()) if name in fields else name
    first = text.partition(". ")[0].removesuffix(".")
    return first if first[:2].isupper() else first[:1].lower() + first[1:]


def _suggestion(name: str, fields: Mapping[str, FieldInfo]) -> str:
    near = difflib.get_close_matches(name, fields, n=1)
    return f"did you mean {near[0]}?" if near else f"remove it; there are {', '.join(sorted(fields))}"
