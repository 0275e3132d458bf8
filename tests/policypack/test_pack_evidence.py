"""The pack lets nothing through that was not checked and signed, when that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2

from mlinfra.attestation import gate, keys, trust
from mlinfra.graph_states import from_snapshot
from mlinfra.policies.registry import RULES
from mlinfra.policypack.server import Pack
from mlinfra.stack.project import Project
from mlinfra.stack.state import ResourceState, Snapshot

PASSPHRASE = "a passphrase that is long enough"
STACK = ResourceState(urn="urn:pulumi:dev::demo::pulumi:pulumi:Stack::demo-dev", type="pulumi:pulumi:Stack")
GROUP = ResourceState(
    urn="urn:pulumi:dev::demo::aws:cloudwatch/logMetricFilter:LogMetricFilter::errors",
    type="aws:cloudwatch/logMetricFilter:LogMetricFilter",
    custom=True,
    parent=STACK.urn,
)


class Context:
    def abort(self, code: Any, details: str) -> None:
        raise ValueError(details)


class Signed:
    """A project with a signed check of one resource."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "demo"
        self.root.mkdir()
        (self.root / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
        (self.root / "__main__.py").write_text("import helper\n")
        (self.root / "Pulumi.dev.yaml").write_text("config: {}\n")
        keys.generate(folder / "release.pem", PASSPHRASE)
        key = keys.load(folder / "release.pem", lambda: PASSPHRASE)
        self.trusted = folder / "trusted.yaml"
        trust.trust(self.trusted, "release", key.public, date(2026, 1, 1))
        project = Project.load(self.root)
        self.file = gate.statement_file(project, "dev")
        graph = from_snapshot(Snapshot(resources=[STACK, GROUP]))
        result = gate.Result("regulated", passed=True, counts={"pass": 1})
        gate.attest(project, "dev", graph, result, key, file=self.file, valid=timedelta(days=30))

    def said(self, states: list[ResourceState], *, dry_run: bool = True, **settings: Any) -> list[str]:
        """Which resources the pack refuses for their evidence; "" is the stack."""
        pack, context = Pack(RULES), Context()
        wanted = {
            "requireAttestation": True, "project": str(self.root), "trustedKeys": str(self.trusted), **settings
        }  # fmt: skip
        config = analyzer_pb2.PolicyConfig(enforcementLevel=analyzer_pb2.ADVISORY, properties=struct_pb2.Struct())
        config.properties.update({key: value for key, value in wanted.items() if value is not None})
        pack.ConfigureStack(
            analyzer_pb2.AnalyzerStackConfigureRequest(stack="dev", project="demo", dry_run=dry_run), context
        )
        pack.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig={"mlinfra-check": config}), context)
        answers = [
            pack.Analyze(analyzer_pb2.AnalyzeRequest(urn=state.urn, type=state.type), context) for state in states
        ]
        resources = [analyzer_pb2.AnalyzerResource(urn=state.urn, type=state.type) for state in states]
        answers.append(pack.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources), context))
        found = [one for answer in answers for one in answer.diagnostics if one.policyName == "mlinfra-attestation"]
        assert all(one.enforcementLevel == analyzer_pb2.MANDATORY for one in found)
        self.text = "\n".join(one.message for one in found)
        return [one.urn for one in found]


@pytest.fixture
def signed(tmp_path: Path) -> Signed:
    return Signed(tmp_path)


def test_what_was_signed_passes(signed: Signed) -> None:
    assert signed.said([STACK, GROUP]) == []
    assert signed.said([STACK, GROUP], dry_run=False) == []


def test_other_resources_are_refused(signed: Signed) -> None:
    assert signed.said([STACK]) == [""]
    assert "list of resources" in signed.text


def test_without_asking_nothing_is_refused(signed: Signed) -> None:
    signed.file.unlink()
    assert signed.said([STACK], requireAttestation=None) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda signed: (signed.root / "__main__.py").write_text("import other\n"), "program __main__.py: changed"),
        (lambda signed: (signed.root / "Pulumi.dev.yaml").write_text("config: {a:b: c}\n"), "Pulumi.dev.yaml: changed"),
        (lambda signed: (signed.root / "uv.lock").write_text("version = 1\n"), "lock file uv.lock: added"),
        (lambda signed: signed.file.unlink(), "cannot be read"),
        (lambda signed: signed.trusted.write_text("keys: []\n"), "no list of trusted keys"),
        (
            lambda signed: signed.file.write_bytes(signed.file.read_bytes() + b" "),
            "altered",
        ),
    ],
)
def test_tampering_is_refused_for_every_resource(signed: Signed, change: Callable[[Signed], Any], why: str) -> None:
    """In a deployment, where each resource is asked about before it is made, and once for the stack in a preview."""
    change(signed)
    assert signed.said([STACK, GROUP]) == [""]
    assert why in signed.text
    assert signed.said([STACK, GROUP], dry_run=False) == [STACK.urn, GROUP.urn, ""]


def test_an_expired_statement_is_refused(signed: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(UTC) + timedelta(days=31)

    monkeypatch.setattr(gate, "datetime", Later)
    assert signed.said([STACK, GROUP]) == [""]
    assert "expired" in signed.text


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"requireAttestation": "yes"}, "no boolean"),
        ({"trustedKeys": 1.0}, "no text"),
        ({"project": None}, "name the folder of its Pulumi.yaml"),
    ],
)
def test_settings_that_make_no_sense(signed: Signed, settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        signed.said([STACK], **settings)
