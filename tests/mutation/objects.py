"""Careless edits of Kubernetes objects: what a manifest says is left out, switched or widened, wherever it stands."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlinfra.graph import join, steps

Change = tuple[str, str, dict[str, Any]]
HEADER = ("apiVersion", "kind", "metadata", "roleRef")
"""What the API server refuses to be without; labels and annotations of `metadata` are changed."""
_WIDER = {"verbs": "action widened", "resources": "resource widened"}
_MORE = 1000
_DIGITS = re.compile(r"^\d+")
_KUBERNETES = re.compile(r"(?!sparkoperator)[a-z]+(\.authorization)?\.k8s\.io")  # not its sponsored projects: x-k8s.io


def changed_objects(type: str, inputs: Mapping[str, Any]) -> Iterator[Change]:
    """The changes that only objects of Kubernetes have; those of single values are made as in any resource."""
    inputs = dict(inputs)
    if type.startswith("kubernetes:helm.sh/"):  # values are the chart's own
        yield from (("dropped", key, _without(inputs, key)) for key in inputs)
        return
    for path, value in _places(inputs, ""):
        if path.partition(".")[0] not in HEADER or path.startswith(("metadata.labels.", "metadata.annotations.")):
            yield "dropped", path, _without(inputs, path)
        key = path.rpartition(".")[2]
        if key in _WIDER and path.startswith("rules") and value != ["*"] and _built_in(inputs, path):
            yield _WIDER[key], path, _with(inputs, path, ["*"])
        if key == "nominalQuota":
            yield (
                "raised",
                path,
                _with(inputs, path, _DIGITS.sub(lambda found: str(int(found[0]) * _MORE or _MORE), str(value))),
            )
        if key == "name" and path.startswith("subjects"):
            yield "principal widened", path, _with(inputs, path, "system:authenticated")


def _built_in(inputs: dict[str, Any], path: str) -> bool:
    """Whether a rule of a role is about what every cluster has: a wildcard among an operator's own kinds is no wider than it."""
    rule = _place(inputs, steps(path)[:2])
    return all("." not in group or _KUBERNETES.fullmatch(group) for group in rule["apiGroups"])


def _places(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Everything that stands at a key, at whatever depth."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if len(value) > 1 or not path.endswith("matchLabels"):  # without its only label a selector has none
                yield join(path, key), item
            yield from _places(item, join(path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _places(item, join(path, index))


def _without(inputs: dict[str, Any], path: str) -> dict[str, Any]:
    made = copy.deepcopy(inputs)
    *above, last = steps(path)
    del _place(made, above)[last]
    return made


def _with(inputs: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    made = copy.deepcopy(inputs)
    *above, last = steps(path)
    _place(made, above)[last] = value
    return made


def _place(value: Any, path: list[Any]) -> Any:
    for step in path:
        value = value[step]
    return value
