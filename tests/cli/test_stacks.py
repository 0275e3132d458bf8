"""outputs, stack ls, state export and import: what is kept of stacks, for people and for scripts."""

from __future__ import annotations

import json
import shlex
import subprocess

import pytest

from .conftest import Project


def test_outputs_for_people_scripts_and_shells(outputs_only: Project) -> None:
    outputs_only.deployed()
    shown = outputs_only.run("outputs")
    assert shown.code == 0
    assert "42" in shown.out
    assert "[secret]" in shown.out
    assert "hunter2" not in shown.out
    assert outputs_only.run("outputs", "answer").out == "42\n"
    assert outputs_only.run("outputs", "names").out == '["a", "b"]\n'
    assert outputs_only.run("outputs", "names", "--json").out == '["a", "b"]\n'
    assert outputs_only.run("outputs", "password").out == "[secret]\n"
    assert outputs_only.run("outputs", "password", "--show-secrets").out == "hunter2\n"
    assert json.loads(outputs_only.run("outputs", "--json").out) == {
        "answer": 42,
        "names": ["a", "b"],
        "password": "[secret]",
    }
    assert json.loads(outputs_only.run("outputs", "--json", "--show-secrets").out)["password"] == "hunter2"
    script = outputs_only.run("outputs", "--shell", "--show-secrets").out + 'echo "$password $answer"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "hunter2 42\n"

    done = outputs_only.run("outputs", "nothing")
    assert done.code == 2
    assert "'nothing'; it has answer, names, password" in done.error


def test_stacks_are_listed_with_what_is_known_of_them(outputs_only: Project) -> None:
    assert json.loads(outputs_only.run("stack", "ls", "--json").out) == []
    outputs_only.write("Pulumi.prod.yaml", "config: {}\n")
    outputs_only.deployed()
    listed = json.loads(outputs_only.run("stack", "ls", "--json").out)
    assert [(s["name"], s.get("resources")) for s in listed] == [("dev", 1), ("prod", None)]
    text = outputs_only.run("stack", "ls").out
    assert "not deployed" in text
    assert "dev" in text


def test_a_state_goes_out_and_comes_back(outputs_only: Project) -> None:
    outputs_only.deployed()
    file = outputs_only.folder / "state.json"
    assert outputs_only.run("state", "export", "--file", str(file)).code == 0
    exported = json.loads(file.read_text())
    assert exported["version"] == 3
    assert "hunter2" not in file.read_text()
    assert "hunter2" in outputs_only.run("state", "export", "--show-secrets").out

    outputs_only.state.unlink()
    outputs_only.state.with_suffix(".bak").unlink(missing_ok=True)
    done = outputs_only.run("state", "import", "--file", str(file))
    assert done.code == 0, done.err
    assert "now has 2 resources" in done.err
    again = json.loads(outputs_only.run("state", "export").out)["deployment"]["resources"]
    assert [r["urn"] for r in again] == [r["urn"] for r in exported["deployment"]["resources"]]
    assert outputs_only.run("outputs", "password", "--show-secrets").out == "hunter2\n"
    done = outputs_only.run("up", "-y", "-f", "--expect-no-changes")
    assert "2 unchanged" in done.out, "the state means to the program what it meant before"


def test_a_state_comes_from_standard_input(outputs_only: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    outputs_only.deployed()
    state = outputs_only.run("state", "export").out
    monkeypatch.setattr("sys.stdin", io.StringIO(state))
    assert outputs_only.run("state", "import").code == 0


def test_a_state_of_another_stack_is_refused(outputs_only: Project) -> None:
    outputs_only.deployed()
    file = outputs_only.write("state.json", outputs_only.run("state", "export").out)
    done = outputs_only.run("state", "import", "--file", str(file), "-s", "other")
    assert done.code == 1
    assert done.error


def test_the_shell_form_survives_any_value(outputs_only: Project) -> None:
    awkward = 'it\'s $HOME `x`\n"done"'
    outputs_only.program(f"import pulumi\npulumi.export('text', {awkward!r})\n").up()
    assert shlex.split(outputs_only.run("outputs", "--shell").out) == [f"text={awkward}"]


def test_protection_can_be_taken_away(outputs_only: Project) -> None:
    outputs_only.deployed()
    state = json.loads(outputs_only.run("state", "export").out)
    group = state["deployment"]["resources"][1]
    group["protect"] = True
    outputs_only.run("state", "import", "--file", str(outputs_only.write("s.json", json.dumps(state))))
    refused = outputs_only.run("destroy", "-y")
    assert refused.code == 1
    assert f"`mlinfra state unprotect '{group['urn']}'`" in refused.out
    assert outputs_only.run("state", "unprotect").code == 2
    assert outputs_only.run("state", "unprotect", "urn:pulumi:dev::x::t::n").code == 2
    done = outputs_only.run("state", "unprotect", group["urn"])
    assert done.err == "1 resource of stack dev is no longer protected.\n"
    assert outputs_only.run("destroy", "-y").code == 0
    done = outputs_only.run("state", "unprotect", "--all")
    assert (done.code, done.err) == (0, "0 resources of stack dev are no longer protected.\n")
