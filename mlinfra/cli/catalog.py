"""`mlinfra catalog`: instance types with their prices, and the version lock."""

from __future__ import annotations

import difflib
import json as jsonlib
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlinfra.cli.options import flag
from mlinfra.cli.terminal import console, say
from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from mlinfra.catalog.instances import InstanceType

catalog_app = typer.Typer(
    no_args_is_help=True,
    help="""Facts that components and rules rest on: instance types, versions.

mlinfra catalog instances --gpu H100    what there is, and what it costs
mlinfra catalog show p5.48xlarge        all that is known of one type
mlinfra catalog check                   do the pinned versions go together
""",
)

Json = Annotated[bool, flag("--json", "-j", help="Print JSON.")]
Region = Annotated[str, typer.Option("--region", metavar="REGION", help="The region of the prices.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    from mlinfra.cli import catalog_refresh, catalog_versions

    catalog_versions.register(catalog_app)
    catalog_refresh.register(catalog_app)
    app.add_typer(catalog_app, name="catalog", rich_help_panel="Catalogue")


@catalog_app.command("instances")
def instances(
    *,
    search: Annotated[
        str, typer.Argument(metavar="TEXT", help="Only types with this in their name.", show_default=False)
    ] = "",
    gpu: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Only with this accelerator: H100, L4, Trainium2.")
    ] = None,
    min_gpus: Annotated[int, typer.Option(min=0, metavar="N", help="Only with so many accelerators or more.")] = 0,
    efa: Annotated[bool, flag("--efa", help="Only with the Elastic Fabric Adapter.")] = False,
    arch: Annotated[str | None, typer.Option(metavar="NAME", help="Only x86_64 or arm64.")] = None,
    bought: Annotated[
        str | None, typer.Option(metavar="HOW", help="Only what is sold so: on-demand, spot or capacity-block.")
    ] = None,
    cpu: Annotated[bool, flag("--cpu", help="Types without accelerators instead.")] = False,
    region: Region = "us-east-1",
    json: Json = False,
) -> None:
    """List instance types with accelerators (or, with --cpu, those without), the smallest of a family first.

    mlinfra catalog instances --gpu H100
    mlinfra catalog instances --efa --min-gpus 8 --bought capacity-block
    mlinfra catalog instances m7 --cpu --region eu-central-1
    """
    from rich.text import Text

    from mlinfra.catalog import instances as catalog
    from mlinfra.cli.display.columns import print_columns

    _known_region(region)
    _one_of("--arch", arch, ("x86_64", "arm64"))
    _one_of("--bought", bought, ("on-demand", "spot", "capacity-block"))
    model = _model(gpu) if gpu else None
    found = [
        one
        for one in catalog.instance_types(accelerated=not cpu)
        if search.lower() in one.name
        and (model is None or (one.accelerator is not None and one.accelerator.model == model))
        and (one.accelerator.count if one.accelerator else 0) >= min_gpus
        and (one.efa or not efa)
        and arch in (None, *one.architectures)
        and (bought is None or bought in one.usage)
    ]
    if json:
        typer.echo(jsonlib.dumps([document(one, region) for one in found], indent=2))
        return
    if not found:
        raise ConfigError(
            "no instance type is like that", fix="take an option away; `mlinfra catalog instances` lists all"
        )
    head = ("TYPE", "ACCELERATORS", "MEMORY", "VCPU", "RAM", "ARCH", "EFA", "NVME", "USD/H")
    rows: list[tuple[str | Text, ...]] = [tuple(Text(title, "dim") for title in head)]
    rows += [_row(one, region) for one in found]
    print_columns(console(), rows)
    say(f"\n{len(found)} types; prices on demand in {region}; `mlinfra catalog show TYPE` says more", style="dim")


def _row(one: InstanceType, region: str) -> tuple[str, ...]:
    from mlinfra.catalog.prices import hourly

    device, price = one.accelerator, hourly(one.name, region)
    share = f"1/{round(1 / device.share)} " if device and device.share < 1 else ""
    return (
        one.name,
        f"{device.count} x {share}{device.model}" if device else "-",
        f"{device.total_memory_mib // 1024} GiB" if device else "-",
        str(one.vcpus),
        f"{one.memory_mib // 1024} GiB",
        "/".join(one.architectures),
        str(one.efa_interfaces) if one.efa else "-",
        f"{one.nvme_gb / 1000:.1f} TB" if one.disks else "-",
        f"{price.hourly:.4g}" if price else "-",
    )


@catalog_app.command("show")
def show(
    *,
    name: Annotated[str, typer.Argument(metavar="TYPE", help="The instance type, such as p5.48xlarge.")],
    json: Json = False,
) -> None:
    """Say all that is known of an instance type: devices, network, disks, quotas, prices by region.

    mlinfra catalog show p5.48xlarge
    """
    from rich.text import Text

    from mlinfra.catalog import prices, quotas
    from mlinfra.catalog.instances import instance_type, instance_types
    from mlinfra.cli.display.columns import print_columns

    one = instance_type(name)
    if one is None:
        near = difflib.get_close_matches(name, [known.name for known in instance_types()], 1)
        fix = f"did you mean {near[0]}?" if near else "`mlinfra catalog instances` lists those with accelerators"
        raise ConfigError(f"the catalogue has no instance type {name!r}", fix=fix)
    if json:
        typer.echo(jsonlib.dumps(document(one), indent=2))
        return
    out = console()
    out.print(Text(one.name, "bold"))
    device = one.accelerator
    facts = [
        ("vCPU", f"{one.vcpus}, {'/'.join(one.architectures)}{', bare metal' if one.bare_metal else ''}"),
        ("memory", f"{one.memory_mib / 1024:g} GiB"),
        (
            "accelerators",
            f"{device.count} x {device.model}, {device.memory_mib / 1024:.4g} GiB each" if device else "none",
        ),
        (
            "MIG",
            ", ".join(f"{part.name} (up to {part.most})" for part in device.mig) if device and device.mig else "no",
        ),
        ("network cards", str(one.network_cards)),
        (
            "EFA",
            f"{one.efa_interfaces} interfaces, {one.efa_per_card} on each card from {one.efa_first_card}"
            if one.efa
            else "no",
        ),
        ("local disks", f"{one.disks} x {one.disk_gb} GB" if one.disks else "none"),
        ("pods", f"{one.max_pods} with an address each"),
        ("placement", ", ".join(one.placement)),
        ("bought", ", ".join(one.usage)),
    ]
    facts += [
        (f"quota {usage}", f"{limit.code} {limit.name}, {limit.default} in a new account")
        for usage in one.usage
        if (limit := quotas.quota(one.name, usage))
    ]
    print_columns(out, [(Text(title, "dim"), text) for title, text in facts])
    sold = [(region, price) for region in prices.regions() if (price := prices.hourly(one.name, region))]
    out.print(Text("\nOn demand, USD an hour" if sold else "\nNo price on demand is known", "bold"))
    print_columns(out, [(region, f"{price.hourly:.4f}", Text(f"as of {price.date}", "dim")) for region, price in sold])


def document(one: InstanceType, region: str | None = None) -> dict[str, Any]:
    """An instance type as JSON: with its price in a region, or in all."""
    from mlinfra.catalog import prices, quotas

    device = one.accelerator
    found = {where: price for where in prices.regions() if (price := prices.hourly(one.name, where))}
    return {
        "name": one.name,
        "architectures": list(one.architectures),
        "vcpus": one.vcpus,
        "memoryMiB": one.memory_mib,
        "accelerator": device
        and {
            "vendor": device.vendor,
            "model": device.model,
            "count": device.count,
            "memoryMiB": device.memory_mib,
            "share": device.share,
            "mig": {part.name: part.most for part in device.mig},
        },
        "networkCards": one.network_cards,
        "efaInterfaces": one.efa_interfaces,
        "efaCards": list(one.efa_cards),
        "disks": one.disks,
        "diskGB": one.disk_gb,
        "maxPods": one.max_pods,
        "placement": list(one.placement),
        "usage": list(one.usage),
        "bareMetal": one.bare_metal,
        "quotas": {usage: limit.code for usage in one.usage if (limit := quotas.quota(one.name, usage))},
        "hourlyUSD": {where: price.hourly for where, price in found.items() if region in (None, where)},
    }


def _model(given: str) -> str:
    """The accelerator model that a user means, whatever the case."""
    from mlinfra.catalog.instances import instance_types

    known = {one.accelerator.model for one in instance_types(accelerated=True) if one.accelerator}
    by_name = {model.lower(): model for model in known}
    if given.lower() not in by_name:
        near = difflib.get_close_matches(given.lower(), by_name, 1)
        fix = f"did you mean {by_name[near[0]]}?" if near else f"use one of {', '.join(sorted(known))}"
        raise ConfigError(f"--gpu is {given!r}", fix=fix)
    return by_name[given.lower()]


def _known_region(region: str) -> None:
    from mlinfra.catalog import prices

    _one_of("--region", region, prices.regions())


def _one_of(option: str, given: str | None, known: tuple[str, ...]) -> None:
    if given is not None and given not in known:
        raise ConfigError(f"{option} is {given!r}", fix=f"use one of {', '.join(known)}")
