"""Pulumi.yaml: found like Pulumi finds it, and every mistake in it one clear error."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.errors import ConfigError, MlinfraError, UnsupportedError
from mlinfra.stack.config import StackConfig
from mlinfra.stack.project import Project, check_name, full_key, has_type

KEYS = ["name", "runtime", "options", "virtualenv", "toolchain", "main", "config", "type", "items", "default", "value", "secret", "plugins",
        "providers", "path", "stackConfigDir", "description", "refresh"]  # fmt: skip


def write(folder: Path, text: str, name: str = "Pulumi.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder


def test_smallest_project(tmp_path: Path) -> None:
    project = Project.load(write(tmp_path, "name: p\nruntime: python\n"))
    assert (project.name, project.root, project.program, project.workdir) == ("p", tmp_path, tmp_path, tmp_path)
    assert project.stack_file("dev") == tmp_path / "Pulumi.dev.yaml"
    assert not project.always_refresh


def test_found_in_a_folder_above(tmp_path: Path) -> None:
    write(tmp_path, "name: p\nruntime: python\n")
    (tmp_path / "a/b").mkdir(parents=True)
    assert Project.load(tmp_path / "a/b").root == tmp_path


@pytest.mark.parametrize("name", ["Pulumi.yml", "Pulumi.json"])
def test_other_spellings_of_the_file(tmp_path: Path, name: str) -> None:
    project = Project.load(write(tmp_path, '{"name": "p", "runtime": "python"}', name))
    assert project.stack_file("dev").name == name.replace("Pulumi", "Pulumi.dev")


def test_main_is_a_folder_or_a_file(tmp_path: Path) -> None:
    write(tmp_path / "src", "", "__main__.py")
    write(tmp_path / "src", "", "run.py")
    project = Project.load(write(tmp_path, "name: p\nruntime: python\nmain: src/\n"))
    assert (project.program, project.workdir) == (tmp_path / "src", tmp_path / "src")
    project = Project.load(write(tmp_path, "name: p\nruntime: python\nmain: src/run.py\n"))
    assert (project.program, project.workdir) == (tmp_path / "src/run.py", tmp_path / "src")


def test_everything_it_may_say(tmp_path: Path) -> None:
    (tmp_path / "plugin").mkdir()
    project = Project.load(
        write(
            tmp_path,
            """
name: p
description: what it is
author: nobody reads this
runtime: {name: python, options: {virtualenv: venv, toolchain: Uv, typechecker: none}}
stackConfigDir: conf
options: {refresh: always}
plugins: {providers: [{name: aws, path: plugin, version: 7.0.0}], analyzers: []}
config:
  size: {type: integer, default: 3, description: how big}
  names: {type: array, items: {type: string}, default: [a]}
  word: {secret: true}
  short: text
  aws:region: eu-west-1
  other:key: {value: {a: 1}}
