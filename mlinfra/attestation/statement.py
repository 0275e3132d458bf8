"""Statements: made after a check, signed, written, read again and held against what is there now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mlinfra.attestation.errors import AttestationError
from mlinfra.attestation.keys import envelopes
from mlinfra.attestation.subjects import Role, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from securesystemslib.dsse import Envelope

    from mlinfra.attestation.keys import SigningKey
    from mlinfra.attestation.trust import TrustedKey

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "https://slsa.dev/verification_summary/v1"
VERIFIER: Final = "https://pypi.org/project/pulumi-mlinfra"
VALID: Final = timedelta(days=30)
"""How long a statement holds, unless said otherwise."""
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A check and its result, as a statement tells it."""

    project: str
    stack: str
    profile: str
    passed: bool
    counts: Mapping[str, int]
    """How many verdicts there are of each kind, and how many failures are waived."""
    version: str
    """Of mlinfra."""
    policy: str
    """The SHA-256 of the rules."""
    time: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Statement:
    """What was checked and with what result."""

    summary: Summary
    subjects: tuple[Subject, ...]

    def to_json(self) -> dict[str, Any]:
        """The in-toto statement. Fields of ours in the predicate begin with `mlinfra_`, as SLSA asks of extensions."""
        about = self.summary
        return {
            "_type": STATEMENT_TYPE,
            "subject": [
                {"name": one.name, "digest": {"sha256": one.sha256}, "annotations": {"role": one.role.value}}
                for one in self.subjects
            ],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "verifier": {"id": VERIFIER, "version": {"mlinfra": about.version}},
                "timeVerified": about.time.strftime(_TIME),
                "resourceUri": f"pulumi:{about.project}/{about.stack}",
                "policy": {
                    "uri": f"pkg:pypi/pulumi-mlinfra@{about.version}#mlinfra/policies",
                    "digest": {"sha256": about.policy},
                },
                "verificationResult": "PASSED" if about.passed else "FAILED",
                "verifiedLevels": [f"MLINFRA_{about.profile.upper()}" if about.passed else "FAILED"],
                "mlinfra_profile": about.profile,
                "mlinfra_counts": dict(about.counts),
                "mlinfra_expires": about.expires.strftime(_TIME),
            },
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Statement:
        """The statement in a payload; raises ValueError, KeyError or TypeError when it is none of ours."""
        predicate = content["predicate"]
        if (content["_type"], content["predicateType"]) != (STATEMENT_TYPE, PREDICATE_TYPE):
            raise ValueError("it is no verification summary")
        project, _, stack = predicate["resourceUri"].removeprefix("pulumi:").rpartition("/")
        return cls(
            Summary(
                project=project,
                stack=stack,
                profile=predicate["mlinfra_profile"],
                passed=predicate["verificationResult"] == "PASSED",
                counts=predicate["mlinfra_counts"],
                version=predicate["verifier"]["version"]["mlinfra"],
                policy=predicate["policy"]["digest"]["sha256"],
                time=_time(predicate["timeVerified"]),
                expires=_time(predicate["mlinfra_expires"]),
            ),
            tuple(
                Subject(Role(one["annotations"]["role"]), one["name"], one["digest"]["sha256"])
                for one in content["subject"]
            ),
        )


def sign(statement: Statement, key: SigningKey) -> bytes:
    """The signed envelope, as it is written to a file."""
    payload = json.dumps(statement.to_json(), sort_keys=True, separators=(",", ":")).encode("utf-8")
    envelope = envelopes().dsse.Envelope(payload, PAYLOAD_TYPE, {})
    envelope.sign(key.signer())
    return _written(envelope)


