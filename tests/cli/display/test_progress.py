from __future__ import annotations

from mlinfra.cli.display.progress import Progress
from mlinfra.engine.events import Diagnostic, ResourceOutputs, ResourcePre

from .events import done, failed, stack, step, urn

VPC = "aws:ec2/vpc:Vpc"


def fed(*events: object, **options: object) -> Progress:
    progress = Progress(**options)  # type: ignore[arg-type]
    for event in events:
        progress.feed(event)  # type: ignore[arg-type]
    return progress


def test_a_replacement_is_one_row_whatever_its_steps() -> None:
    steps = [
        step("create-replacement", VPC, "net", old={"cidr": 1}, new={"cidr": 2}, keys=("cidr",)),
        step("replace", VPC, "net", old={"cidr": 1}, new={"cidr": 2}, keys=("cidr",)),
        step("delete-replaced", VPC, "net", old={"cidr": 1}),
    ]
    progress = fed(*stack("same"), *(event for one in steps for event in done(one)))
    row = progress.rows[urn(VPC, "net")]
    assert (row.op, row.status, row.now) == ("replace", "done", "delete-replaced")
    assert row.step.keys == ("cidr",), "the comparison is kept when the original is deleted"


def test_a_failure_is_not_forgotten_when_other_steps_follow() -> None:
    progress = fed(*failed(step("create", VPC, "net"), "no"), *done(step("create", VPC, "net")))
    assert progress.rows[urn(VPC, "net")].status == "failed"


def test_what_users_need_not_see_is_no_row() -> None:
    assert fed(*done(step("create", "pulumi:providers:aws", "default", internal=True))).rows == {}


def test_only_what_changes_is_shown() -> None:
    progress = fed(
        *stack(), *done(step("same", VPC, "same")), *done(step("read", VPC, "read")), *done(step("update", VPC, "new"))
    )
    assert [row.name for row in progress.rows.values() if row.shown] == ["new"]


def test_names_may_hold_colons() -> None:
    progress = fed(*done(step("create", VPC, "a::b")))
    assert [row.name for row in progress.rows.values()] == ["a::b"]


def test_times_are_those_of_the_clock() -> None:
    now = iter([0.0, 5.0, 7.5]).__next__
    progress = Progress(clock=now)
    one = step("create", VPC, "net")
    progress.feed(ResourcePre(step=one))
    progress.feed(ResourceOutputs(step=one))
    row = progress.rows[one.urn]
    assert (row.began, row.ended) == (5.0, 7.5)


def test_status_messages_are_not_for_the_record() -> None:
    progress = fed(
        Diagnostic(severity="info", message="waiting\n", urn="u", ephemeral=True),
        Diagnostic(severity="warning", message="old"),
    )
    assert progress.saying == {"u": "waiting"}
    assert [d.message for d in progress.diagnostics] == ["old"]


def test_components_have_no_fidelity() -> None:
    progress = fed(
        *done(step("create", VPC, "net")), *done(step("create", "app:index:Group", "group")), fidelity=lambda _: "moto"
    )
    assert {row.name: row.fidelity for row in progress.rows.values()} == {"net": "moto", "group": ""}
