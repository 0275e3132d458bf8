"""One refresh: ask, make every table anew, check them, and only then write."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog import compatibility
from mlinfra.catalog.refresh import aws, instances, price_table
from mlinfra.catalog.refresh.toml import set_row
from mlinfra.errors import ConfigError
from mlinfra.files import write_for_user

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

PARTS: Final = ("instances", "prices", "quotas", "versions")
_PRICE_LIST: Final = "https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-list-query-api.html"
_ADDON_VERSIONS: Final = "https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeAddonVersions.html"


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that is another than it was."""

    table: str
    """The file, without its suffix."""
    fact: str
    """Where it stands, such as families.p5.sizes.48xlarge."""
    before: Any
    """None when it is new."""
    after: Any
    """None when it is gone."""


def refresh(
    clients: Callable[[str, str], Any],
    directory: Path,
    today: date,
    *,
    regions: Sequence[str],
    parts: Collection[str] = PARTS,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Change]:
    """Bring the tables of a directory up to date from AWS, and say what changed.

    `clients` makes a client of a service in a region; `regions` are asked for their instance types, the first for all else.
    Nothing is written unless every table could be made, and each file is replaced whole. Raises what the clients raise.
    """
    texts = {path.stem: path.read_text("utf-8") for path in sorted(directory.glob("*.toml"))}
    made: dict[str, str] = {}
    if "instances" in parts:
        progress(f"instance types of {', '.join(regions)}")
        made |= _instances(texts, clients, regions, today)
    if "prices" in parts:
        columns = tomllib.loads(texts["prices"])["regions"]
        progress(f"prices in {len(columns)} regions")
        types = {name for table in instances.TITLES for name in _names(made.get(table) or texts[table])}
        made["prices"] = _prices(aws.prices(clients, columns, types), columns, today)
    if "quotas" in parts:
        progress("quotas")
        made["quotas"] = _quotas(texts["quotas"], aws.quotas(clients, regions[0]), today)
    if "versions" in parts:
        progress("Kubernetes versions and add-ons")
        versions = aws.cluster_versions(clients, regions[0])
        made["eks"] = _eks(texts["eks"], versions, today)
        lock = tomllib.loads(texts["versions"])
        pinned = sorted({version for entry in lock["addons"].values() for version in entry["versions"]} | set(versions))
        known = [one for one in pinned if compatibility.at_least(one, min(lock["addons"]["vpc-cni"]["versions"]))]
        found = aws.addon_versions(clients, regions[0], lock["addons"], [one for one in known if one in versions])
        made["versions"] = _addons(texts["versions"], lock, found, today)
    changes = [change for name, text in made.items() for change in differences(name, texts[name], text)]
    for name, text in made.items():
        if text != texts[name]:  # what is the same has a new date
            write_for_user(directory / f"{name}.toml", text.encode())
    return changes


def _instances(
    texts: Mapping[str, str], clients: Callable[[str, str], Any], regions: Sequence[str], today: date
) -> dict[str, str]:
    found = instances.rows_of(aws.instance_types(clients, regions))
    if not found["instances_accelerated"]:
        raise ConfigError(
            f"no instance type with accelerators is known in {', '.join(regions)}",
            fix="ask regions that have them: --region us-east-1",
        )
    made = {}
    for name, new in found.items():
        rows, kept = instances.merged(tomllib.loads(texts[name]), new)
        made[name] = _text(instances.lines(name, rows, kept, [instances.SOURCE], today))
    return made


def _names(text: str) -> Iterator[str]:
    for family, entry in tomllib.loads(text)["families"].items():
        yield from (f"{family}.{size}" for size in entry["sizes"])


def _prices(found: Mapping[str, Mapping[str, float]], regions: Collection[str], today: date) -> str:
    source = {"aws": {"url": _PRICE_LIST, "date": today}}
    return _text(price_table.lines(found, dict.fromkeys(regions, "aws"), source))


def _quotas(text: str, known: Mapping[str, aws.Limit], today: date) -> str:
    for usage, entries in tomllib.loads(text)["quotas"].items():
        for name, entry in entries.items():
            limit = known.get(entry["code"])
            if limit:
                text = set_row(text, f"quotas.{usage}", name, entry | {"name": limit.name, "default": limit.default})
    return set_row(text, "", "date", today)


def _eks(text: str, versions: Mapping[str, aws.Ends], today: date) -> str:
    for version, ends in sorted(versions.items(), key=lambda item: compatibility.version(item[0]) or ()):
        dates = {"standard": ends.standard, "extended": ends.extended}
        text = set_row(text, "versions.support", version, {name: day for name, day in dates.items() if day})
    return set_row(text, "", "date", today)


def _addons(text: str, lock: Mapping[str, Any], found: Mapping[str, Mapping[str, str]], today: date) -> str:
    for name, versions in found.items():
        merged = {**lock["addons"][name]["versions"], **versions}
        if merged != lock["addons"][name]["versions"]:
            ordered = dict(sorted(merged.items(), key=lambda item: compatibility.version(item[0]) or ()))
            text = set_row(text, f"addons.{name}", "versions", ordered)
            text = set_row(text, f"addons.{name}", "source", _ADDON_VERSIONS)
            text = set_row(text, f"addons.{name}", "date", today)
    return text


def _text(lines: Iterator[str]) -> str:
    return "\n".join(lines) + "\n"


def differences(table: str, before: str, after: str) -> list[Change]:
    """What two texts of a table say differently, besides when and where it was looked up."""
    old, new = _facts(tomllib.loads(before)), _facts(tomllib.loads(after))
    return [
        Change(table, fact, old.get(fact), new.get(fact))
        for fact in sorted(old.keys() | new.keys())
        if old.get(fact) != new.get(fact) and fact.rpartition(".")[2] not in {"source", "date", "url"}
    ]


def _facts(table: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Every row of a table by its path; an inline table of values is one row."""
    found: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, dict) and (any(isinstance(one, dict) for one in value.values()) or name == "sizes"):
            found |= _facts(value, f"{path}{name}.")
        else:
            found[f"{path}{name}"] = value
    return found
