"""What people see: the live view, plain lines, the tree, and the summary."""

from __future__ import annotations

import io
import json
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from mlinfra.cli.display import plain, summary
from mlinfra.cli.display.columns import print_columns
from mlinfra.cli.display.jsonlines import JsonLines
from mlinfra.cli.display.live import LiveView
from mlinfra.cli.display.plain import PlainView
from mlinfra.cli.display.progress import Progress
from mlinfra.cli.display.tree import print_tree
from mlinfra.cli.display.words import WORDS, seconds, short_type, words
from mlinfra.engine.events import Diagnostic, Event, ResourcePre
from mlinfra.engine.options import Result
from mlinfra.stack.state import Snapshot
from mlinfra.stack.values import UNKNOWN, Secret

from .events import STACK, done, failed, stack, state, step, urn

GROUP, VPC = "app:index:Group", "aws:ec2/vpc:Vpc"


def paper(*, terminal: bool = False, height: int = 40) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=terminal, width=100, height=height, color_system=None, highlight=False, soft_wrap=True
    )  # fmt: skip


def text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def many(components: int, each: int, ended: int) -> list[Event]:
    """Components with resources of which only the first are done."""
    events: list[Event] = [*stack()]
    for c in range(components):
        events += done(step("create", GROUP, f"group-{c}"))
        for i in range(each):
            made = done(step("create", VPC, f"vpc-{c}-{i}", parent=urn(GROUP, f"group-{c}")))
            events += made if i < ended else made[:1]
    return events


def progress_of(events: list[Event], **more: Any) -> Progress:
    progress = Progress(**more)
    for event in events:
        progress.feed(event)
    return progress


def test_the_live_view_tells_components_work_and_how_much_is_left() -> None:
    plan = progress_of(many(2, 3, 3))
    console = paper(terminal=True)
    view = LiveView(console, Progress(plan=plan, fidelity=lambda _: "moto"), "Deploying shop/dev", preview=False)
    for event in many(2, 3, 1):
        view(event)
    console.print(view._render())
    shown = text(console)
    assert "Deploying shop/dev" in shown
    assert "5 of 9" in shown, "the stack, two components, one resource of each"
    assert shown.count("1 of 3") == 2
    assert "vpc-1-2" in shown
    assert "creating" in shown
    assert "moto" in shown


@pytest.mark.parametrize("height", [10, 24, 50])
@pytest.mark.parametrize(("components", "each"), [(0, 0), (1, 300), (300, 2)])
def test_the_live_view_fits_the_screen(height: int, components: int, each: int) -> None:
    console = paper(terminal=True, height=height)
    view = LiveView(console, Progress(), "Deploying", preview=False)
    for event in many(components, each, 1):
        view(event)
    console.print(view._render())
    assert len(text(console).splitlines()) <= max(height, 14)


def test_the_live_view_leaves_a_line_for_every_component_behind() -> None:
    console = paper(terminal=True)
    plan = progress_of(many(2, 2, 2))
    with LiveView(console, Progress(plan=plan), "Deploying", preview=False) as view:
        for event in [*many(2, 2, 2), *failed(step("create", VPC, "bad", parent=urn(GROUP, "group-1")), "no")]:
            view(event)
    end = text(console).split("Deploying")[-1]
    assert [line.split()[:2] for line in end.splitlines()[1:] if line.strip()] == [["✓", "group-0"], ["✗", "group-1"]]


def test_a_note_is_in_sight() -> None:
    console = paper(terminal=True)
    progress = Progress(note="stopping")
    view = LiveView(console, progress, "Deploying", preview=False, before="the program starts")
    console.print(view._render())
    assert "stopping" in text(console)
    progress.note = ""
    console.print(view._render())
    assert "the program starts" in text(console)


