"""What is wrong with a job, said so that its author can act on it."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel, ValidationError

_MAX_SHOWN = 80  # characters of a value in an error
_ABSENT = object()


class JobError(ConfigError, ValueError):
    """A job that cannot run as it is written: one line for each field that is wrong, with the fix."""

    def __init__(self, subject: str, problems: list[tuple[str, str]]) -> None:
        self.subject, self.problems = subject, problems
        lines = [f"{subject}: {problem}" for problem, _ in problems]
        fixes = list(dict.fromkeys(fix for _, fix in problems if fix))
        super().__init__("\n".join(lines), fix="; ".join(fixes))

    def about(self, subject: str) -> JobError:
        """The same problems, said of something that is named better."""
        return JobError(subject, self.problems)


class Invalid(ValueError):
    """Raised by a validator: which field cannot be used, why, and what to write instead."""

    def __init__(self, reason: str, *, fix: str, field: str = "") -> None:
        super().__init__(reason)
        self.reason, self.fix, self.field = reason, fix, field


def explain(error: ValidationError, model: type[BaseModel], given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each wrong field once: what is wrong with it, and the fix."""
    found: dict[str, tuple[str, str]] = {}
    for detail in error.errors(include_url=False):
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, JobError):
            path = _path(detail["loc"])
            for reason, fix in cause.problems:
                found.setdefault(f"{path}.{reason}", (f"{path}.{reason}", fix))
            continue
        path = _path(detail["loc"])
        if isinstance(cause, Invalid) and cause.field:
            path = f"{path}.{cause.field}" if path else cause.field
        value = _look_up(given, path)
        said = f" = {shown(value)}" if value is not _ABSENT and detail["type"] != "missing" else ""
        reason, fix = _said(detail, path, model)
        found.setdefault(path or reason, (f"{path}{said}: {reason}" if path else reason, fix))
    return [*found.values()]


def shown(value: object) -> str:
    """A value as an error shows it: short."""
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def _path(location: tuple[int | str, ...]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _look_up(given: Any, path: str) -> object:
    for part in path.replace("[", ".").replace("]", "").split(".") if path else ():
        try:
            given = given[int(part)] if isinstance(given, (list, tuple)) else given[part]
        except (KeyError, IndexError, TypeError, ValueError):
            return _ABSENT
    return given if path else _ABSENT


def _said(detail: Any, path: str, model: type[BaseModel]) -> tuple[str, str]:
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, Invalid):
        return cause.reason, cause.fix
    if detail["type"] == "missing":
        return "required", f"give {path}: {_meaning(model, path)}"
    if detail["type"] == "extra_forbidden":
        return "not known here", _suggestion(model, path)
    reason = str(detail["msg"]).replace("Input should be", "must be", 1)
    return reason[:1].lower() + reason[1:], f"correct {path}; it means: {_meaning(model, path)}"


def _fields(model: type[BaseModel], path: str) -> Iterator[tuple[str, str]]:
    """The fields beside the last part of a path, with what they mean."""
    from pydantic import BaseModel

    for part in path.split(".")[:-1]:
        field = model.model_fields.get(part.partition("[")[0])
        inner = (
            [t for t in _types(field.annotation) if isinstance(t, type) and issubclass(t, BaseModel)] if field else []
        )
        if not inner:
            return
        model = inner[0]
    for name, field in model.model_fields.items():
        yield name, " ".join((field.description or name).split()).partition(". ")[0].removesuffix(".")


def _types(annotation: Any) -> Iterator[Any]:
    arguments = getattr(annotation, "__args__", ())
    if not arguments:
        yield annotation
    for one in arguments:
        yield from _types(one)


def _meaning(model: type[BaseModel], path: str) -> str:
    name = path.rpartition(".")[2].partition("[")[0]
    text = dict(_fields(model, path)).get(name, name)
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _suggestion(model: type[BaseModel], path: str) -> str:
    name, known = path.rpartition(".")[2], [name for name, _ in _fields(model, path)]
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"remove it; there are {', '.join(sorted(known))}"
