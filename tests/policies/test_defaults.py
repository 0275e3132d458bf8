"""Every property of which the rules know the default is one that the AWS provider has."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pulumi_aws
import pytest

from mlinfra.compliance.defaults import table

PACKAGE = Path(pulumi_aws.__file__).parent
NAMES = re.compile(r'@pulumi\.getter\(name="(\w+)"\)|def (\w+)\(self\)')
BEFORE = ("aws:s3/bucketV2:BucketV2",)  # read as what it is called now, whose properties it has under other names
TYPES = sorted(kind for kind in table() if kind.startswith("aws:") and "/" in kind and kind not in BEFORE)


@cache
def names(file: Path) -> frozenset[str]:
    """The properties of whatever is declared in a file, as the provider calls them."""
    if not file.is_file():
        return frozenset()
    return frozenset(wire or name for wire, name in NAMES.findall(file.read_text("utf-8")))


def module(kind: str) -> tuple[Path, Path]:
    _, place, _ = kind.split(":")
    service, name = place.split("/")
    folder = PACKAGE / {"lambda": "lambda_"}.get(service, service)
    return folder / (re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() + ".py"), folder / "_inputs.py"


@pytest.mark.parametrize("kind", TYPES)
def test_the_provider_has_the_properties(kind: str) -> None:
    resource, inputs = module(kind)
    assert names(resource), f"no such type: {kind}"
    assert f"'{kind}'" in resource.read_text("utf-8") or f'"{kind}"' in resource.read_text("utf-8")
    for path in table()[kind].keys() - {"embeds"}:
        top, *below = re.sub(r"\[\]", "", path).split(".")
        assert top in names(resource), f"{kind} has no {top}"
        assert not [name for name in below if name not in names(inputs)], f"{path} of {kind}"
