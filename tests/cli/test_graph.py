"""`mlinfra graph`: formats, files, states and mistakes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Project


@pytest.fixture
def project(make: Callable[..., Project], monkeypatch: pytest.MonkeyPatch) -> Project:
    made = make("import pulumi\nimport pulumi_aws as aws\n\npulumi.export('name', aws.s3.Bucket('data').bucket)\n")
    made.write("Pulumi.dev.yaml", "config:\n  aws:region: us-east-1\n")
    monkeypatch.chdir(made.folder)
    return made


def test_a_picture_of_a_program_and_of_a_state(project: Project, tmp_path: Path) -> None:
    drawn = project.run("graph")
    assert (drawn.code, drawn.err) == (0, "")
    assert drawn.out == 'flowchart LR\n  b0["Bucket<br>data"]\n'
    assert project.run("graph", "-o", str(tmp_path / "new" / "stack.svg")).code == 0
    assert (tmp_path / "new" / "stack.svg").read_text().startswith("<svg")
    state = project.write("state.json", '{"version": 3, "deployment": {"resources": []}}')
    assert project.run("graph", "--state", str(state)).out == "flowchart LR\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-f", "png"], "--format is 'png'"),
        (["-o", "stack.png"], "--output is stack.png, whose format is not clear"),
        (["-s", "typo"], "there is no stack 'typo'"),
        (["--state", "gone.json"], "gone.json cannot be read"),
    ],
)
def test_mistakes(project: Project, arguments: list[str], says: str) -> None:
    ran = project.run("graph", *arguments)
    assert ran.code == 2
    assert says in ran.error
