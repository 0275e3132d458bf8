"""Node agents that need what other pods must not have (`node_agents.toml`)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class NodeAgent:
    """An agent: what it may do, which paths of the node it may mount, and why."""

    name: str
    may: frozenset[str]
    host_paths: tuple[str, ...]
    reason: str

    def may_mount(self, path: str) -> bool:
        """Whether it may mount a path of the node."""
        if "/" in self.host_paths:
            return True
        return ".." not in path and any(PurePosixPath(path).is_relative_to(one) for one in self.host_paths)


def agent(image: str) -> NodeAgent | None:
    """The agent of an image such as nvcr.io/nvidia/k8s-device-plugin:v0.18.2; None when it is none."""
    name = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    return _agents().get(name)


def agent_namespaces() -> frozenset[str]:
    """The namespaces in which agents are agents."""
    return frozenset(_table()["namespaces"])


def is_shared_path(path: str) -> bool:
    """Whether any pod may mount a path of the node: it holds no files of the node itself."""
    return ".." not in path and any(
        PurePosixPath(path).is_relative_to(one) for one in _table()["shared_paths"]["paths"]
    )


@functools.cache
def _agents() -> Mapping[str, NodeAgent]:
    return {
        image: NodeAgent(name, frozenset(entry["may"]), tuple(entry["host_paths"]), entry["reason"])
        for name, entry in _table()["agents"].items()
        for image in entry["images"]
    }


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "node_agents.toml").read_text("utf-8"))
