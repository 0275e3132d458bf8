"""The project at the root: what `pulumi up` and `mlinfra up` find."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import mlinfra as ml

ROOT = Path(__file__).parents[2]
KEY = "arn:aws:kms:eu-central-1:123456789012:key/logs"
PROJECT = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
STACKS = sorted(path.name.split(".")[1] for path in ROOT.glob("Pulumi.*.yaml"))


def test_the_project_is_the_platform_stack() -> None:
    assert PROJECT["name"] == "platform"
    assert (ROOT / PROJECT["main"] / "__main__.py").is_file()
    assert PROJECT["runtime"] == {"name": "python", "options": {"toolchain": "uv"}}


def test_no_configuration_stands_twice() -> None:
    assert not list((ROOT / PROJECT["main"]).glob("Pulumi*.yaml"))
    assert STACKS == ["baseline", "dev", "isolated", "prod"]


@pytest.mark.parametrize("stack", STACKS)
def test_every_key_is_a_setting(stack: str) -> None:
    fields = {field.alias for field in ml.PlatformSettings.model_fields.values()}
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    assert {key.removeprefix("platform:") for key in config} <= fields


def test_the_readmes_error_is_what_comes() -> None:
    text = (ROOT / "components/README.md").read_text()
    account = ml.Account(id="123456789012", region="eu-central-1")
    args = {"account": account, "cidr": "10.0.0.0/16", "zones": ["eu-central-1z"], "logs_key_arn": KEY}
    with pytest.raises(ml.ArgumentError) as error:
        ml.Network("main", args)  # type: ignore[arg-type]
    assert str(error.value) in text


@pytest.mark.parametrize("readme", ["components/README.md", "stacks/platform/README.md"])
def test_readmes_name_everything_there_is(readme: str) -> None:
    text = (ROOT / readme).read_text()
    if readme.startswith("stacks"):
        wanted = [field.alias for field in ml.PlatformSettings.model_fields.values()]
    else:
        from mlinfra.components.registry import COMPONENTS

        wanted = [component.__name__ for component in COMPONENTS]
    assert [name for name in wanted if f"`{name}`" not in text] == []


@pytest.mark.parametrize("example", ["foundation", "training-platform"])
def test_the_readme_shows_the_examples_as_they_are(example: str) -> None:
    assert (ROOT / "examples" / example / "__main__.py").read_text() in (ROOT / "README.md").read_text()
