"""Runs the recorded scenarios through the engine's public API and puts what happened into the recordings' form."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import conform
import yaml

from mlinfra.engine import (
    Cancellation,
    ImportItem,
    Options,
    Stack,
    destroy,
    events,
    import_resources,
    preview,
    refresh,
    up,
)
from mlinfra.errors import MlinfraError
from mlinfra.stack.deployment import encode
from mlinfra.stack.project import Project

HERE = Path(__file__).parent
PASSPHRASE = "conformance"
WORK = (
    "create", "create-replacement", "update", "delete", "delete-replaced", "import", "import-replacement", "read",
    "read-replacement", "discard", "discard-replaced",
)  # fmt: skip
FLAGS = {
    "--refresh": "refresh",
    "--run-program": "run_program",
    "--continue-on-error": "continue_on_error",
    "--target-dependents": "target_dependents",
    "--exclude-dependents": "exclude_dependents",
    "--exclude-protected": "exclude_protected",
    "--clear-pending-creates": "clear_pending_creates",
}
LISTS = {"--target": "targets", "--exclude": "excludes", "--replace": "replaces"}


def scenario(name: str) -> dict[str, Any]:
    return conform.load(HERE / "scenarios" / name)


class Engine:
    """One scenario under way in a scratch folder. `resume`: the folder has been laid out before."""

    def __init__(self, scenario: dict[str, Any], base: Path, *, resume: bool = False) -> None:
        self.scenario, self.base = scenario, base
        if resume:
            self.ws = conform.Workspace.__new__(conform.Workspace)
            self.ws.scenario, self.ws.project = scenario, base / "scenarios" / scenario["name"] / "program"
            self.ws.cloud_file, self.ws.log_file = base / "cloud.json", base / "calls.jsonl"
        else:
            self.ws = conform.Workspace(scenario, HERE / "provider", base)
        self.config: dict[str, dict[str, Any]] = {}

    def stack(self, name: str) -> Stack:
        project = Project.load(self.ws.project)
        return Stack.open(project, name, home=self.base / "home", passphrase=PASSPHRASE)

    def step(self, step: dict[str, Any]) -> dict[str, Any]:
        """Do a step; returns the facts, in the form of `expect`."""
        env = self.ws.begin(step)
        name = step.get("stack", "dev")
        self._configure(name, step)
        record = Recorder()
        fatal = (step.get("kill") or {}).get("signal", "") == "SIGKILL" or (
            "kill" in step and "signal" not in step["kill"]
        )
        code = self.operate_and_die(step, env, record) if fatal else self.operate(step, env, record)
        actual = record.facts(self.base, self.ws)
        snapshot = self.stack(name).load()
        resources = encode(snapshot, None)["deployment"]
        actual["exit"] = code
        actual["rpc"] = conform.calls(self.ws.calls())
        actual["cloud"] = conform.value(self.ws.cloud()["things"])
        actual["state"] = conform.state(resources["resources"])
        assert not conform.misplaced(resources["resources"])
        pending = [{"type": o["type"], "urn": o["resource"]["urn"]} for o in resources.get("pending_operations") or []]
        actual["pending"] = sorted(pending, key=str)
        if step["op"] != "preview":
            tops = [r for r in resources["resources"] if r["type"] == "pulumi:pulumi:Stack" and not r.get("delete")]
            actual["outputs"] = conform.value(tops[0].get("outputs") or {}) if tops else {}
        actual["cli"] = [record.error] if record.error else []
        return actual

    def _configure(self, stack: str, step: dict[str, Any]) -> None:
        """Write the stack's configuration file as the recording set it."""
        config = self.config.setdefault(stack, {})
        for key, value in (step.get("config") or {}).items():
            config[key if ":" in key else f"{self.scenario['project']}:{key}"] = value
        for key in step.get("config_rm", []):
            config.pop(key if ":" in key else f"{self.scenario['project']}:{key}", None)
        crypter = self.stack(stack).crypter
        written: dict[str, Any] = {}
        for key, value in config.items():
            if isinstance(value, dict) and set(value) == {"$secret"}:
                text = value["$secret"] if isinstance(value["$secret"], str) else json.dumps(value["$secret"])
                written[key] = {"secure": crypter.encrypt(text)}
            else:
                written[key] = value
        document = {"encryptionsalt": crypter.salt, "config": written} if written else {}
        (self.ws.project / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(document))

    def operate_and_die(self, step: dict[str, Any], env: dict[str, str], record: Recorder) -> int:
        """Do the operation in a process of its own, and kill that and everything it started."""
        log = self.base / "events.jsonl"
        arguments = [
            str(self.base),
            self.scenario["name"],
            json.dumps({**step, "kill": None}),
            json.dumps(env),
            str(log),
        ]
        process = subprocess.Popen([sys.executable, __file__, *arguments])
        until = time.monotonic() + 60
        while process.poll() is None and not reached(self.ws, step["kill"]):
            assert time.monotonic() < until, "the call did not come"
            time.sleep(0.02)
        time.sleep(0.3)
        family = [process.pid, *descendants(process.pid)]
        for pid in family:
            with contextlib.suppress(ProcessLookupError):  # it may end with the one that it waited for
                os.kill(pid, signal.SIGKILL)
        record.events = [json.loads(line) for line in log.read_text().splitlines()]
        return process.wait()

    def operate(self, step: dict[str, Any], env: dict[str, str], record: Recorder) -> int:
        """Do the operation through the public API; returns what would be the exit status."""
        stack, op, args = self.stack(step.get("stack", "dev")), step["op"], step.get("args", [])
        if op == "cancel":
            stack.unlock()
            return 0
        if op == "state-unprotect":
            snapshot = stack.load()
            for state in snapshot.resources:
                state.protect = state.protect and not ("--all" in args or state.urn in args)
            stack.save(snapshot)
            return 0
        options, only_preview, place = self._options(step, env)
        try:
            with killed_when(step.get("kill"), self.ws, options.cancel):
                if op == "preview":
                    result = preview(stack, options, record)
                elif op == "up":
                    result = up(stack, options, record)
                elif op == "refresh":
                    result = refresh(stack, options, record, preview=only_preview)
                elif op == "destroy":
                    result = destroy(stack, options, record, preview=only_preview)
                else:
                    items = [ImportItem(*args, **place)]
                    result = import_resources(stack, items, options, record, preview=only_preview)
        except MlinfraError as error:
            record.error = str(error)
            return 1
        unexpected = "--expect-no-changes" in step.get("flags", []) and set(result.changes) - {"same"}
        return int(result.failed or bool(unexpected))

    def _options(self, step: dict[str, Any], env: dict[str, str]) -> tuple[Options, bool, dict[str, Any]]:
        """The options of the run, whether it is only a preview, and where an import puts things."""
        given: dict[str, Any] = {}
        place: dict[str, Any] = {}
        flags = list(step.get("flags", []))
        only_preview = False
        while flags:
            flag = flags.pop(0)
            if flag in FLAGS:
                given[FLAGS[flag]] = True
            elif flag in LISTS:
                given[LISTS[flag]] = (*given.get(LISTS[flag], ()), flags.pop(0))
            elif flag == "--parallel":
                given["parallel"] = int(flags.pop(0))
            elif flag == "--target-replace":
                urn = flags.pop(0)
                given["targets"], given["replaces"] = (
                    (*given.get("targets", ()), urn),
                    (*given.get("replaces", ()), urn),
                )
            elif flag == "--preview-only":
                only_preview = True
            elif flag in ("--parent", "--provider"):
                place[flag.removeprefix("--")] = flags.pop(0).partition("=")[2]
            elif flag == "--protect=false":
                place["protect"] = False
            else:
                assert flag == "--expect-no-changes", flag
        return Options(env={**env, "PYTHONDONTWRITEBYTECODE": "1"}, **given), only_preview, place


