"""A program does not outlive its engine."""

from __future__ import annotations

import subprocess
import sys

from mlinfra.engine.program import RUNNER

PROGRAM = f"""
import runpy, sys, time
runpy.run_path({str(RUNNER)!r})["end_with_the_engine"]()
print("here", sys.stdin.read() == "", flush=True)
time.sleep(60)
"""


def test_a_program_ends_when_its_engine_is_gone() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdin
        assert program.stdout
        assert program.stdout.readline() == "here True\n"
        program.stdin.close()
        assert program.wait(20) == 1
