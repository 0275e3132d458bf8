"""A small project with everything that a statement is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from mlinfra.attestation import keys, statement, subjects, trust
from mlinfra.files import replace_whole
from mlinfra.graph import Node, ResourceGraph, Unknown
from mlinfra.stack.project import Project

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PASSPHRASE = "a passphrase that is long enough"
POLICY = "ab" * 32


def graph(**inputs: object) -> ResourceGraph:
    """What the project declares: one bucket."""
    stack = Node(urn="urn:pulumi:dev::demo::pulumi:pulumi:Stack::demo-dev", type="pulumi:pulumi:Stack", name="demo-dev")
    bucket = Node(
        urn="urn:pulumi:dev::demo::aws:s3/bucket:Bucket::data",
        type="aws:s3/bucket:Bucket",
        name="data",
        id=Unknown("id"),
        inputs={"tags": {"owner": "ml"}, "password": "hunter2", "key": Unknown("key"), **inputs},
        secrets=frozenset({"password"}),
    )
    return ResourceGraph([stack, bucket], project="demo", stack="dev")


@dataclass
class Signed:
    """A project whose check was signed."""

    project: Project
    file: Path
    trusted_file: Path
    key: keys.SigningKey

    def verify(
        self, *, at: datetime = NOW, declared: ResourceGraph | None = None, policy: str = POLICY
    ) -> trust.TrustedKey:
        """Hold the statement against the project as it is now."""
        found, signer = statement.read(self.file, trust.read(self.trusted_file))
        statement.require(found, self.file.name, project="demo", stack="dev", policy=policy, now=at)
        now = [*subjects.of_files(self.project, "dev"), *subjects.of_graph(declared or graph())]
        statement.compare(found, self.file.name, now)
        return signer


def make_statement(project: Project, *, passed: bool = True) -> statement.Statement:
    about = statement.Summary(
        project="demo", stack="dev", profile="regulated", passed=passed, counts={"pass": 3, "fail": 0}, version="0.1.0",
        policy=POLICY, time=NOW, expires=NOW + statement.VALID,
    )  # fmt: skip
    found = [*subjects.of_files(project, "dev"), *subjects.of_graph(graph())]
    return statement.Statement(about, tuple(sorted(found)))


@pytest.fixture
def signed(tmp_path: Path) -> Signed:
    root = tmp_path / "demo"
    files = {
        "Pulumi.yaml": "name: demo\nruntime: python\n",
        "Pulumi.dev.yaml": "config:\n  demo:size: 1\n",
        "Pulumi.prod.yaml": "config: {}\n",
        "__main__.py": "import helper\n",
        "helper.py": "print(1)\n",
        "data/roles.json": "{}\n",
        "uv.lock": "version = 1\n",
        "mlinfra.waivers.yaml": "waivers: []\n",
        "__pycache__/helper.pyc": "cache",
        ".git/HEAD": "ref",
        "venv/pyvenv.cfg": "",
        "venv/lib.py": "",
    }
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    project = Project.load(root)
    file, trusted = root / "dev.attestation.json", root / trust.FILE
    keys.generate(tmp_path / "release.pem", PASSPHRASE)
    key = keys.load(tmp_path / "release.pem", lambda: PASSPHRASE)
    trust.trust(trusted, "release", key.public, date(2026, 1, 1))
    replace_whole(file, statement.sign(make_statement(project), key))
    return Signed(project, file, trusted, key)


DAY = timedelta(days=1)
