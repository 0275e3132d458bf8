"""Go on this machine, or none, or one that is too old; and what a build makes of it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from mlinfra.sandbox.controlplane import build as building
from mlinfra.sandbox.controlplane import toolchain
from mlinfra.sandbox.controlplane.programs import Module
from mlinfra.sandbox.controlplane.toolchain import Go
from mlinfra.sandbox.server.files import SandboxError

GO = """#!/bin/sh
# Stands for Go: says a version, has a module with nothing in it, and "builds" a program that says which.
case "$1 $2" in
  "env GOVERSION") echo "go1.26.4" ;;
  "mod download") echo '{"Dir": "SOURCE", "GoMod": "SOURCE/go.mod"}' ;;
  "list -mod=mod") printf 'true\\ntrue\\nfalse\\n' ;;
  "build -v")
    test -z "$GOFLAGS" && test "$GOTOOLCHAIN" = local && test "$CGO_ENABLED" = 0 || exit 9
    test -f FAIL && { echo "boom.go:1: cannot use x" >&2; exit 1; }
    echo "go: downloading something" >&2; echo one >&2; echo two >&2
    while test "$1" != "-o"; do shift; done
    echo built > "$2/tool" ;;
esac
"""
MODULE = Module(path="example.org/m", version="v1.0.0", go="1.26", source="x", programs={"program": "cmd/tool"})


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    (source / "go.mod").write_text("module example.org/m\n\ngo 1.26\n")
    program = tmp_path / "bin" / "go"
    program.parent.mkdir()
    program.write_text(GO.replace("SOURCE", str(source)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("MLINFRA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GOFLAGS", "-mod=vendor")
    return program


def test_no_go_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(toolchain, "USUAL", ())
    with pytest.raises(SandboxError, match="Go is not installed"):
        Go.find()


@pytest.mark.parametrize(("version", "oldest", "fits"), [("go1.26.8", "1.26", True), ("go1.25.9", "1.26", False), ("devel +abc", "1.26", True)])  # fmt: skip
def test_too_old(version: str, oldest: str, fits: bool) -> None:
    one = Go(Path("/go"), version)
    if fits:
        one.require(oldest, "this")
    else:
        with pytest.raises(SandboxError, match=r"this needs Go 1\.26 or newer, and /go is 1\.25\.9"):
            one.require(oldest, "this")


def test_a_build_is_kept_and_done_once(go: Path, tmp_path: Path) -> None:
    told: list[building.Progress] = []
    programs = building.build(told.append, [MODULE])
    assert {name: path.read_text() for name, path in programs.items()} == {"program": "built\n"}
    assert [(one.done, one.total) for one in told] == [(0, 0), (0, 2), (1, 2), (2, 2)]
    told.clear()
    go.unlink()  # not needed any more
    assert building.build(told.append, [MODULE]) == programs
    assert told == []
    kept = tmp_path / "cache" / "controlplane"
    assert sorted(path.name for path in kept.iterdir()) == ["build.lock", MODULE.key]


def test_a_build_that_fails_leaves_nothing_and_says_why(go: Path, tmp_path: Path) -> None:
    go.write_text(go.read_text().replace("test -f FAIL", "true"))
    with pytest.raises(SandboxError, match=r"boom\.go:1: cannot use x"):
        building.build(wanted=[MODULE])
    assert [path.name for path in (tmp_path / "cache" / "controlplane").iterdir()] == ["build.lock"]
    assert building.built([MODULE]) is None


def test_what_go_refuses_to_fetch_is_told_in_its_words(go: Path) -> None:
    go.write_text('#!/bin/sh\ntest "$1" = env && echo go1.26.4 || { echo "not found: example.org/m" >&2; exit 1; }\n')
    with pytest.raises(SandboxError, match=r"not found: example\.org/m"):
        building.build(wanted=[MODULE])


def test_a_cache_that_cannot_be_made(go: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MLINFRA_CACHE", str(tmp_path / "file"))
    with pytest.raises(SandboxError, match="cannot be made"):
        building.build(wanted=[MODULE])


def test_where_builds_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLINFRA_CACHE", "/a")
    assert building.cache() == Path("/a")
    monkeypatch.delenv("MLINFRA_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/b")
    assert building.cache() == Path("/b/mlinfra")


def test_the_programs_of_a_module_answer_as_json(go: Path) -> None:
    assert json.dumps(building.download("example.org/m", "v1.0.0")).count("source") == 2
