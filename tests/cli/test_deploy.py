"""The commands that deploy, on programs that need no cloud: what they say, what they do, and their exit codes."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from mlinfra.cli.display.progress import Progress
from mlinfra.cli.flow import interruptible
from mlinfra.engine import Cancellation
from mlinfra.stack.project import Project as EngineProject
from mlinfra.stack.stack import Stack

from .conftest import Project

THING = "from conf import Group, Thing\nimport pulumi\n"


def test_from_the_first_up_to_the_end(outputs_only: Project) -> None:
    done = outputs_only.run("up", "--yes")
    assert done.code == 0, done.err
    assert "Stack dev is new." in done.err
    assert f"Previewing {outputs_only.folder.name}/dev" in done.out
    assert f"Deploying {outputs_only.folder.name}/dev" in done.out
    assert "app:index:Group" in done.out
    assert "+ 2 created" in done.out
    assert "42" in done.out
    assert "hunter2" not in done.out
    assert "[secret]" in done.out
    assert "mlinfra destroy" in done.out
    assert outputs_only.state.is_file()
    assert "\x1b" not in done.out + done.err
    assert [line for line in done.out.splitlines() if line != line.rstrip()] == []

    again = outputs_only.run("up", "--yes", "--skip-preview", "--expect-no-changes")
    assert again.code == 0, again.err
    assert "2 unchanged" in again.out
    assert "created" not in again.out

    del os.environ["NO_COLOR"]
    done = outputs_only.run("destroy", "--yes", "--color", "always")
    assert done.code == 0
    assert "\x1b[" in done.out, "colours can be had without a terminal"
    assert "deleted" in done.out
    again = outputs_only.run("destroy", "--yes")
    assert again.code == 0
    assert "nothing to do" in again.out


def test_a_preview_changes_nothing(outputs_only: Project) -> None:
    done = outputs_only.run("preview")
    assert done.code == 0
    assert "+ 2 to create" in done.out
    assert "+ answer: 42" in done.out
    assert not outputs_only.state.exists()


def test_a_preview_says_how_to_do_it_with_the_same_configuration(outputs_only: Project) -> None:
    done = outputs_only.run("preview", "-c", "size=5", "-c", "the key=hunter2")
    assert "do it  mlinfra up -c size=… -c 'the key'=…\n" in done.out
    assert "hunter2" not in done.out


def test_expected_no_changes_but_there_are_some(outputs_only: Project) -> None:
    done = outputs_only.deployed().run("destroy", "--preview-only", "--expect-no-changes")
    assert done.code == 1
    assert "2 resources would change" in done.error
    done = outputs_only.run("destroy", "-y", "--expect-no-changes")
    assert done.code == 1
    assert "2 resources changed" in done.error


@pytest.mark.parametrize("command", ["up", "destroy", "refresh"])
def test_without_anybody_to_ask_nothing_is_done(outputs_only: Project, command: str) -> None:
    before = outputs_only.deployed().state.read_bytes()
    done = outputs_only.run(command)
    assert done.code == 2
    assert "--yes" in done.error
    assert outputs_only.state.read_bytes() == before


def test_confirmations_can_be_skipped_by_the_environment(outputs_only: Project) -> None:
    os.environ["PULUMI_SKIP_CONFIRMATIONS"] = "true"
    assert outputs_only.deployed().run("destroy").code == 0


@pytest.mark.parametrize(("typed", "code"), [(["yes"], 0), (["y"], 0), (["no"], 1), ([""], 1), (["details", "y"], 0)])
def test_the_question(outputs_only: Project, monkeypatch: pytest.MonkeyPatch, typed: list[str], code: int) -> None:
    answers = iter(typed)
    monkeypatch.setattr("mlinfra.cli.flow.interactive", lambda: True)
    monkeypatch.setattr("builtins.input", lambda: next(answers))
    done = outputs_only.deployed().run("destroy")
    assert done.code == code
    left = json.loads(outputs_only.run("state", "export").out)["deployment"].get("resources", [])
    assert bool(left) == (code == 1)
    assert ("Nothing was done." in done.err) == (code == 1)


def test_messages_are_grouped_and_errors_come_last(make: Callable[..., Project]) -> None:
    project = make(
        THING
        + "print('from the program')\n"
        + "pulumi.log.warn('careful')\n"
        + "Thing('bad', fail='create')\n"
        + "Thing('chatty', say='something')\n",
        provider=True,
    )
    done = project.run("up", "--yes", "--skip-preview", "--continue-on-error")
    assert done.code == 1
    assert done.error.startswith("error: the deployment of dev failed")
    text = done.out
    assert text.index("from the program") < text.index("create of bad was told to fail")
    assert text.index("something") < text.index("create of bad was told to fail")
    assert "warning: careful" in text
    assert "✗ 1 failed" in text
    assert " ! conf:index:Thing bad failed" in text


def test_diffs_and_reasons(make: Callable[..., Project]) -> None:
    project = make(THING + "Thing('a', value='one', fixed=1)\nThing('b', value='one', fixed=1)\n", provider=True)
    project.up()
    project.program(THING + "Thing('a', value='two', fixed=1)\nThing('b', value='one', fixed=2)\n")
    done = project.run("preview")
    (a,) = [line for line in done.out.splitlines() if " a " in line]
    (b,) = [line for line in done.out.splitlines() if " b " in line]
    assert a.split() == ["~", "a", "conf:index:Thing", "update", "value"]
    assert b.split() == ["±", "b", "conf:index:Thing", "replace", "because", "of", "fixed"]
    detailed = project.run("preview", "--diff").out
    assert '~ value: "one" => "two"' in detailed
    assert "~ fixed: 1 => 2  (replaces)" in detailed
    done = project.up()
    assert "++ conf:index:Thing b created replacement" in done.out
    assert "~ 1 updated" in done.out
    assert "± 1 replaced" in done.out


def test_json_is_pulumis_engine_events_and_nothing_else(outputs_only: Project) -> None:
    done = outputs_only.run("up", "--yes", "--json")
    assert done.code == 0
    kinds = [next(key for key in event if key.endswith("Event")) for event in done.events]
    assert kinds.count("preludeEvent") == kinds.count("summaryEvent") == 2, "one preview and one deployment"
    assert [event["sequence"] for event in done.events] == sorted(event["sequence"] for event in done.events)
    assert done.events[-1]["summaryEvent"]["resourceChanges"] == {"create": 2}
    assert "hunter2" not in done.out


def test_json_of_a_failure_keeps_to_the_form(make: Callable[..., Project]) -> None:
    done = make("raise ValueError('oops')\n").run("preview", "--json")
    assert done.code == 1
    assert any("oops" in event.get("diagnosticEvent", {}).get("message", "") for event in done.events)
    assert done.err.count("error: ") == 1


def test_configuration_for_one_run(make: Callable[..., Project]) -> None:
    project = make("import pulumi\npulumi.export('size', pulumi.Config().require('size'))\n")
    assert project.run("up", "-y", "-c", "size=5").code == 0
    assert project.run("outputs", "size").out == "5\n"


def test_a_stack_is_remembered(outputs_only: Project) -> None:
    state = outputs_only.deployed().run("state", "export").out.replace(":dev::", ":other::").replace("-dev", "-other")
    assert (
        outputs_only.run("state", "import", "-s", "other", "--file", str(outputs_only.write("s.json", state))).code == 0
    )

    def meant(*arguments: str) -> str:
        return outputs_only.run("destroy", "--preview-only", *arguments).out.split()[4]

    assert meant().endswith("/other"), "the last one used"
    assert meant("-s", "dev").endswith("/dev")
    assert meant().endswith("/dev")
    os.environ["PULUMI_STACK"] = "other"
    assert meant().endswith("/other")


def test_a_folder_as_argument_or_option(outputs_only: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(outputs_only.folder.parent)
    name = outputs_only.folder.name
    assert outputs_only.run("preview", name).code == 0
    done = outputs_only.run("preview", "-C", name)
    assert done.code == 0
    assert f"mlinfra up -C {name}" in done.out, "the next command means the same stack"


def test_what_exists_can_be_imported(make: Callable[..., Project]) -> None:
    project = make(THING + "Thing('a', value='one')\n", provider=True)
    project.up()
    exported = json.loads(project.run("state", "export").out)
    (thing,) = [r for r in exported["deployment"]["resources"] if r["type"] == "conf:index:Thing"]
    project.run("destroy", "-y", "-t", "nothing")
    done = project.run("import", "conf:index:Thing", "again", thing["id"], "-y", "-s", "other")
    assert done.code == 0, done.out + done.err
    assert "= 1 imported" in done.out
    file = project.write(
        "import.json", json.dumps({"resources": [{"type": "conf:index:Thing", "name": "b", "id": thing["id"]}]})
    )
    assert project.run("import", "-f", str(file), "-y", "-s", "third").code == 0


def test_an_import_goes_where_the_user_wants_it_and_can_be_looked_at_before(make: Callable[..., Project]) -> None:
    project = make(THING + "Thing('p', value=1, opts=pulumi.ResourceOptions(parent=Group('g')))\n", provider=True)
    project.up()
    resources = json.loads(project.run("state", "export").out)["deployment"]["resources"]
    urn = {r["urn"].rpartition("::")[2]: r["urn"] for r in resources}
    (thing,) = [r for r in resources if r["type"] == "conf:index:Thing"]
    arguments = ("import", "conf:index:Thing", "again", thing["id"], "--no-protect", "--parent", f"g={urn['g']}")
    before = project.state.read_bytes()
    seen = project.run(*arguments, "--preview-only")
    assert seen.code == 0, seen.out + seen.err
    assert "= 1 to import" in seen.out
    assert project.state.read_bytes() == before
    assert project.run(*arguments, "-y").code == 0
    names = {"nameTable": urn, "resources": [{"type": "conf:index:Thing", "name": "third", "id": thing["id"]}]}
    names["resources"][0] |= {"parent": "g", "provider": "default_1_0_0"}
    file = project.write("import.json", json.dumps(names))
    assert project.run("import", "-f", str(file), "-y").code == 0
    states = Stack.open(EngineProject.load(project.folder), "dev").load().resources
    again, third = (next(s for s in states if s.urn.endswith(f"::{name}")) for name in ("again", "third"))
    assert again.parent == third.parent == urn["g"]
    assert again.protect is False
    assert third.protect is True
    assert third.provider.startswith(urn["default_1_0_0"])
    assert project.run("import", "conf:index:Thing", "x", "gone", "-y").code == 1


@pytest.mark.parametrize(
    ("arguments", "content"),
    [
        ([], None),
        (["conf:index:Thing", "a"], None),
        (["conf:index:Thing", "a", "i"], "{}"),
        ([], "[]"),
        ([], "{"),
        ([], '{"resources": []}'),
        ([], '{"resources": [{"type": "t", "name": "n"}]}'),
        ([], '{"resources": [{"type": "t", "name": "n", "id": 5}]}'),
        ([], '{"resources": [{"type": "t", "name": "n", "id": "i", "parent": "nobody"}]}'),
        (["conf:index:Thing", "a", "i", "--parent", "nobody"], None),
    ],
)
def test_imports_that_make_no_sense(outputs_only: Project, arguments: list[str], content: str | None) -> None:
    more = [] if content is None else ["--file", str(outputs_only.write("import.json", content))]
    done = outputs_only.run("import", "-y", *arguments, *more)
    assert done.code == 2
    assert done.error


def test_programs_cannot_reach_a_real_account(make: Callable[..., Project]) -> None:
    os.environ.update(
        AWS_PROFILE="prod",
        AWS_ACCESS_KEY_ID="AKIAREAL",
        AWS_SESSION_TOKEN="real",
        AWS_ENDPOINT_URL_S3="https://s3.example",
    )
    project = make(
        "import os, pulumi\npulumi.export('aws', {k: v for k, v in os.environ.items() if k.startswith('AWS_')})\n"
    )
    project.write("Pulumi.dev.yaml", "config: {aws:region: eu-west-1}\n")
    project.up()
    seen: dict[str, Any] = json.loads(project.run("outputs", "aws").out)
    assert seen["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert seen["AWS_ACCESS_KEY_ID"] == "test"
    assert seen["AWS_REGION"] == seen["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert seen["AWS_CONFIG_FILE"] == os.devnull
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} & seen.keys()


def _wait_for(condition: Callable[[], bool], process: Any) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_first_interrupt_is_graceful(make: Callable[..., Project]) -> None:
    project = make(THING + "a = Thing('a', sleep=3)\nThing('b', value=a.arn)\n", provider=True)
    process = project.start("up", "--yes", "--skip-preview")
    journal = project.state.with_suffix(".journal")
    _wait_for(lambda: journal.exists() and b"creating" in journal.read_bytes(), process)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopping" in err
    assert "was stopped" in err
    assert "Traceback" not in out + err
    assert project.run("up", "-y").code == 0, "the stack is free and whole"


def test_the_second_interrupt_ends_at_once() -> None:
    before = signal.getsignal(signal.SIGINT)
    cancel, progress = Cancellation(), Progress()
    with interruptible(cancel, progress):
        signal.raise_signal(signal.SIGINT)
        assert cancel.is_set()
        assert "stopping" in progress.note
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_cancel_stops_a_run(make: Callable[..., Project]) -> None:
    project = make(THING + "Thing('a', sleep=2)\n", provider=True)
    process = project.start("up", "--yes", "--skip-preview")
    lock = project.state.with_suffix(".lock")
    _wait_for(lambda: lock.exists() and lock.read_text() != "", process)
    assert project.run("cancel").code == 2
    done = project.run("cancel", "--yes")
    assert done.code == 0
    assert "is free" in done.err
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Nothing runs" in project.run("cancel", "-y").err


def test_two_runs_at_a_time_are_refused(make: Callable[..., Project]) -> None:
    project = make(THING + "Thing('a', sleep=2)\n", provider=True)
    process = project.start("up", "--yes", "--skip-preview")
    lock = project.state.with_suffix(".lock")
    _wait_for(lambda: lock.exists() and lock.read_text() != "", process)
    done = project.run("up", "--yes", "--skip-preview")
    assert done.code == 1
    assert "is locked" in done.error
    assert f"process {process.pid}" in done.error
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_live_views_are_for_terminals(outputs_only: Project) -> None:
    """In a pseudo-terminal the view is drawn over and over, and the result stands there in the end."""
    import pty

    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.pop("CI", None)
        os.environ.update(TERM="xterm-256color")
        os.environ.pop("NO_COLOR", None)
        os.execv(sys.executable, [sys.executable, "-m", "mlinfra.cli", "up"])
    shown = bytearray()

    def read() -> None:
        try:
            while chunk := os.read(terminal, 4096):
                shown.extend(chunk)
        except OSError:
            pass  # the terminal's other end is closed

    reader = threading.Thread(target=read)
    reader.start()
    deadline = time.monotonic() + 60
    while b"details:" not in shown and reader.is_alive() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert b"details:" in shown, shown.decode(errors="replace")
    os.write(terminal, b"yes\n")
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    reader.join()
    text = shown.decode(errors="replace")
    assert os.waitstatus_to_exitcode(status) == 0, text
    assert "\x1b[?25l" in text, "the cursor is hidden while a view is drawn"
    assert "the program starts" in text
    assert "created" in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l"), "and comes back"
