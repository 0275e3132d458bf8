"""The JSON Schemas with which editors complete Pulumi.<stack>.yaml."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from mlinfra.settings.schema import STACKS, schema, text

ROOT = Path(__file__).parents[2]
FILES = [*ROOT.glob("Pulumi.*.yaml"), *(ROOT / "stacks").glob("*/Pulumi.*.yaml")]


def project(file: Path) -> str:
    return "platform" if file.parent == ROOT else file.parent.name


def errors(name: str, document: Any) -> list[str]:
    found = jsonschema.Draft202012Validator(schema(STACKS[name], name)).iter_errors(document)
    return ["/".join(map(str, error.path)) for error in found]


@pytest.mark.parametrize("name", STACKS)
def test_the_committed_schema_is_current(name: str) -> None:
    """Update it with `make schema` after looking at the difference."""
    assert (ROOT / f"stacks/{name}/settings.schema.json").read_text() == text(name)


@pytest.mark.parametrize("name", STACKS)
def test_it_is_a_schema_that_describes_every_key(name: str) -> None:
    made = schema(STACKS[name], name)
    jsonschema.Draft202012Validator.check_schema(made)
    config = made["properties"]["config"]
    assert len(config["properties"]) == len(STACKS[name].model_fields)
    assert all(key["description"] for key in config["properties"].values())


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_configuration_fits_and_names_its_schema(file: Path) -> None:
    assert errors(project(file), yaml.safe_load(file.read_text())) == []
    first = file.read_text().partition("\n")[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (file.parent / first.partition("=")[2]).resolve() == ROOT / f"stacks/{project(file)}/settings.schema.json"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"platform:profile": "strict"}, "config/platform:profile"),
        ({"platform:zonez": []}, "config"),
        ({"platform:buckets": {"dataset": "internal"}}, "config/platform:buckets"),
        ({"platform:endpoints": ["s4"]}, "config/platform:endpoints"),
        ({"platform:fileSystems": {"shared": {}}}, "config/platform:fileSystems"),
        ({"platform:lustre": {"scratch": {"throughput": 3}}}, "config/platform:lustre"),
        ({"platform:deletionProtection": "perhaps"}, "config/platform:deletionProtection"),
        ({"aws:region": "eu-centrall-1"}, "config/aws:region"),
    ],
)
def test_editors_underline_what_is_wrong(change: dict[str, Any], where: str) -> None:
    document = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())
    document["config"].update(change)
    assert errors("platform", document) == [where]


def test_what_is_missing_is_wrong_too() -> None:
    document = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())
    del document["config"]["platform:owner"]
    assert errors("platform", document) == ["config"]


def test_what_pulumi_itself_writes_fits() -> None:
    document = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())
    written = copy.deepcopy(document)
    written["encryptionsalt"] = "v1:abc"
    written["config"] |= {
        "platform:deletionProtection": "false",
        "platform:archiveDays": "400",
        "platform:owner": {"secure": "v1:abc"},
        "aws:profile": "sandbox",
        "kubernetes:context": "x",
    }
    assert errors("platform", written) == []


def test_the_readme_explains_every_setting() -> None:
    text = (ROOT / "stacks/platform/README.md").read_text()
    told = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `") and "Pulumi." not in line}
    assert told == {field.alias for field in STACKS["platform"].model_fields.values()}
