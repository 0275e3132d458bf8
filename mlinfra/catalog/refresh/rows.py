"""What DescribeInstanceTypes answers, as rows of the catalogue.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceTypeInfo.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Row = dict[str, Any]
USAGE: Final = ("on-demand", "spot")
PLACEMENT: Final = ("cluster", "partition", "spread")
_ARCHITECTURES: Final = ("x86_64", "arm64")
_UNSHARED: Final = frozenset({"vcpus", "memory", "pods"})


def row(info: Mapping[str, Any]) -> Row | None:
    """The row of an instance type; None for what no node of Kubernetes can be: 32 bits, macOS."""
    architecture = next((one for one in info["ProcessorInfo"]["SupportedArchitectures"] if one in _ARCHITECTURES), None)
    if architecture is None:
        return None
    found: Row = {
        "arch": architecture,
        "vcpus": info["VCpuInfo"]["DefaultVCpus"],
        "memory": info["MemoryInfo"]["SizeInMiB"],
        **_accelerator(info),
        **_network(info["NetworkInfo"]),
        **_disks(info.get("InstanceStorageInfo")),
    }
    usage = tuple(sorted(info["SupportedUsageClasses"]))
    placement = tuple(sorted(info["PlacementGroupInfo"]["SupportedStrategies"]))
    if usage != USAGE:
        found["usage"] = list(usage)
    if placement != PLACEMENT:
        found["placement"] = list(placement)
    if info["BareMetal"]:
        found["metal"] = True
    return found


def _accelerator(info: Mapping[str, Any]) -> Row:
    for group, member in (
        ("GpuInfo", "Gpus"),
        ("NeuronInfo", "NeuronDevices"),
        ("InferenceAcceleratorInfo", "Accelerators"),
    ):
        for device in info.get(group, {}).get(member, ()):
            share = device.get("GpuPartitionSize", 1.0)
            found: Row = {
                "device": device["Name"],
                "devices": max(1, device.get("LogicalGpuCount", device["Count"])),
                "device_memory": device["MemoryInfo"]["SizeInMiB"],
            }
            return found if share == 1 else {**found, "share": share}
    return {}


def _network(info: Mapping[str, Any]) -> Row:
    cards = {card["NetworkCardIndex"]: card for card in info["NetworkCards"]}
    main = cards[info.get("DefaultNetworkCardIndex", 0)]
    found: Row = {"pods": main["MaximumNetworkInterfaces"] * (info["Ipv4AddressesPerInterface"] - 1) + 2}
    if len(cards) > 1:
        found["cards"] = len(cards)
    if info.get("EfaSupported"):
        found["efa"] = info.get("EfaInfo", {}).get("MaximumEfaInterfaces", 1)
        first = min((at for at, card in cards.items() if "efa" in card.get("InterfaceTypes", ("efa",))), default=0)
        if first:
            found["efa_first_card"] = first
    return found


def _disks(info: Mapping[str, Any] | None) -> Row:
    disks = info["Disks"] if info else []
    return {"disks": sum(disk["Count"] for disk in disks), "disk_gb": disks[0]["SizeInGB"]} if disks else {}


def families(rows: Mapping[str, Row]) -> Iterator[tuple[str, Row, dict[str, Row]]]:
    """Rows by family: what all sizes of a family share, and what each has of its own, the smallest first."""
    grouped: dict[str, dict[str, Row]] = {}
    for name in sorted(rows):
        family, _, size = name.partition(".")
        grouped.setdefault(family, {})[size] = rows[name]
    for family, sizes in grouped.items():
        first = next(iter(sizes.values()))
        shared = {
            name: value
            for name, value in first.items()
            if name not in _UNSHARED and all(one.get(name) == value for one in sizes.values())
        }
        ordered = sorted(sizes.items(), key=lambda item: (item[1]["vcpus"], item[1]["memory"], item[0]))
        yield family, shared, {size: {k: v for k, v in one.items() if k not in shared} for size, one in ordered}
