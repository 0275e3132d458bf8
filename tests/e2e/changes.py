"""What a change of one setting does to a deployed platform; `python -m tests.e2e.changes` writes the table of the docs."""

from __future__ import annotations

import runpy
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mlinfra.engine import Options, Stack, preview, up
from mlinfra.engine.events import Event, ResourcePre
from mlinfra.engine.program.inline import InlineProgram
from mlinfra.sandbox.server import control
from mlinfra.sandbox.session import Session
from mlinfra.stack.project import Project

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs/changes.md"
VERBS = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted"}
DEV = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]
CLUSTER, POOLS, TEAMS, TRAINING = (DEV[f"platform:{key}"] for key in ("cluster", "pools", "teams", "training"))
VISION = TRAINING["teams"]["vision"]
ROLE = "arn:aws:iam::123456789012:role/vision"
CHANGES: Mapping[str, Mapping[str, Any]] = {
    "add a zone": {"zones": ["us-east-1a", "us-east-1b", "us-east-1c"]},
    "swap a zone": {"zones": ["us-east-1a", "us-east-1c"]},
    "a NAT gateway in every zone": {"egress": "per-zone"},
    "no way out": {"egress": "none"},
    "let only some names resolve": {"allowedDomains": ["pypi.org", "files.pythonhosted.org"]},
    "add an endpoint": {"endpoints": ["bedrock-runtime"]},
    "add addresses for pods": {"podsCidr": "100.64.0.0/16"},
    "move to another range": {"cidr": "10.200.0.0/16"},
    "block public access": {"blockPublicAccess": True},
    "raise the retention of logs": {"logRetentionDays": 731},
    "raise the retention of audit logs": {"archiveDays": 2557},
    "add a bucket": {"buckets": {"datasets": "confidential", "models": "confidential", "features": "confidential"}},
    "restrict a bucket": {"buckets": {"datasets": "restricted", "models": "confidential"}},
    "lock the buckets": {"lockDays": 30},
    "add an access point": {
        "fileSystems": {"shared": {"accessPoints": {"home": {"uid": 1000}, "notebooks": {"uid": 1001}}}}
    },
    "remove a file system": {"fileSystems": {}},
    "grow a Lustre file system": {"lustre": {"scratch": {"bucket": "datasets", "sizeGib": 2400}}},
    "write back to its bucket": {"lustre": {"scratch": {"bucket": "datasets", "writeBack": True}}},
    "add a repository": {"repositories": ["training", "serving", "notebooks"]},
    "add a secret": {
        "secrets": {
            "tracking": "Password of the experiment tracker's database; put in by the platform team",
            "registry": "Token of the registry's webhook",
        }
    },
    "name another owner": {"owner": "another-team"},
    "tell more people of alarms": {"alarmEmails": ["security@example.com", "operations@example.com"]},
    "leave a setting of the account to the organisation": {"organization": {"accountSettings": ["imds"]}},
    "let people in another way": {"signIn": {"principals": {"auditor": ["arn:aws:iam::123456789012:root"]}}},
    "let others break the glass": {"breakGlass": ["arn:aws:iam::123456789012:user/emergency"]},
    "let people stay longer": {"sessionHours": 8},
    "name key administrators": {"keyAdministrators": ["arn:aws:iam::123456789012:role/admin"]},
    "protect from deletion": {"deletionProtection": True},
    "upgrade Kubernetes": {"cluster": {**CLUSTER, "version": "1.36"}},
    "let a team enter the cluster": {
        "cluster": {**CLUSTER, "access": {"vision": {"principalArn": ROLE, "groups": ["vision"]}}}
    },
    "add a node to a pool": {"pools": {**POOLS, "inference": {**POOLS["inference"], "nodes": 3}}},
    "taint a pool": {"pools": {**POOLS, "inference": {**POOLS["inference"], "taints": [{"key": "team"}]}}},
    "let a pool keep other hours": {
        "pools": {
            **POOLS,
            "inference": {**POOLS["inference"], "schedule": {"start": "0 8 * * *", "stop": "0 18 * * *"}},
        }
    },
    "give a pool another instance type": {
        "pools": {**POOLS, "inference": {**POOLS["inference"], "instanceTypes": ["g6e.2xlarge"]}}
    },
    "remove a pool": {"pools": {name: pool for name, pool in POOLS.items() if name != "inference"}},
    "add a team": {"teams": {**TEAMS, "speech": TEAMS["vision"]}},
    "give a team a larger share": {
        "training": {"teams": {"vision": {**VISION, "shares": {**VISION["shares"], "general": {"nodes": 2}}}}}
    },
    "spend more": {"monthlyBudget": 30000},
}


@dataclass(frozen=True)
class Effect:
    """What a change does: how many resources of which kind, by verb."""

    counts: Mapping[str, Mapping[str, int]]

    def __getitem__(self, verb: str) -> Mapping[str, int]:
        return self.counts.get(verb, {})

    def cells(self) -> list[str]:
        return [
            ", ".join(f"{kind} {count}" for kind, count in sorted(self[verb].items())) or "none"
            for verb in VERBS.values()
        ]


class Deployed:
    """The default platform, deployed into a sandbox of its own."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._project = Project.load(ROOT)
        session = Session.open(home)
        self._env = {"PULUMI_DEBUG_PROVIDERS": session.exports({})["PULUMI_DEBUG_PROVIDERS"]}
        result = up(self._stack({}), self._options(), lambda _: None)
        assert not result.failed, result.errors

    def effect(self, change: Mapping[str, Any]) -> Effect:
        """What a preview says that the change does."""
        found: dict[str, Counter[str]] = {verb: Counter() for verb in VERBS.values()}

        def note(event: Event) -> None:
            if isinstance(event, ResourcePre) and (verb := VERBS.get(str(event.step.op))):
                found[verb][event.step.type.rpartition(":")[2]] += not event.step.type.startswith("mlinfra:")

        result = preview(self._stack(change), self._options(), note)
        assert not result.failed, result.errors
        return Effect({verb: +counts for verb, counts in found.items()})

    def _stack(self, change: Mapping[str, Any]) -> Stack:
        return Stack.open(self._project, "dev", home=self._home, config=dict(change))

    def _options(self) -> Options:
        program = InlineProgram(lambda: runpy.run_path(str(ROOT / "stacks/platform"), run_name="__main__"))
        return Options(env=self._env, start=program)


@contextmanager
def deployed(home: Path) -> Iterator[Deployed]:
    """The default platform in a sandbox that ends with the block."""
    try:
        yield Deployed(home)
    finally:
        control.stop(home)


def row(what: str, change: Mapping[str, Any], effect: Effect) -> str:
    (setting,) = change
    return "| " + " | ".join([what, f"`{setting}`", *effect.cells()]) + " |"


def rows(text: str) -> dict[str, str]:
    """The rows of the document's table, by what is changed."""
    return {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("| ") and "`" in line}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="mlinfra-changes-") as home, deployed(Path(home)) as platform:
        table = [row(what, change, platform.effect(change)) for what, change in CHANGES.items()]
    head = ["| change | setting | created | updated | replaced | deleted |", "| --- | --- | --- | --- | --- | --- |"]
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(head[0])
    after = "\n".join(line for line in rest.splitlines() if not line.startswith("|"))
    DOCUMENT.write_text(before + "\n".join([*head, *table]) + after.rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