class killed_when:  # noqa: N801 (a context manager)
    """Interrupt the run 0.3 s after a call reached the provider."""

    def __init__(self, kill: dict[str, str] | None, ws: conform.Workspace, cancel: Cancellation) -> None:
        self.kill, self.ws, self.cancel = kill, ws, cancel
        self.done = threading.Event()

    def __enter__(self) -> None:
        if self.kill:
            threading.Thread(target=self._watch, daemon=True).start()

    def __exit__(self, *error: object) -> None:
        self.done.set()

    def _watch(self) -> None:
        assert self.kill
        while not self.done.wait(0.02):
            if reached(self.ws, self.kill):
                time.sleep(0.3)
                self.cancel.set()
                return


def reached(ws: conform.Workspace, kill: dict[str, str]) -> bool:
    """Whether a call got to the provider."""
    end = "::" + kill["name"]
    return any(c["method"] == kill["method"] and c.get("urn", "").endswith(end) for c in ws.calls())


def descendants(pid: int) -> list[int]:
    """All processes that a process started, and these, from /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(stat[1]), []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        for child in children.get(todo.pop(), []):
            found.append(child)
            todo.append(child)
    return found


class Recorder:
    """Collects events as JSON, the way the recordings were made; into a file too, for when the process is killed."""

    def __init__(self, log: Path | None = None) -> None:
        self.events: list[dict[str, Any]] = []
        self.error = ""
        self._log = log.open("w") if log else None

    def __call__(self, event: events.Event) -> None:
        self.events.append(events.to_json(event, len(self.events), show_secrets=True))
        if self._log:
            print(json.dumps(self.events[-1]), file=self._log, flush=True)

    def facts(self, base: Path, ws: conform.Workspace) -> dict[str, Any]:
        places = [(ws.project, "$PROJECT"), (base, "$WORK")]
        rows: list[dict[str, Any]] = []
        trace, diagnostics = [], []
        facts: dict[str, Any] = {"changes": {}, "outputs": {}}
        for event in self.events:
            for kind, what in (
                ("resourcePreEvent", "start"),
                ("resOutputsEvent", "done"),
                ("resOpFailedEvent", "failed"),
            ):
                if kind in event:
                    self._step(event[kind]["metadata"], what, rows, trace)
            if "resOutputsEvent" in event and event["resOutputsEvent"]["metadata"]["type"] == "pulumi:pulumi:Stack":
                facts["outputs"] = conform.value(
                    (event["resOutputsEvent"]["metadata"]["new"] or {}).get("outputs") or {}
                )
            if "diagnosticEvent" in event and event["diagnosticEvent"]["severity"] != "debug":
                said = event["diagnosticEvent"]
                text = conform.message(said["message"], places)
                if text and not said.get("ephemeral") and said["severity"] != "info#err":
                    diagnostics.append({"severity": said["severity"], "urn": said.get("urn", ""), "message": text})
            if "summaryEvent" in event:
                facts["changes"] = dict(sorted(event["summaryEvent"]["resourceChanges"].items()))
        facts["events"] = sorted(rows, key=lambda row: (row["urn"], row["op"]))
        facts["diagnostics"] = diagnostics
        facts["trace"] = trace
        facts["overlap"] = overlap(trace)
        return facts

    def _step(
        self, m: dict[str, Any], what: str, rows: list[dict[str, Any]], trace: list[tuple[str, str, str]]
    ) -> None:
        trace.append((m["op"], m["urn"], what))
        if what == "start":
            row = {"op": m["op"], "urn": m["urn"]}
            row |= {key: sorted(m[key]) for key in ("keys", "diffs") if m.get(key)}
            if m.get("detailedDiff"):
                row["detailedDiff"] = {key: value["diffKind"] for key, value in sorted(m["detailedDiff"].items())}
            rows.append(row)
        if what == "failed":
            for row in rows:
                if (row["op"], row["urn"]) == (m["op"], m["urn"]):
                    row["failed"] = True


def overlap(trace: list[tuple[str, str, str]]) -> bool:
    """Were ever two pieces of work on custom resources under way at once?"""
    under_way, most = set(), 0
    for op, urn, what in trace:
        if op in WORK and "pulumi:" not in urn.split("::")[2]:
            (under_way.add if what == "start" else under_way.discard)((op, urn))
            most = max(most, len(under_way))
    return most > 1


if __name__ == "__main__":
    base, name, step, env, log = sys.argv[1:]
    engine = Engine(scenario(name), Path(base), resume=True)
    sys.exit(engine.operate(json.loads(step), json.loads(env), Recorder(Path(log))))
