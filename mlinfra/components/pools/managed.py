"""Pools as managed node groups of EKS: a launch template, the node group, and the window of a Capacity Block."""

from collections.abc import Sequence
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from mlinfra.components.component import Component
from mlinfra.components.pools.disks import disks
from mlinfra.components.pools.fabric import Fabric
from mlinfra.components.pools.images import ami_type, mig_model, user_data
from mlinfra.components.pools.interfaces import layout
from mlinfra.components.pools.reference import CapacityKind, PoolReference, TaintEffect
from mlinfra.components.pools.schedule import hours
from mlinfra.components.pools.shape import Shape

_BOUGHT: Final = {CapacityKind.SPOT: "SPOT", CapacityKind.CAPACITY_BLOCK: "CAPACITY_BLOCK"}
_EFFECTS: Final = {
    TaintEffect.NO_SCHEDULE: "NO_SCHEDULE",
    TaintEffect.PREFER_NO_SCHEDULE: "PREFER_NO_SCHEDULE",
    TaintEffect.NO_EXECUTE: "NO_EXECUTE",
}
_DESIRED: Final = "scalingConfig.desiredSize"


def managed_pool(
    parent: Component[Any], name: str, args: Any, shape: Shape, reference: PoolReference, fabric: Fabric
) -> pulumi.Output[str]:
    """Declares the node group; returns its name.

    Labels, taints and sizes change in place; what a launch template says (disks, interfaces, the one type of a reservation)
    by a rolling update. Other instance types, zones, systems or kinds of capacity are another node group, which comes
    before the old one goes.
    """
    cluster = args.cluster
    template = _template(parent, name, args, shape, fabric)
    block = args.capacity.capacity_block
    typed = _typed_by_template(args, shape)
    found = shape.accelerator
    # What scales an elastic group, opens a window or keeps hours moves the desired size; it is not Pulumi's to move back.
    moved = [_DESIRED] if block or args.schedule or not shape.fixed else []
    # A list of references rather than a reference to a list: which subnets there are stays known in a plan.
    subnets = [cluster.subnet_ids[list(cluster.zones).index(zone)] for zone in shape.zones]
    group = aws.eks.NodeGroup(
        f"{name}-nodes",
        cluster_name=cluster.name,
        node_role_arn=cluster.node_role_arn,
        subnet_ids=subnets,
        version=cluster.version,
        release_version=shape.release,
        ami_type=ami_type(args.system, shape.architectures[0], found.vendor if found else ""),
        capacity_type=_BOUGHT.get(reference.capacity, "ON_DEMAND"),
        instance_types=None if typed else [one.name for one in shape.types],
        scaling_config=aws.eks.NodeGroupScalingConfigArgs(
            min_size=0 if block else shape.least,
            desired_size=shape.most if args.schedule else 0 if block else shape.least,
            max_size=shape.most,
        ),
        # Where there are no more instances than were reserved, an old node goes before a new one comes.
        update_config=aws.eks.NodeGroupUpdateConfigArgs(
            max_unavailable=1, update_strategy="MINIMAL" if _counted(args) else None
        ),
        node_repair_config=aws.eks.NodeGroupNodeRepairConfigArgs(enabled=True),
        launch_template=aws.eks.NodeGroupLaunchTemplateArgs(id=template.id, version=template.latest_version.apply(str)),
        labels=dict(reference.labels),
        taints=[
            aws.eks.NodeGroupTaintArgs(key=one.key, value=one.value or None, effect=_EFFECTS[one.effect])
            for one in reference.taints
        ],
        opts=parent.child(ignore_changes=moved),
    )
    if block:
        _window(parent, name, group, nodes=shape.most, start=block.start, end=block.nodes_leave())
    if args.schedule:
        hours(parent, name, group.resources.apply(_scaling_group), args.schedule, nodes=shape.most)
    return group.node_group_name


def _counted(args: Any) -> bool:
    """Whether there are only so many instances.

    Source: https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
    """
    return args.capacity.kind in (CapacityKind.RESERVATION, CapacityKind.CAPACITY_BLOCK)


