"""The go.mod that builds a module's programs from outside."""

from __future__ import annotations

from mlinfra.catalog import eks
from mlinfra.sandbox.controlplane.gomod import NAME, go_mod
from mlinfra.sandbox.controlplane.programs import Module, kubernetes_version, modules

ORIGINAL = """// A note.
module k8s.io/kubernetes

go 1.25.0

toolchain go1.25.9

godebug default=go1.25

tool k8s.io/kubernetes/hack/tool

require (
	github.com/one/two v1.2.3
	k8s.io/api v0.0.0
)

replace k8s.io/alone => ./staging/src/k8s.io/alone

replace (
	github.com/gone/fork => github.com/other/fork v1.0.0
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/apimachinery v0.0.0 => ../staging/src/k8s.io/apimachinery
)
"""


def module(**given: object) -> Module:
    known = {"path": "k8s.io/kubernetes", "version": "v1.35.4", "go": "1.25", "source": "x", "programs": {"a": "cmd/a"}}
    return Module(**{**known, **given})


def test_folders_become_the_published_modules_and_all_else_stays() -> None:
    lines = go_mod(module(staging="v0.35.4"), ORIGINAL).splitlines()
    assert lines[1] == f"module {NAME}"
    assert "replace k8s.io/alone => k8s.io/alone v0.35.4" in lines
    assert "\tk8s.io/api => k8s.io/api v0.35.4" in lines
    assert "\tk8s.io/apimachinery => k8s.io/apimachinery v0.35.4" in lines
    assert "\tgithub.com/gone/fork => github.com/other/fork v1.0.0" in lines
    assert {"go 1.25.0", "godebug default=go1.25", "\tgithub.com/one/two v1.2.3"} <= set(lines)
    assert lines[-1] == "require k8s.io/kubernetes v1.35.4"
    assert not [line for line in lines if line.startswith(("toolchain", "tool "))]


def test_without_published_versions_folders_go() -> None:
    text = go_mod(module(), ORIGINAL)
    assert "staging" not in text
    assert "github.com/other/fork v1.0.0" in text


def test_the_control_plane_is_of_the_default_version() -> None:
    assert kubernetes_version().rpartition(".")[0] == eks.DEFAULT


def test_programs_are_complete_and_agree_with_each_other() -> None:
    programs = {name for one in modules() for name in one.programs}
    assert programs == {"etcd", "kwok", "kube-apiserver", "kube-controller-manager", "kube-scheduler"}
    kubernetes = modules()[-1]
    assert kubernetes.staging == kubernetes.version.replace("v1.", "v0.")
    stamps = {name.rpartition(".")[2]: value for name, value in kubernetes.stamp.items()}
    assert stamps["gitVersion"] == kubernetes.version
    assert kubernetes.version.startswith(f"v{stamps['gitMajor']}.{stamps['gitMinor']}.")
    assert all(one.source.startswith("https://") for one in modules())


def test_packages_and_keys() -> None:
    assert module(programs={"b": "", "a": "cmd/a"}).packages == ["k8s.io/kubernetes/cmd/a", "k8s.io/kubernetes"]
    assert module().key == module().key
    changed = [module(version="v1.35.5"), module(stamp={"x": "y"}), module(programs={"a": "cmd/b"})]
    assert len({one.key for one in (module(), *changed)}) == 4