""",
        )
    )
    assert project.description == "what it is"
    assert project.always_refresh
    assert project.stack_file("dev") == tmp_path / "conf/Pulumi.dev.yaml"
    assert project.plugins["aws"].path == tmp_path / "plugin"
    assert project.plugins["aws"].version == "7.0.0"
    declared = project.config
    assert (declared["p:size"].type, declared["p:size"].default) == ("integer", 3)
    assert declared["p:names"].default == ["a"]
    assert declared["p:word"].secret
    assert declared["p:short"].default == "text"
    assert declared["aws:region"].default == "eu-west-1"
    assert declared["other:key"].default == {"a": 1}


def test_old_spelling_of_the_stacks_folder(tmp_path: Path) -> None:
    project = Project.load(write(tmp_path, "name: p\nruntime: python\nconfig: conf\n"))
    assert project.stack_config_dir == tmp_path / "conf"


def test_stacks_with_a_file(tmp_path: Path) -> None:
    write(tmp_path, "name: p\nruntime: python\n")
    for name in ("Pulumi.prod.yaml", "Pulumi.a.b.yaml", "Pulumi.dev.yml", "other.yaml"):
        write(tmp_path, "", name)
    assert Project.load(tmp_path).stacks() == ["a.b", "prod"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("runtime: python\n", "no `name`"),
        ("name: p\n", "no `runtime`"),
        ("name: p/q\nruntime: python\n", "project name 'p/q'"),
        ("name: ..\nruntime: python\n", "project name '..'"),
        ("name: 5\nruntime: python\n", "`name` must be text, not 5"),
        ("name: p\nruntime: 3\n", "no `runtime`"),
        ("name: p\nruntime: {name: python, option: {}}\n", "`name` and a mapping `options`"),
        ("name: p\nruntime: {name: python, options: [1]}\n", "`name` and a mapping `options`"),
        ("name: p\nruntime: {name: python, options: {toolchain: conda}}\n", "`toolchain` is 'conda'"),
        ("name: p\nruntime: {name: python, options: {virtualenv: 3}}\n", "`virtualenv` is 3"),
        ("name: p\nruntime: python\nmain: nowhere\n", "`main` is 'nowhere'"),
        ("name: p\nruntime: python\nmain: [a]\n", "`main` must be text"),
        ("name: p\nruntime: python\nconfig: [a]\n", "`config` must be a mapping"),
        ("name: p\nruntime: python\nconfig: conf\nstackConfigDir: conf\n", "both `config` and `stackConfigDir`"),
        ("name: p\nruntime: python\nconfig: {a: {type: strin}}\n", "the type 'strin'"),
        ("name: p\nruntime: python\nconfig: {a: {typ: string}}\n", "'typ'"),
        ("name: p\nruntime: python\nconfig: {a: {type: array}}\n", "array without `items`"),
        ("name: p\nruntime: python\nconfig: {a: {default: 1, value: 2}}\n", "both `default` and `value`"),
        ("name: p\nruntime: python\nconfig: {a: {type: integer, default: x}}\n", "'x' is not of the type integer"),
        ("name: p\nruntime: python\nconfig: {'b:a': {type: integer}}\n", "another namespace"),
        ("name: p\nruntime: python\nconfig: {'a:b:c': 1}\n", "not a configuration key"),
        ("name: p\nruntime: python\nplugins: {providers: [{name: aws}]}\n", "must have `name` and `path`"),
        ("name: p\nruntime: python\nplugins: {providers: [{name: aws, path: no}]}\n", "does not exist"),
        ("name: p\nruntime: python\nplugins: {providers: aws}\n", "must be a list"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as error:
        Project.load(write(tmp_path, text))
    assert says in str(error.value)
    assert "Pulumi.yaml" in str(error.value) or "configuration key" in says


def test_other_languages_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="nodejs"):
        Project.load(write(tmp_path, "name: p\nruntime: nodejs\n"))


def test_no_project_at_all(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no Pulumi\.yaml"):
        Project.load(tmp_path)
    with pytest.raises(ConfigError, match="is not a folder"):
        Project.load(tmp_path / "absent")


@pytest.mark.parametrize(
    ("key", "full"),
    [("a", "p:a"), ("aws:region", "aws:region"), ("aws:config:region", "aws:region"), ("p:a.b", "p:a.b")],
)
def test_full_key(key: str, full: str) -> None:
    assert full_key("p", key) == full


@pytest.mark.parametrize("key", ["", ":", "a:", ":a", "a:b:c", "a:b:c:d"])
def test_malformed_keys(key: str) -> None:
    with pytest.raises(ConfigError, match="not a configuration key"):
        full_key("p", key)


@pytest.mark.parametrize(
    ("value", "kind", "fits"),
    [
        ("x", "string", True),
        (1, "string", False),
        ("-12", "integer", True),
        ("1.0", "integer", False),
        (2.0, "integer", True),
        (2.5, "integer", False),
        (True, "integer", False),
        (float("inf"), "integer", False),
        ("true", "boolean", True),
        ("True", "boolean", False),
        ({}, "object", True),
        ([], "object", False),
    ],
)
def test_types(value: object, kind: str, fits: bool) -> None:
    assert has_type(value, kind) is fits


def test_nested_arrays() -> None:
    items = {"type": "array", "items": {"type": "integer"}}
    assert has_type([[1], ["2"]], "array", items)
    assert not has_type([[1], "2"], "array", items)


@given(st.text(max_size=8))
def test_a_name_is_either_refused_or_a_single_file_name(name: str) -> None:
    try:
        check_name("stack", name)
    except MlinfraError:
        return
    assert Path("x", f"{name}.json").name == f"{name}.json"
    assert name.isascii()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(KEYS), JSON), st.booleans())
def test_any_file_is_a_project_or_one_clear_error(tmp_path_factory, data: dict, named: bool) -> None:
    folder = tmp_path_factory.getbasetemp() / "fuzz"
    if named:
        data = {**data, "name": "p", "runtime": "python"}
    with contextlib.suppress(MlinfraError):
        StackConfig.load(Project.load(write(folder, json.dumps(data))), "dev", passphrase="")
