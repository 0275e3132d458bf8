"""Generated packages loaded lazily have what they have when they are loaded at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mlinfra.engine import program

FOLDER = str(Path(program.__file__).parent)
PACKAGES = ["pulumi_aws.kms", "pulumi_aws.sns", "pulumi_kubernetes.batch.v1", "pulumi_kubernetes.helm.v3"]
LOOK = """
import importlib, json, sys
from types import ModuleType
if sys.argv[1] == "lazy":
    sys.path.insert(0, sys.argv[2])
    import lazy
    lazy.install()
    sys.path.pop(0)
found = {}
for name in sys.argv[3:]:
    package = importlib.import_module(name)
    getattr(package, 'nothing', None)  # pulumi_aws puts off even the package
    loaded = {one for one in sys.modules if one.startswith(name + ".")}
    public = sorted(one for one in dir(package) if not one.startswith("_"))
    of = {one: getattr(package, one) for one in reversed(public)}  # in no order that an import would have
    said = {one: [type(v).__name__.replace("LazyPackage", "module"), getattr(v, "__module__", ""), getattr(v, "__qualname__", "")]
            for one, v in of.items()}
    star = {}
    exec(f"from {name} import *", star)
    found[name] = {"loaded": len(loaded), "names": {k: said[k] for k in public}, "star": sorted(set(star) - {"__builtins__"})}
print(json.dumps(found))
"""


def look(way: str) -> dict[str, Any]:
    argv = [sys.executable, "-W", "ignore", "-c", LOOK, way, FOLDER, *PACKAGES]
    return json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)


@pytest.fixture(scope="module")
def looks() -> tuple[dict[str, Any], dict[str, Any]]:
    return look("lazy"), look("at once")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_has_the_same_names_for_the_same_things(looks, package: str) -> None:
    lazy, eager = (look[package] for look in looks)
    assert lazy["names"] == eager["names"]
    assert lazy["star"] == eager["star"]


def test_it_loads_what_is_asked_for_alone(looks) -> None:
    lazy, eager = looks
    assert lazy["pulumi_aws.kms"]["loaded"] == 0
    assert eager["pulumi_aws.kms"]["loaded"] > 10


def test_a_name_that_is_not_there_is_an_error_as_ever() -> None:
    said = f"import sys; sys.path.insert(0, {FOLDER!r}); import lazy; lazy.install()\nimport pulumi_aws as aws\naws.kms.Nothing"
    ran = subprocess.run([sys.executable, "-c", said], check=False, capture_output=True, text=True)
    assert "AttributeError: module 'pulumi_aws.kms' has no attribute 'Nothing'" in ran.stderr
