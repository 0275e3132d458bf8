"""Plain words in Pulumi's YAML mean what go-yaml v3 takes them for; the right column was printed by the real CLI."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlinfra.errors import ConfigError
from mlinfra.stack.yamlfile import read_mapping

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("True", True),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01 00:00:00 +0000 UTC"),
        ("2024-01-01T10:20:30.500Z", "2024-01-01 10:20:30.5 +0000 UTC"),
        ("2024-1-2t10:20:30+02:00", "2024-01-02 10:20:30 +0200 +0200"),
        ("2024-01-01 10:20:30", "2024-01-01 10:20:30 +0000 UTC"),
        ("2024-01-01 10:20:30Z", "2024-01-01 10:20:30Z"),
        ("2024-01-01T10:20:30", "2024-01-01T10:20:30"),
        ("2024-99-01", "2024-99-01"),
        ('"2024-01-01"', "2024-01-01"),
        ("1e3", 1000.0),
        ("012", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("0123456789", 123456789.0),
        ("1_000", 1000),
        ("+5", 5),
        ("123456789012", 123456789012),
        ("123456789012345678901", 123456789012345678901.0),
        (".5", 0.5),
        ("", None),
        ("~", None),
        ('"5"', "5"),
        ("it''s", "it''s"),
    ],
)
def test_plain_words(tmp_path: Path, text: str, value: object) -> None:
    file = tmp_path / "f.yaml"
    file.write_text(f"key: {text}\n")
    found = read_mapping(file)["key"]
    assert (found, type(found)) == (value, type(value))


def test_merge_keys_and_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_text("\ufeffa: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\n")
    assert read_mapping(file)["b"] == {"x": 3, "y": 2}


def test_empty_file_is_an_empty_mapping(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_text("# nothing\n")
    assert read_mapping(file) == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: the key 'a' stands there twice"),
        ("1: 2\n", "line 1: the key 1 is not text"),
        ("? [1]\n: 3\n", "line 1: a key must be text"),
        ("a: [\n", "line 2"),
        ("- a\n", "must hold a mapping"),
        ("a: !!python/object:os.system x\n", "constructor"),
        ("a: *b\n", "line 1"),
        ("a:\n\t- b\n", "line 2"),
    ],
)
def test_wrong_files_are_one_clear_error(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "f.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        read_mapping(file)
    assert says in str(error.value)
    assert str(file) in str(error.value)


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_mapping(tmp_path / "absent.yaml")
    (tmp_path / "f.yaml").write_bytes(b"a: \xff\xfe\n")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_mapping(tmp_path / "f.yaml")
