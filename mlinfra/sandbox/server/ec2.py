"""Where moto 5.2.5 is wrong about EC2: rules of security groups, and volumes of new instances."""

from __future__ import annotations

import inspect
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

# The operations per second asked for each device of the instances that are being made.
_iops: ContextVar[dict[str, int | None]] = ContextVar("iops")


def _revokes(rules_of: str) -> Callable[..., None]:
    """Revoke what lets through the same. moto also compares the descriptions of rules between groups.

    And of what leaves a VPC without IPv6 it takes rules for IPv6, but does not give them back.
    """

    def revoke(original: Any, backend: Any, *arguments: Any, **settings: Any) -> None:
        asked = inspect.signature(original).bind(backend, *arguments, **settings).arguments
        group = backend.get_security_group_by_name_or_id(asked["group_name_or_id"], asked.get("vpc_id"))
        if group is not None and not asked.get("security_rule_ids"):
            what = (asked["ip_protocol"], group.group_id, asked["from_port"], asked["to_port"])
            sources = (asked["ip_ranges"], asked.get("source_groups") or [], asked.get("prefix_list_ids") or [])
            known = {_reach(rule): rule.id for rule in getattr(group, rules_of)}
            wanted = backend._iterate_security_rules(*what, *sources)  # noqa: SLF001
            asked["security_rule_ids"] = [known.get(_reach(rule), "no rule") for rule in wanted]
        original(**asked)

    return revoke


def _reach(rule: Any) -> tuple[Any, ...]:
    """What a rule lets through: protocol, ports and the other side."""
    other_side = rule.cidr_ipv4, rule.cidr_ipv6, rule.prefix_list_id, rule.source_group.get("GroupId")
    return rule.ip_protocol, rule.from_port, rule.to_port, *other_side


def _run_instances(original: Any, backend: Any, *arguments: Any, **settings: Any) -> Any:
    mappings = settings.get("block_device_mappings")
    if mappings is None and settings.get("launch_template"):
        mappings = backend._get_template_from_args(settings["launch_template"]).data.get("BlockDeviceMappings")  # noqa: SLF001
    token = _iops.set({one["DeviceName"]: (one.get("Ebs") or {}).get("Iops") for one in mappings or ()})
    try:
        return original(backend, *arguments, **settings)
    finally:
        _iops.reset(token)


def _add_block_device(_: Any, instance: Any, size: int, path: str, *settings: Any, volume_type: str | None) -> None:
    """A volume as fast as was asked for, which moto forgets, and then refuses it."""
    snapshot, encrypted, ends_with_it, key = settings
    backend, zone = instance.ec2_backend, instance._placement.zone  # noqa: SLF001
    volume = backend.create_volume(size, zone, snapshot, encrypted, key, volume_type, _iops.get({}).get(path))
    backend.attach_volume(volume.id, instance.id, path, ends_with_it)


_GROUPS: Final = "moto.ec2.models.security_groups:SecurityGroupBackend"
REPLACEMENTS: Final[list[tuple[str, Callable[..., Any]]]] = [
    (f"{_GROUPS}.revoke_security_group_ingress", _revokes("ingress_rules")),
    (f"{_GROUPS}.revoke_security_group_egress", _revokes("egress_rules")),
    ("moto.ec2.models.instances:InstanceBackend.run_instances", _run_instances),
    ("moto.ec2.models.instances:Instance.add_block_device", _add_block_device),
]
