from __future__ import annotations

from mlinfra.engine.options import Cancellation


def test_a_listener_that_comes_late_still_hears_of_the_cancellation() -> None:
    heard: list[str] = []
    cancel = Cancellation()
    cancel.set()
    cancel.listen(lambda: heard.append("late"))
    assert heard == ["late"]