def test_plain_lines_are_one_for_every_change() -> None:
    console = paper()
    ticks = count(0.0, 0.5).__next__
    with PlainView(
        console, Progress(fidelity=lambda _: "moto", clock=ticks), "Deploying shop/dev", preview=False
    ) as view:
        replaced = [step(op, VPC, "net", keys=("cidr",)) for op in ("create-replacement", "replace", "delete-replaced")]
        for event in [
            *stack(),
            *done(step("create", VPC, "a")),
            *done(step("same", VPC, "b")),
            *(event for one in replaced for event in done(one)),
            *failed(step("update", VPC, "c"), "no"),
        ]:
            view(event)
    assert text(console).splitlines() == [
        "Deploying shop/dev",
        "  + aws:ec2:Vpc a created (0.5s) [moto]",
        " ++ aws:ec2:Vpc net created replacement (0.5s) [moto]",
        " -- aws:ec2:Vpc net deleted original (0.5s) [moto]",
        "  ! aws:ec2:Vpc c failed (0.5s) [moto]",
    ]


def test_a_preview_is_silent_until_it_is_over() -> None:
    console = paper()
    with PlainView(console, Progress(), "Previewing", preview=True) as view:
        for event in done(step("create", VPC, "a")):
            view(event)
    assert text(console) == "Previewing\n"


def test_long_work_is_named_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "_STILL", 0.02)
    console = paper()
    with PlainView(console, Progress(), "Deploying", preview=False) as view:
        view(ResourcePre(step=step("create", VPC, "slow")))
        view._over.wait(0.2)
    assert "aws:ec2:Vpc slow still creating" in text(console)


def test_the_tree_shows_what_changes_under_what_it_belongs_to() -> None:
    inner = urn(GROUP, "outer")
    events: list[Event] = [
        *stack("same"),
        *done(step("same", GROUP, "outer")),
        *done(step("same", GROUP, "quiet")),
        *done(step("update", VPC, "zone-10", parent=inner, old={"a": 1, "b": 1}, new={"a": 2, "b": 1})),
        *done(step("create", VPC, "zone-9", parent=inner, new={"a": 1})),
        *done(step("same", VPC, "zone-1", parent=inner)),
        *done(step("replace", VPC, "top", old={"cidr": 1}, new={"cidr": 2}, keys=("cidr",))),
        *done(step("delete", VPC, "gone")),
    ]
    console = paper()
    print_tree(console, progress_of(events), preview=True)
    assert [line.split() for line in text(console).splitlines()] == [
        ["outer", GROUP],
        ["+", "├─", "zone-9", "aws:ec2:Vpc", "create"],
        ["~", "└─", "zone-10", "aws:ec2:Vpc", "update", "a"],
        ["±", "top", "aws:ec2:Vpc", "replace", "because", "of", "cidr"],
        ["-", "gone", "aws:ec2:Vpc", "delete"],
    ]
    console = paper()
    print_tree(console, progress_of(events), preview=True, diff=True)
    assert "~ a: 1 => 2" in text(console)
    assert "~ cidr: 1 => 2  (replaces)" in text(console)


def test_drift_is_shown_where_inputs_are_the_same() -> None:
    one = step("update", VPC, "net", old={"tags": {}}, new={"tags": {}}, diffs=("tags",))
    assert one.old
    one.old.outputs = {"tags": {"by": "hand"}}
    console = paper()
    print_tree(console, progress_of([*done(one)]), preview=True, diff=True)
    assert '- tags.by: "hand"' in text(console)


def test_what_a_refresh_found_is_shown() -> None:
    one = step("update", VPC, "net")
    assert one.old
    assert one.new
    one.old.outputs, one.new.outputs = {"size": 1}, {"size": 2}
    console = paper()
    print_tree(console, progress_of([*done(one)]), preview=True, diff=True)
    assert "~ size: 1 => 2" in text(console)


def test_texts_that_must_not_be_seen_are_blanked() -> None:
    one = step("create", VPC, "net", new={"url": "https://user:hunter2@example.com"}, hidden=("hunter2",))
    console = paper()
    print_tree(console, progress_of([*done(one)]), preview=True, diff=True)
    assert "https://user:[secret]@example.com" in text(console)