def read(file: Path, trusted: Sequence[TrustedKey]) -> tuple[Statement, TrustedKey]:
    """The statement in a file and who signed it. Raises AttestationError unless it is intact and a trusted key's."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise AttestationError(
            f"the statement {file} cannot be read: {error.strerror}", fix="`mlinfra check --attest KEY` writes one"
        ) from None
    return opened(content, trusted, file.name)


def opened(content: bytes, trusted: Sequence[TrustedKey], name: str) -> tuple[Statement, TrustedKey]:
    """As `read`, of the bytes of a file."""
    library = envelopes()
    try:
        envelope = library.dsse.Envelope.from_dict(json.loads(content))
        intact = _written(envelope) == content
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise AttestationError(f"{name} is no signed statement: {error}", fix=_AGAIN) from None
    if not intact or envelope.payload_type != PAYLOAD_TYPE:
        raise AttestationError(f"the envelope {name} was altered after it was written", fix=_AGAIN)
    keys = {key.key.id: key for key in trusted}
    signers = [keys[one] for one in envelope.signatures if one in keys]
    if not signers:
        names = ", ".join(key.name for key in trusted) or "nobody"
        raise AttestationError(
            f"{name} is signed by no trusted key; trusted: {names}", fix="`mlinfra keys trust` adds a key"
        )
    try:
        envelope.verify([key.key.verifier() for key in signers], len(signers))
    except library.exceptions.VerificationError:
        raise AttestationError(
            f"the signature of {name} is wrong: the statement or the signature was altered", fix=_AGAIN
        ) from None
    try:
        statement = Statement.from_json(json.loads(envelope.payload))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AttestationError(f"{name} says nothing about a check: {error!r}", fix=_AGAIN) from None
    return statement, _in_time(statement, signers, name)


def require(statement: Statement, name: str, *, project: str, stack: str, policy: str, now: datetime) -> None:
    """Raise AttestationError unless the statement is of a passed check of this stack, by these rules, and still holds."""
    about = statement.summary
    if (about.project, about.stack) != (project, stack):
        raise AttestationError(f"{name} is about {about.project}/{about.stack}, not {project}/{stack}", fix=_AGAIN)
    if not about.passed:
        raise AttestationError(
            f"{name} is of a check that failed", fix="correct what `mlinfra check` names, then check again"
        )
    if about.expires <= now:
        raise AttestationError(f"{name} expired on {about.expires:%Y-%m-%d %H:%M} UTC", fix=_AGAIN)
    if about.time > now + timedelta(minutes=5):
        raise AttestationError(
            f"{name} was made in the future, at {about.time:%Y-%m-%d %H:%M} UTC", fix="set the clock right"
        )
    if about.policy != policy:
        raise AttestationError(f"{name} was checked by other rules, those of mlinfra {about.version}", fix=_AGAIN)


def compare(statement: Statement, name: str, now: Iterable[Subject], roles: Iterable[Role] = Role) -> None:
    """Raise AttestationError naming everything that is not as it was checked, of the roles that can be compared."""
    wanted = set(roles)
    then = {(one.role, one.name): one.sha256 for one in statement.subjects if one.role in wanted}
    today = {(one.role, one.name): one.sha256 for one in now if one.role in wanted}
    changes = [
        f"{role.value} {what}: {'changed' if (role, what) in then and (role, what) in today else 'removed' if (role, what) in then else 'added'}"
        for role, what in sorted({*then, *today})
        if then.get((role, what)) != today.get((role, what))
    ]
    if changes:
        raise AttestationError(f"not what {name} was made for:\n  " + "\n  ".join(changes), fix=_AGAIN)


_AGAIN: Final = "check again with `mlinfra check --attest KEY`"


def _in_time(statement: Statement, signers: Sequence[TrustedKey], name: str) -> TrustedKey:
    day = statement.summary.time.date()
    for signer in signers:
        if signer.holds(day):
            return signer
    signer = signers[0]
    until = f" until {signer.until}" if signer.until else ""
    raise AttestationError(
        f"{name} was signed on {day}, but {signer.name} is trusted from {signer.since}{until} only", fix=_AGAIN
    )


def _written(envelope: Envelope) -> bytes:
    return json.dumps(envelope.to_dict(), indent=2).encode("utf-8") + b"\n"


def _time(text: str) -> datetime:
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
