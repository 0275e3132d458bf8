"""How a program ends, and what of what it says is passed on."""

from __future__ import annotations

import textwrap

import pytest

from mlinfra.engine import Options, events, preview
from mlinfra.stack.project import Project
from mlinfra.stack.stack import Stack


@pytest.fixture
def run(tmp_path):
    """Runs a program; gives the result and its messages by severity."""

    def run(program: str):
        (tmp_path / "Pulumi.yaml").write_text("name: ends\nruntime: python\n")
        (tmp_path / "__main__.py").write_text(textwrap.dedent(program))
        said: list[tuple[str, str]] = []

        def emit(event):
            if isinstance(event, events.Diagnostic):
                said.append((event.severity, event.message.strip()))

        stack = Stack.open(Project.load(tmp_path), "dev", home=tmp_path / "home", passphrase="")
        return preview(stack, Options(), emit), said

    return run


def test_what_a_program_leaves_to_its_exit_is_done_and_printed(run):
    result, said = run("""
        import atexit, sys, threading, time
        atexit.register(lambda: print("at exit"))
        threading.Thread(target=lambda: (time.sleep(0.5), print("from a thread"))).start()
        sys.stdout.write("no line end")
    """)
    assert not result.failed
    text = "".join(message for severity, message in said if severity == "info")
    assert "no line end" in text
    assert "from a thread" in text
    assert text.endswith("at exit")


def test_messages_for_debugging_stay_in_the_program(run):
    result, said = run("""
        import pulumi
        pulumi.log.debug("quiet")
        pulumi.log.info("loud")
    """)
    assert not result.failed
    assert ("info", "loud") in said
    assert not [message for severity, message in said if severity == "debug"]


def test_a_failure_of_any_output_is_noticed(run):
    result, said = run("""
        import asyncio, pulumi

        def fail(_):
            raise ValueError("this one")

        async def late():
            await asyncio.sleep(0.2)

        pulumi.Output.from_input(late()).apply(fail)
        for _ in range(3):
            pulumi.Output.from_input(late())
    """)
    assert result.failed
    assert any("this one" in message for severity, message in said if severity == "error")
