"""Rule cases: small graphs written down in YAML, and what a rule says of them.

A case file is `cases/<module>.yaml`: rule id, then verdict (pass, fail, not applicable, undetermined), then a list of
graphs. A graph is a mapping of names to resources: `type` (`s3/bucket` is aws:s3/bucket:Bucket; `is` where an input is called
type) and inputs; `options` (`provider` is a name) and `secrets` (paths) are what Pulumi knows beside them. `${name}` is
another resource's id, `${name.arn}` an output of it; `!unknown` a value that only a deployment can tell, `!unknown name` one
that comes from another resource; `!json` makes a text of what follows.
`$` holds what is about the case itself: `profile`, `today`, the `regions` that are allowed, and `default: true` where a property is
left out on purpose. Top-level keys that begin with a dot hold what several cases share.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from mlinfra.compliance.profiles import Profile
from mlinfra.graph import Node, NodeOptions, ResourceGraph, Source, Unknown

FOLDER = Path(__file__).parent / "cases"
VERDICTS = ("pass", "fail", "not applicable", "undetermined")
_REFERENCE = re.compile(r"\$\{([\w-]+)(?:\.(\w+))?\}")
STACK_URN = "urn:pulumi:test::test::pulumi:pulumi:Stack::test-test"


@dataclass(frozen=True)
class _Unknown:
    of: str


class _Loader(yaml.SafeLoader):
    pass


_Loader.add_constructor("!unknown", lambda loader, node: _Unknown(loader.construct_scalar(node)))


_Loader.add_constructor("!json", lambda loader, node: json.dumps(loader.construct_mapping(node, deep=True)))


@dataclass(frozen=True)
class Case:
    rule: str
    verdict: str
    graph: ResourceGraph
    profile: Profile
    default: bool
    number: int
    today: date
    regions: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rule}-{self.verdict.replace(' ', '-')}-{self.number}"


def cases() -> list[Case]:
    """Every case of every file."""
    return [case for file in sorted(FOLDER.glob("*.yaml")) for case in _of_file(file)]


def _of_file(file: Path) -> list[Case]:
    content: dict[str, dict[str, list[Any]]] = yaml.load(file.read_text("utf-8"), _Loader) or {}
    found = []
    for rule, verdicts in content.items():
        if rule.startswith("."):
            continue
        assert set(verdicts) <= set(VERDICTS), f"{file.name}: {rule}: {set(verdicts) - set(VERDICTS)}"
        for verdict, graphs in verdicts.items():
            for number, resources in enumerate(graphs, 1):
                about = (resources or {}).get("$", {})
                profile = Profile(about.get("profile", "regulated"))
                today = about.get("today", date(2026, 11, 22))
                made = graph(resources or {})
                regions = tuple(about.get("regions", ()))
                found.append(Case(rule, verdict, made, profile, about.get("default", False), number, today, regions))
    return found


def _type(short: str) -> str:
    if ":" in short:
        return short
    _, name = short.split("/")
    return f"aws:{short}:{name[0].upper()}{name[1:]}"


def graph(resources: dict[str, Any]) -> ResourceGraph:
    """The graph of a case."""
    resources = {name: dict(spec) for name, spec in resources.items() if name != "$"}
    types = {name: _type(spec.pop("is", None) or spec.pop("type")) for name, spec in resources.items()}
    urns = {name: f"urn:pulumi:test::test::{kind}::{name}" for name, kind in types.items()}

    def outputs(name: str) -> dict[str, Any]:
        service = types[name].split(":")[1].split("/")[0]
        return {"id": f"{name}-id", "arn": f"arn:aws:{service}:us-east-1:123456789012:{name}", "name": f"{name}-name"}

    def value(raw: Any, path: str, used: set[str]) -> Any:
        if isinstance(raw, _Unknown):
            used.update([raw.of] if raw.of else ())
            return Unknown(path, tuple(urns[name] for name in [raw.of] if name))
        if isinstance(raw, dict):
            return {key: value(item, f"{path}.{key}" if path else key, used) for key, item in raw.items()}
        if isinstance(raw, list):
            return [value(item, f"{path}[{index}]", used) for index, item in enumerate(raw)]
        if isinstance(raw, str):

            def resolved(match: re.Match[str]) -> str:
                used.add(match[1])
                return str(outputs(match[1])[match[2] or "id"])

            return _REFERENCE.sub(resolved, raw)
        return raw

    nodes = [Node(urn=STACK_URN, type="pulumi:pulumi:Stack", name="test-test")]
    for name, spec in resources.items():
        options = dict(spec.pop("options", {}))
        provider = urns.get(options.pop("provider", ""), "")
        external = spec.pop("external", False)
        secrets = frozenset(spec.pop("secrets", ()))
        inputs, edges = {}, {}
        for key, raw in spec.items():
            used: set[str] = set()
            inputs[key] = value(raw, key, used)
            if used:
                edges[key] = tuple(urns[one] for one in sorted(used))
        depends = tuple(dict.fromkeys(urn for found in edges.values() for urn in found))
        nodes.append(
            Node(
                urn=urns[name], type=types[name], name=name, parent=STACK_URN, id=f"{name}-id", inputs=inputs,
                outputs={**inputs, **outputs(name)}, edges=edges, depends_on=depends, options=NodeOptions(**options), external=external,
                secrets=secrets, provider=provider,
                source=Source("__main__.py", len(nodes)),
            )
        )  # fmt: skip
    return ResourceGraph(nodes, project="test", stack="test")
