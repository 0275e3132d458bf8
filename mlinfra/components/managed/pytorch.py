"""From the arguments of a managed job to the job of `mlinfra.jobs`, which checks it and says what every node runs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import pulumi

from mlinfra.components.args import Args
from mlinfra.components.jobs.late import Late
from mlinfra.components.managed.arguments import ManagedJobArgs
from mlinfra.components.managed.stores import ManagedStore
from mlinfra.components.problems import ArgumentError, Invalid, Problem, shown
from mlinfra.jobs import JobError, PyTorchJob

_OWN: Final = frozenset(ManagedJobArgs.model_fields) - {"tracking"}
_FIXES: Final = {
    "pool": "use instance types with EFA, one node, or slow_network=True to accept TCP",
    "checkpoint": "give the ManagedStore that it saves to",
}
"""What to do about fields of the job that are given differently here."""


def fields(
    name: str,
    args: ManagedJobArgs,
    late: Late,
    *,
    pool: Mapping[str, Any],
    resources: Mapping[str, Any],
    data: Mapping[str, ManagedStore],
    checkpoint: ManagedStore | None,
    output: ManagedStore | None,
) -> dict[str, Any]:
    """The fields of the job, with stand-ins for outputs."""
    own = {one: getattr(args, one) for one in args.model_fields_set & _OWN}
    stores = {"checkpoint": (checkpoint, "checkpoint"), "output": (output, "output")}
    places = {one: _store(store, f"{name}/{folder}/") for one, (store, folder) in stores.items() if store}
    given = {
        **own,
        **places,
        "name": name,
        "namespace": "managed",  # of which the job only knows that there is one
        "data": {one: _store(store) for one, store in data.items()},
        "pool": pool,
        "resources": resources,
        **({"tracking": args.tracking} if args.tracking else {}),
    }
    found: dict[str, Any] = {one: _plain(value, late, image=one == "image") for one, value in given.items()}
    return found


def refusals(make: Callable[[Late], Mapping[str, Any]], args: Args, places: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with a job, as far as it can be told before outputs are known.

    `places` are the arguments that stand for fields of the job that nobody writes here: pool and resources.
    """
    try:
        PyTorchJob(**make(Late()))
    except Invalid as error:
        yield Problem(error.argument, shown(getattr(args, error.argument, "")), error.reason, error.fix)
    except JobError as error:
        yield from _problems(error, places)


def checked(subject: str, given: Mapping[str, Any], late: Late, places: Mapping[str, str]) -> tuple[PyTorchJob, Late]:
    """The job, and its outputs, each of which fails the deployment when its value is wrong."""

    def check(known: Mapping[str, Any]) -> None:
        try:
            PyTorchJob(**known)
        except JobError as error:
            raise ArgumentError(subject, [*_problems(error, places)]) from None

    return PyTorchJob(**given), late.checked(given, check)


def _problems(error: JobError, places: Mapping[str, str]) -> Iterator[Problem]:
    for text, fix in error.problems:
        said, _, reason = text.partition(": ")
        field, _, given = said.partition(" = ")
        if field in places:  # the job has a description there which nobody wrote
            reason, given = reason.rpartition("}: ")[2], ""
        yield Problem(places.get(field, field), given, reason, _FIXES.get(field, fix))


def _store(store: ManagedStore, folder: str = "") -> dict[str, Any]:
    return {"url": store.url(folder), "classification": store.classification}


def _plain(value: Any, late: Late, *, image: bool = False) -> Any:
    if isinstance(value, Args):
        return {name: _plain(getattr(value, name), late) for name in sorted(value.model_fields_set)}
    if isinstance(value, pulumi.Output):
        return late.stand_in(value, image=image)
    if isinstance(value, Mapping):
        return {key: _plain(one, late) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one, late) for one in value]
    return value
