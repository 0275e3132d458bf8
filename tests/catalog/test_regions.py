"""Regions and zones."""

from __future__ import annotations

import re
import tomllib
from importlib import resources

import pytest

from mlinfra.catalog.regions import region, regions
from mlinfra.errors import ConfigError


def test_a_region_knows_its_partition_and_zones() -> None:
    frankfurt = region("eu-central-1")
    assert (frankfurt.partition, frankfurt.title) == ("aws", "Europe (Frankfurt)")
    assert frankfurt.zones == ("eu-central-1a", "eu-central-1b", "eu-central-1c")
    assert region("us-gov-west-1").partition == "aws-us-gov"


def test_every_zone_is_its_region_and_a_letter_and_stands_once() -> None:
    for name, place in regions().items():
        zones = (*place.zones, *place.older_zones)
        assert len(set(zones)) == len(zones) >= 2
        assert all(re.fullmatch(rf"{name}[a-h]", zone) for zone in zones)


def test_an_unknown_region_is_named_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match=r"'eu-centrall-1'.*\n.*did you mean eu-central-1"):
        region("eu-centrall-1")
    with pytest.raises(ConfigError, match=r"choose one of af-south-1"):
        region("")


@pytest.mark.parametrize("table", ["regions.toml", "endpoints.toml"])
def test_facts_have_a_source_and_a_date(table: str) -> None:
    data = tomllib.loads((resources.files("mlinfra.catalog") / table).read_text())
    assert data["source"].startswith("https://docs.aws.amazon.com/")
    assert data["date"].year >= 2026
