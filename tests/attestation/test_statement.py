"""Evidence holds for exactly what was checked, and for nothing else."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from mlinfra.attestation import keys, statement, subjects, trust
from mlinfra.attestation.errors import AttestationError
from mlinfra.files import replace_whole
from tests.attestation.conftest import DAY, NOW, PASSPHRASE, Signed, graph, make_statement

FILES = [
    "Pulumi.yaml",
    "Pulumi.dev.yaml",
    "__main__.py",
    "helper.py",
    "data/roles.json",
    "uv.lock",
    "mlinfra.waivers.yaml",
]


def test_what_was_checked_verifies(signed: Signed) -> None:
    assert signed.verify().name == "release"


def test_it_is_an_in_toto_statement_with_a_slsa_summary(signed: Signed) -> None:
    payload = json.loads(base64.b64decode(json.loads(signed.file.read_bytes())["payload"]))
    assert payload["_type"] == "https://in-toto.io/Statement/v1"
    assert payload["predicateType"] == "https://slsa.dev/verification_summary/v1"
    predicate = payload["predicate"]
    assert {"verifier", "timeVerified", "resourceUri", "policy", "verificationResult", "verifiedLevels"} <= set(
        predicate
    )
    assert predicate["verificationResult"] == "PASSED"
    assert {subject["name"] for subject in payload["subject"]} == {*FILES, "demo/dev"}
    assert all(len(subject["digest"]["sha256"]) == 64 for subject in payload["subject"])


@pytest.mark.parametrize("name", FILES)
def test_every_changed_file_is_named(signed: Signed, name: str) -> None:
    file = signed.project.root / name
    content = file.read_bytes()
    for position in range(len(content)):
        file.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        with pytest.raises(AttestationError, match=f"{name}: changed"):
            signed.verify()
    file.unlink()
    with pytest.raises(AttestationError, match=f"{name}: removed"):
        signed.verify()


def test_an_added_file_is_named(signed: Signed) -> None:
    (signed.project.root / "sitecustomize.py").write_text("")
    with pytest.raises(AttestationError, match=r"program sitecustomize\.py: added"):
        signed.verify()


def test_what_is_no_part_of_the_program_may_change(signed: Signed) -> None:
    for name in ("__pycache__/helper.pyc", ".git/HEAD", "venv/lib.py", "Pulumi.prod.yaml", "prod.attestation.json"):
        (signed.project.root / name).write_text("something else")
    signed.verify()


def test_a_changed_declaration_is_named(signed: Signed) -> None:
    with pytest.raises(AttestationError, match="declared graph demo/dev: changed"):
        signed.verify(declared=graph(tags={"owner": "somebody else"}))


def test_neither_secrets_nor_unknowns_make_a_difference() -> None:
    assert subjects.of_graph(graph(password="another")) == subjects.of_graph(graph())
    assert subjects.of_graph(graph(key="known now")) != subjects.of_graph(graph())


@pytest.mark.parametrize("change", [b"\x01", b" "], ids=["flipped", "space"])
def test_every_byte_of_the_envelope_counts(signed: Signed, change: bytes) -> None:
    content = signed.file.read_bytes()
    for position in range(0, len(content), 7):
        byte = bytes([content[position] ^ 1]) if change == b"\x01" else b" " + content[position : position + 1]
        signed.file.write_bytes(content[:position] + byte + content[position + 1 :])
        with pytest.raises(AttestationError):
            signed.verify()


def test_base64_that_means_the_same_is_refused(signed: Signed) -> None:
    envelope = json.loads(signed.file.read_bytes())
    envelope["signatures"][0]["sig"] = envelope["signatures"][0]["sig"].rstrip("=")
    signed.file.write_text(json.dumps(envelope, indent=2) + "\n")
    with pytest.raises(AttestationError):
        signed.verify()


def test_an_altered_payload_with_the_old_signature_is_refused(signed: Signed) -> None:
    envelope = json.loads(signed.file.read_bytes())
    payload = json.loads(base64.b64decode(envelope["payload"]))
    payload["predicate"]["mlinfra_counts"]["fail"] = 7
    envelope["payload"] = base64.b64encode(json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()).decode()
    signed.file.write_text(json.dumps(envelope, indent=2) + "\n")
    with pytest.raises(AttestationError, match=r"signature of dev\.attestation\.json is wrong"):
        signed.verify()


def test_a_failed_check_does_not_count(signed: Signed) -> None:
    replace_whole(signed.file, statement.sign(make_statement(signed.project, passed=False), signed.key))
    with pytest.raises(AttestationError, match="check that failed"):
        signed.verify()


def test_it_expires(signed: Signed) -> None:
    signed.verify(at=NOW + statement.VALID - DAY)
    with pytest.raises(AttestationError, match="expired on 2026-12-22"):
        signed.verify(at=NOW + statement.VALID)
    with pytest.raises(AttestationError, match="in the future"):
        signed.verify(at=NOW - DAY)


def test_another_stack_and_other_rules_do_not_count(signed: Signed) -> None:
    found, _ = statement.read(signed.file, trust.read(signed.trusted_file))
    with pytest.raises(AttestationError, match="is about demo/dev, not demo/prod"):
        statement.require(found, "x", project="demo", stack="prod", policy=found.summary.policy, now=NOW)
    with pytest.raises(AttestationError, match="other rules"):
        signed.verify(policy="cd" * 32)


def test_only_trusted_keys_count(signed: Signed, tmp_path: Path) -> None:
    keys.generate(tmp_path / "other.pem", PASSPHRASE)
    other = keys.load(tmp_path / "other.pem", lambda: PASSPHRASE)
    replace_whole(signed.file, statement.sign(make_statement(signed.project), other))
    with pytest.raises(AttestationError, match="signed by no trusted key; trusted: release"):
        signed.verify()
    trust.trust(signed.trusted_file, "other", other.public, date(2026, 11, 1))
    assert signed.verify().name == "other"


def test_a_retired_key_counts_for_what_it_signed_before(signed: Signed) -> None:
    trust.retire(signed.trusted_file, "release", NOW.date())
    signed.verify()
    trust.retire(signed.trusted_file, "release", (NOW - DAY).date())
    with pytest.raises(AttestationError, match="trusted from 2026-01-01 until 2026-11-21 only"):
        signed.verify()


def test_a_key_of_another_under_a_trusted_id_is_refused(signed: Signed, tmp_path: Path) -> None:
    """Who signs cannot choose which key the signature is verified with."""
    keys.generate(tmp_path / "other.pem", PASSPHRASE)
    other = keys.load(tmp_path / "other.pem", lambda: PASSPHRASE)
    envelope = json.loads(statement.sign(make_statement(signed.project), other))
    envelope["signatures"][0]["keyid"] = signed.key.public.id
    signed.file.write_text(json.dumps(envelope, indent=2) + "\n")
    with pytest.raises(AttestationError, match="wrong"):
        signed.verify()


def test_the_statement_survives_its_json(signed: Signed) -> None:
    made = make_statement(signed.project)
    assert statement.Statement.from_json(made.to_json()) == made
    changed = replace(made, subjects=made.subjects[1:])
    assert statement.Statement.from_json(changed.to_json()) != made
