"""Step Functions: the structure of a state machine in the Amazon States Language."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mlinfra.sandbox.refusals.call import Call, Check, Refused

State = Mapping[str, Any]
# https://states-language.net/spec.html, read 2026-11-22: what each type of state must have.
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "Task": ("Resource",),
    "Pass": (),
    "Choice": ("Choices",),
    "Wait": (),
    "Succeed": (),
    "Fail": (),
    "Parallel": ("Branches",),
    "Map": (),
}
LAST: Final = ("Succeed", "Fail", "Choice")  # these name no next state of their own
WAITS: Final = ("Seconds", "Timestamp", "SecondsPath", "TimestampPath")


def definition(call: Call) -> None:
    """A definition is JSON; every state is known, complete, leads on to one that exists, and can be reached."""
    text = call.params.get("definition")
    if text is None:
        return
    try:
        machine = json.loads(text)
    except ValueError as error:
        raise _invalid(f"INVALID_JSON_DESCRIPTION: {error}") from error
    _machine(machine, "")


def _machine(machine: Any, where: str) -> None:
    if not isinstance(machine, dict) or not isinstance(machine.get("States"), dict) or not machine["States"]:
        raise _invalid(f"SCHEMA_VALIDATION_FAILED: The field 'States' is required at {where or '/'}")
    states = machine["States"]
    if "StartAt" not in machine:
        raise _invalid(f"SCHEMA_VALIDATION_FAILED: The field 'StartAt' is required at {where or '/'}")
    if machine["StartAt"] not in states:
        raise _invalid(f"MISSING_TRANSITION_TARGET: Missing 'StartAt' target: {machine['StartAt']} at {where}/StartAt")
    targets = {machine["StartAt"]}
    for name, state in states.items():
        place = f"{where}/States/{name}"
        _state(state, place)
        for target in _targets(state):
            if target not in states:
                raise _invalid(f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {target} at {place}")
            if target != name:
                targets.add(target)
    for name in states:
        if name not in targets:
            raise _invalid(f'MISSING_TRANSITION_TARGET: State "{name}" is not reachable. at {where}/States/{name}')


def _state(state: Any, place: str) -> None:
    kind = str(state.get("Type")) if isinstance(state, dict) else ""
    if kind not in REQUIRED:
        raise _invalid(
            f"SCHEMA_VALIDATION_FAILED: Value is not one of {', '.join(REQUIRED)} ({kind!r}) at {place}/Type"
        )
    for field in REQUIRED[kind]:
        if not state.get(field):
            raise _invalid(f"SCHEMA_VALIDATION_FAILED: The field '{field}' is required but was missing at {place}")
    if kind not in LAST and ("Next" in state) == bool(state.get("End")):
        raise _invalid(f"SCHEMA_VALIDATION_FAILED: A state has one of 'Next' and 'End' at {place}")
    if kind == "Wait" and sum(field in state for field in WAITS) != 1:
        raise _invalid(f"SCHEMA_VALIDATION_FAILED: A Wait state has exactly one of {', '.join(WAITS)} at {place}")
    for number, branch in enumerate(state.get("Branches", [])):
        _machine(branch, f"{place}/Branches[{number}]")
    if kind == "Map":
        _machine(state.get("ItemProcessor") or state.get("Iterator"), f"{place}/ItemProcessor")


def _targets(state: State) -> Iterator[str]:
    for holder in (state, *state.get("Choices", []), *state.get("Catch", [])):
        if "Next" in holder:
            yield holder["Next"]
    if "Default" in state:
        yield state["Default"]


def _invalid(reason: str) -> Refused:
    return Refused("InvalidDefinition", f"Invalid State Machine Definition: '{reason}'")


CHECKS: Final[dict[tuple[str, str], tuple[Check, ...]]] = {
    ("stepfunctions", "CreateStateMachine"): (definition,),
    ("stepfunctions", "UpdateStateMachine"): (definition,),
}
