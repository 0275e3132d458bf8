"""The configuration of a stack as a program sees it; VECTORS is what the real CLI gave a program (3.272)."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.errors import ConfigError, MlinfraError, StateError, UnsupportedError
from mlinfra.stack.config import StackConfig, _go_json
from mlinfra.stack.project import Project
from mlinfra.stack.values import Secret

PASSPHRASE = "correct horse"
SALT = "encryptionsalt: v1:0XxB3Zns+ME=:v1:mExB0TpOtNwa8sDt:uLevG5sbJmJ9kcoJBUb4Zaj2pdus2w==\n"
HUSH = "{secure: 'v1:K5n8H5CuM7KA5yhe:m/gF69skdxdPBtI1/fGHvu1AzkY='}"


def config(folder: Path, stack: str = "", *, project: str = "", overrides: tuple[str, ...] = (), **more) -> StackConfig:
    (folder / "Pulumi.yaml").write_text(f"name: p\nruntime: python\n{project}")
    if stack:
        (folder / "Pulumi.dev.yaml").write_text(stack)
    more.setdefault("passphrase", PASSPHRASE)
    return StackConfig.load(Project.load(folder), "dev", overrides=overrides, **more)


VECTORS = [
    ("5", "5"),
    ('"007"', "007"),
    ("1.50", "1.5"),
    ("1.0", "1"),
    ("0.0000001", "1e-7"),
    ("0.00001", "0.00001"),
    ("123456789012345678901", "123456789012345680000"),
    ("True", "true"),
    ("", ""),
    ("yes", "yes"),
    ("2024-01-01", "2024-01-01 00:00:00 +0000 UTC"),
    ("text: x", '{"text":"x"}'),
    (
        '{z: 1.0, a: [true, null, "<&>", 1e30, 2024-01-01], n: {secure: [1]}}',
        r'{"a":[true,null,"\u003c\u0026\u003e",1e+30,"2024-01-01 00:00:00 +0000 UTC"],"n":{"secure":[1]},"z":1}',
    ),
]


@pytest.mark.parametrize(("written", "seen"), VECTORS)
def test_values_are_text(tmp_path: Path, written: str, seen: str) -> None:
    if ": " in written and not written.startswith("{"):
        written = f"{{{written}}}"
    assert config(tmp_path, f"config: {{'p:key': {written}}}\n").values() == {"p:key": seen}


def test_environment_of_the_program(tmp_path: Path) -> None:
    found = config(
        tmp_path, f"{SALT}config:\n  word: {HUSH}\n  deep: {{list: [{HUSH}], n: 1}}\n  aws:region: eu-west-1\n"
    )
    environment = found.environment()
    assert json.loads(environment["PULUMI_CONFIG"]) == {
        "aws:region": "eu-west-1",
        "p:deep": '{"list":["hush"],"n":1}',
        "p:word": "hush",
    }
    assert environment["PULUMI_CONFIG_SECRET_KEYS"] == '["p:deep","p:word"]'


def test_a_stack_without_a_file(tmp_path: Path) -> None:
    found = config(tmp_path)
    assert found.environment() == {"PULUMI_CONFIG": "{}", "PULUMI_CONFIG_SECRET_KEYS": "[]"}
    assert found.crypter.salt == ""


def test_package_configuration(tmp_path: Path) -> None:
    found = config(tmp_path, f"{SALT}config: {{'aws:region': eu-west-1, 'aws:token': {HUSH}, key: 1}}\n")
    assert found.package("aws") == {"region": "eu-west-1", "token": Secret("hush")}
    assert found.package("kubernetes") == {}


def test_no_passphrase_is_needed_without_secrets(tmp_path: Path) -> None:
    def never() -> str:
        raise AssertionError("asked for a passphrase")

    assert config(tmp_path, f"{SALT}config: {{a: b}}\n", passphrase=never).values() == {"p:a": "b"}


def test_wrong_passphrase_names_the_file(tmp_path: Path) -> None:
    found = config(tmp_path, f"{SALT}config: {{a: {HUSH}}}\n", passphrase="wrong")
    with pytest.raises(StateError, match=r"Pulumi\.dev\.yaml"):
        found.environment()


DECLARED = """
config:
  size: {type: integer, default: 3}
  names: {type: array, items: {type: string}}
  aws:region: eu-west-1