def _typed_by_template(args: Any, shape: Shape) -> bool:
    """Whether the launch template names the one instance type: its interfaces and its reservation are made for it."""
    return len(shape.types) == 1 and (shape.efa or args.capacity.reservation_id is not None)


def _template(parent: Component[Any], name: str, args: Any, shape: Shape, fabric: Fabric) -> aws.ec2.LaunchTemplate:
    found, cluster = shape.accelerator, args.cluster
    placement: dict[str, Any] = {}
    if fabric.placement_group:
        placement["group_name"] = fabric.placement_group.name
    if args.dedicated:
        placement["tenancy"] = "dedicated"
    block = args.capacity.capacity_block is not None
    groups = fabric.groups(cluster)
    return aws.ec2.LaunchTemplate(
        f"{name}-nodes",
        description=f"{name}: nodes",
        update_default_version=True,
        instance_type=shape.types[0].name if _typed_by_template(args, shape) else None,
        block_device_mappings=[
            aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                device_name=one.device,
                ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                    volume_type="gp3",
                    volume_size=one.gib,
                    encrypted="true",
                    kms_key_id=cluster.volume_key_arn,
                    delete_on_termination="true",
                ),
            )
            for one in disks(args.system, args.disk_gib)
        ],
        metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
            http_endpoint="enabled",
            http_tokens="required",
            http_put_response_hop_limit=1,
            instance_metadata_tags="disabled",
        ),
        monitoring=aws.ec2.LaunchTemplateMonitoringArgs(enabled=True),
        network_interfaces=_interfaces(shape, groups, fabric),
        # EKS adds the cluster's group only where a template says nothing of networks.
        vpc_security_group_ids=groups if cluster.client_security_group_ids and not shape.efa else None,
        placement=aws.ec2.LaunchTemplatePlacementArgs(**placement) if placement else None,
        capacity_reservation_specification=_reserved(args.capacity),
        instance_market_options=aws.ec2.LaunchTemplateInstanceMarketOptionsArgs(market_type="capacity-block")
        if block
        else None,
        user_data=user_data(
            args.system,
            local_disks=shape.local_disks,
            sharing=getattr(args, "sharing", None),
            mig_model=mig_model(found),
        ),
        tag_specifications=[
            aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags={"Name": name})
            for kind in ("instance", "volume", "network-interface")
        ],
        opts=parent.child(),
    )


def _interfaces(shape: Shape, groups: Sequence[pulumi.Input[str]], fabric: Fabric) -> Any:
    """One interface for each of the layout, all in the same groups."""
    if fabric.security_group is None:
        return None
    return [
        aws.ec2.LaunchTemplateNetworkInterfaceArgs(
            network_card_index=one.card,
            device_index=one.device,
            interface_type=one.type,
            security_groups=groups,
            delete_on_termination="true",
            description=f"Card {one.card}, device {one.device}",
        )
        for one in layout(shape.types[0])
    ]


def _reserved(capacity: Any) -> Any:
    group = capacity.reservation.group_arn if capacity.reservation else None
    if capacity.reservation_id is None and group is None:
        return None
    return aws.ec2.LaunchTemplateCapacityReservationSpecificationArgs(
        capacity_reservation_target=aws.ec2.LaunchTemplateCapacityReservationSpecificationCapacityReservationTargetArgs(
            capacity_reservation_id=capacity.reservation_id, capacity_reservation_resource_group_arn=group
        )
    )


def _scaling_group(resources: Any) -> str:
    return str(resources[0].autoscaling_groups[0].name)


def _window(parent: Component[Any], name: str, group: aws.eks.NodeGroup, *, nodes: int, start: str, end: str) -> None:
    """Scales the group up when the block begins, and to nothing before it ends.

    Source: https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html
    """
    scaled = group.resources.apply(_scaling_group)
    for role, when, size in (("start", start, nodes), ("end", end, 0)):
        aws.autoscaling.Schedule(
            f"{name}-{role}",
            autoscaling_group_name=scaled,
            scheduled_action_name=f"{name}-{role}",
            start_time=when,
            min_size=0,
            max_size=nodes,
            desired_capacity=size,
            opts=parent.child(),
        )
