"""Which backend answers for clusters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from mlinfra.sandbox.kubernetes.backend import Target, UnreachableError
from mlinfra.sandbox.kubernetes.chosen import Chosen

TARGET = Target("key", "name", "1.35")


@dataclass
class Fake:
    name: str
    down: bool = False
    kept: list[Any] = field(default_factory=list)

    def open(self, target: Target) -> str:
        if self.down:
            raise UnreachableError("down")
        return self.name

    def keep(self, existing: Any) -> None:
        self.kept.append(existing)

    def inventory(self) -> dict[str, list[str]]:
        return {self.name: []}

    def reset(self) -> None:
        raise AssertionError("whoever runs the control plane empties it")


@dataclass
class Plane:
    backend: Any
    wanted: bool


def test_the_store_answers_unless_a_control_plane_is_wanted() -> None:
    store, real = Fake("store"), Fake("real")
    plane = Plane(real, wanted=False)
    chosen = Chosen(store, plane)  # type: ignore[arg-type]
    assert (chosen.open(TARGET), chosen.inventory()) == ("store", {"store": []})
    chosen.keep({"a"})
    assert (store.kept, real.kept) == ([{"a"}], [])
    plane.wanted = True
    assert (chosen.open(TARGET), chosen.inventory()) == ("real", {"real": []})
    chosen.keep({"b"})
    assert (store.kept, real.kept) == ([{"a"}, {"b"}], [{"b"}])


def test_a_control_plane_that_is_down_is_not_replaced_by_the_store() -> None:
    chosen = Chosen(Fake("store"), Plane(Fake("real", down=True), wanted=True))  # type: ignore[arg-type]
    with pytest.raises(UnreachableError, match="down"):
        chosen.open(TARGET)