"""


def test_defaults_of_the_project(tmp_path: Path) -> None:
    found = config(tmp_path, "config: {names: [a]}\n", project=DECLARED)
    assert found.values() == {"aws:region": "eu-west-1", "p:names": '["a"]', "p:size": "3"}
    found = config(tmp_path, "config: {names: [a], size: 4, aws:region: us-east-1}\n", project=DECLARED)
    assert found.values() == {"aws:region": "us-east-1", "p:names": '["a"]', "p:size": "4"}


@pytest.mark.parametrize(
    ("stack", "says"),
    [
        ("config: {}\n", "stack 'dev' has no value for names"),
        ("config: {names: a}\n", "p:names is 'a', but"),
        ("config: {names: [1]}\n", "declares it array<string>"),
        ("config: {names: [a], size: big}\n", "p:size is 'big'"),
        ("config: [a]\n", "`config` must be a mapping"),
        ("config: {'a:b:c': 1}\n", "not a configuration key"),
        (f"config: {{a: {HUSH}}}\n", "not by a passphrase"),
        (f"secretsprovider: awskms://alias/x\nconfig: {{a: {HUSH}}}\n", "awskms://alias/x"),
    ],
)
def test_mistakes(tmp_path: Path, stack: str, says: str) -> None:
    with pytest.raises(MlinfraError) as error:
        config(tmp_path, stack, project=DECLARED)
    assert says in str(error.value)
    assert "Pulumi." in str(error.value)


def test_escs_environments_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="ESC"):
        config(tmp_path, "environment: [prod]\n")


SECRET = "config: {word: {type: string, secret: true}}\n"


def test_a_declared_secret_may_not_stand_in_the_open(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="p:word is declared a secret"):
        config(tmp_path, "config: {word: open}\n", project=SECRET)
    assert config(tmp_path, f"{SALT}config: {{word: {HUSH}}}\n", project=SECRET).secret_keys == ["p:word"]


def test_a_declared_secret_from_the_command_line_is_secret(tmp_path: Path) -> None:
    found = config(tmp_path, project=SECRET, overrides=("word=now",))
    assert (found.values(), found.secret_keys) == ({"p:word": "now"}, ["p:word"])


def test_a_wrong_secret_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        config(tmp_path, f"{SALT}config: {{word: {HUSH}}}\n", project="config: {word: {type: integer, secret: true}}\n")
    assert "hush" not in str(error.value)
    assert "[secret]" in str(error.value)


def test_overrides(tmp_path: Path) -> None:
    file = "config: {a: 1, aws:region: eu-west-1}\n"
    found = config(tmp_path, file, overrides=("a=2", "b=x=y", "aws:region=us-east-1", "c.d=e", "e="))
    assert found.values() == {"aws:region": "us-east-1", "p:a": "2", "p:b": "x=y", "p:c.d": "e", "p:e": ""}
    assert (tmp_path / "Pulumi.dev.yaml").read_text() == file


def test_overrides_with_paths(tmp_path: Path) -> None:
    overrides = ("net.zones[1].cidr=10.0.0.0/24", "net.size=3", 'net["a.b"]=true', "plain=3", "o:x.y=007", "new[0]=-1")
    found = config(tmp_path, "config: {net: {zones: [{cidr: x, id: 1}]}}\n", overrides=overrides, paths=True)
    assert {key: json.loads(value) for key, value in found.values().items()} == {
        "p:net": {"zones": [{"cidr": "x", "id": 1}, {"cidr": "10.0.0.0/24"}], "size": 3, "a.b": True},
        "p:plain": 3,
        "o:x": {"y": "007"},
        "p:new": [-1],
    }


@pytest.mark.parametrize("override", ["a", "=1", "a[=1", "[0]=1", "a[5]=1", "a.=1", "a:b:c=1", 'a["b=1', "a..b=1"])
def test_malformed_overrides(tmp_path: Path, override: str) -> None:
    with pytest.raises(ConfigError):
        config(tmp_path, overrides=(override,), paths=True)


@given(st.text(max_size=12))
def test_any_override_works_or_is_one_clear_error(tmp_path_factory: pytest.TempPathFactory, override: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "overrides"
    folder.mkdir(exist_ok=True)
    for paths in (False, True):
        try:
            values = config(folder, overrides=(override,), paths=paths).values()
        except ConfigError:
            continue
        assert len(values) == 1


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_go_json_is_json(value: object) -> None:
    assert json.loads(_go_json(value), parse_int=float) == value


@given(st.dictionaries(st.sampled_from(["config", "encryptionsalt", "environment", "secretsprovider"]), JSON))
def test_any_stack_file_is_a_configuration_or_one_clear_error(
    tmp_path_factory: pytest.TempPathFactory, data: dict
) -> None:
    folder = tmp_path_factory.getbasetemp() / "stacks"
    folder.mkdir(exist_ok=True)
    with contextlib.suppress(MlinfraError):
        config(folder, json.dumps(data)).environment()