def test_messages_are_grouped_with_errors_last() -> None:
    console = paper()
    said = [
        Diagnostic(severity="error", message="cannot\nbe", urn=urn(VPC, "net")),
        Diagnostic(severity="info", message="hello"),
        Diagnostic(severity="warning", message="<{%fg 3%}>careful<{%reset%}>", urn=STACK),
        Diagnostic(severity="debug", message="noise"),
        Diagnostic(severity="error", message="update failed"),
    ]
    summary.print_diagnostics(console, said)
    assert text(console).splitlines() == [
        "",
        "Messages",
        "  program",
        "    hello",
        "  program",
        "    warning: careful",
        "  net (aws:ec2:Vpc)",
        "    error: cannot",
        "    be",
    ]


def test_nothing_said_is_nothing_shown() -> None:
    console = paper()
    summary.print_diagnostics(console, [Diagnostic(severity="info", message="\n")])
    summary.print_outputs(console, {})
    summary.print_outputs(console, {"a": 1}, {"a": 1})
    summary.print_fidelity(console, [], lambda _: "moto")
    assert text(console) == ""


def test_outputs_for_people() -> None:
    console = paper()
    long = {f"key-{i}": "x" * 20 for i in range(5)}
    summary.print_outputs(console, {"b": Secret("hunter2"), "a": UNKNOWN, "long": long, "n": 1.0})
    lines = text(console).splitlines()
    assert lines[2:5] == ["  a        [known after deployment]", "  b        [secret]", "  long"]
    assert lines[5] == f'    key-0  "{"x" * 20}"'
    assert lines[-1] == "  n        1"
    summary.print_outputs(console, {"b": Secret("hunter2")}, secrets=True)
    assert "hunter2" in text(console)


def test_counts_are_in_the_order_of_what_happens() -> None:
    console = paper()
    result = Result(
        failed=False, changes={"same": 3, "delete": 1, "create": 2}, outputs={}, duration=75, snapshot=Snapshot()
    )
    summary.print_counts(console, result, Progress(), preview=False)
    assert text(console).strip() == "+ 2 created   - 1 deleted   3 unchanged   in 1m15s"


def test_fidelity_is_counted_by_how_things_are_emulated() -> None:
    console = paper()
    resources = [state(VPC, "a"), state(VPC, "b"), state("aws:x/y:Z", "c"), state(GROUP, "g", custom=False)]
    summary.print_fidelity(console, resources, {VPC: "moto", "aws:x/y:Z": "recorded", GROUP: ""}.__getitem__)
    assert text(console) == "emulated: 2 by moto, 1 recorded only\n"


def test_json_lines_are_numbered_through(capsys: pytest.CaptureFixture[str]) -> None:
    sequence = count()
    for _ in range(2):
        with JsonLines(Progress(), sequence) as view:
            for event in done(step("create", VPC, "a", new={"key": Secret("hunter2")})):
                view(event)
    out = capsys.readouterr().out
    assert [json.loads(line)["sequence"] for line in out.splitlines()] == [0, 1, 2, 3]
    assert "hunter2" not in out


def test_columns_are_as_wide_as_they_must_be() -> None:
    console = paper()
    print_columns(console, [("a", "bb", "c"), ("aaa", "", ""), ("a", "", "c"), ("alone",)])
    assert text(console) == "a    bb  c\naaa\na        c\nalone\n"


@given(st.floats(min_value=0, max_value=1e6))
def test_durations_never_show_sixty_seconds_or_a_thousand_tenths(value: float) -> None:
    shown = seconds(value)
    assert "m60s" not in shown
    assert shown not in {"10.0s", "60s"}


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0.0s"), (9.94, "9.9s"), (9.96, "10s"), (59.6, "1m00s"), (125, "2m05s")]
)
def test_durations(value: float, shown: str) -> None:
    assert seconds(value) == shown


def test_types_are_shown_as_pulumi_shows_them() -> None:
    assert short_type("aws:ec2/vpc:Vpc") == "aws:ec2:Vpc"
    assert short_type("pulumi:providers:aws") == "pulumi:providers:aws"
    assert short_type("odd") == "odd"


def test_every_operation_has_words_and_a_new_one_is_no_error() -> None:
    assert words("frobnicate").done == "frobnicate"
    assert all(word.done and word.doing and word.planned for word in WORDS.values())
