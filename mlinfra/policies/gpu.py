"""Rules about GPU capacity on EC2: images, reservations, capacity blocks, Auto Scaling groups and Karpenter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from mlinfra.compliance.profiles import Profile
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, only_if
from mlinfra.policies.capacity import LAUNCH_TEMPLATE, NODE_GROUP, from_template, gpu_nodes, is_accelerated
from mlinfra.policies.references import leads_to_some

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource

GROUP: Final = "aws:autoscaling/group:Group"
RESERVATION: Final = "aws:ec2/capacityReservation:CapacityReservation"
BLOCK: Final = "aws:ec2/capacityBlockReservation:CapacityBlockReservation"
NODE_CLASS: Final = "kubernetes:karpenter.k8s.aws/*:EC2NodeClass"
_TARGET: Final = "capacityReservationSpecification.capacityReservationTarget"


@rule(
    "gpu-ami-pinned",
    title="Nodes with accelerators run an image of a known version",
    severity=Severity.MEDIUM,
    types=(LAUNCH_TEMPLATE, NODE_GROUP, NODE_CLASS),
    fix='image_id="ami-0123456789abcdef0", release_version="1.35.3-20260903", or amiSelectorTerms [{alias: al2023@v20260903}]',
    arguments={"mlinfra:gpu_node_pool:GpuNodePool": "release_version"},
)
def gpu_ami_pinned(resource: Resource) -> Truth:
    """Driver, CUDA and EFA come with the image: the latest one can break a training run that has worked for weeks."""
    if resource.type == NODE_GROUP:
        own = resource["amiType"].is_("CUSTOM")
        return only_if(gpu_nodes(resource), resource["releaseVersion"].present() | own)
    if resource.type == LAUNCH_TEMPLATE:
        image = resource["imageId"]
        return only_if(
            is_accelerated(resource["instanceType"]) & image.present(),
            image.where(_is_pinned, "an AMI id, or a parameter with a version"),
        )
    return resource["spec.amiSelectorTerms"].every(
        lambda one: ~one["alias"].matches(r".+@latest", "the latest version")
    )


def _is_pinned(image: Any) -> bool:
    """A parameter's value changes unless a version follows its name: resolve:ssm:/path:3."""
    return isinstance(image, str) and re.fullmatch(r"resolve:ssm:[^:]+", image) is None


@rule(
    "gpu-block-market",
    title="Capacity blocks are asked for as such, and by name",
    severity=Severity.MEDIUM,
    types=(LAUNCH_TEMPLATE,),
    fix='instance_market_options={"market_type": "capacity-block"}, capacity_reservation_specification='
    '{"capacity_reservation_target": {"capacity_reservation_id": block.id}}',
    arguments={"mlinfra:gpu_node_pool:GpuNodePool": "capacity"},
)
def gpu_block_market(template: Resource) -> Truth:
    """A block that was paid for in advance stays empty when the template asks for ordinary capacity, or names no block."""
    market = template["instanceMarketOptions.marketType"].is_("capacity-block")
    blocks = leads_to_some(
        template[f"{_TARGET}.capacityReservationId"], (BLOCK,), lambda block: block.says(True, "a capacity block")
    )
    groups = template[f"{_TARGET}.capacityReservationResourceGroupArn"].present()
    named = template[f"{_TARGET}.capacityReservationId"].present() | groups
    return only_if(market | blocks, market & named)


@rule(
    "gpu-reservation-targeted",
    title="Reserved GPUs are kept for whom they were reserved",
    severity=Severity.MEDIUM,
    types=(RESERVATION,),
    fix='instance_match_criteria="targeted"',
)
def gpu_reservation_targeted(reservation: Resource) -> Truth:
    """Into an open reservation goes whatever instance of the type starts first in the account."""
    return only_if(is_accelerated(reservation["instanceType"]), reservation["instanceMatchCriteria"].is_("targeted"))


@rule(
    "gpu-reservation-end",
    title="Reservations of GPUs end",
    severity=Severity.MEDIUM,
    types=(RESERVATION,),
    fix='end_date_type="limited", end_date="2027-01-31T00:00:00Z"',
)
def gpu_reservation_end(reservation: Resource) -> Truth:
    """A reservation is paid for whether anything runs in it or not, until somebody remembers it."""
    return only_if(
        is_accelerated(reservation["instanceType"]),
        reservation["endDateType"].is_("limited") & reservation["endDate"].present(),
    )


@rule(
    "gpu-dedicated-tenancy",
    title="Instances with accelerators share their host with nobody",
    severity=Severity.LOW,
    types=(LAUNCH_TEMPLATE,),
    profiles=frozenset({Profile.ISOLATED}),
    fix='placement={"tenancy": "dedicated"}',
    arguments={"mlinfra:gpu_node_pool:GpuNodePool": "dedicated"},
)
def gpu_dedicated_tenancy(template: Resource) -> Truth:
    """Where other customers must not be on the same machine. The largest sizes are a whole machine already: waive it there."""
    return only_if(is_accelerated(template["instanceType"]), template["placement.tenancy"].is_("dedicated", "host"))


@rule(
    "asg-launch-template",
    title="Auto Scaling groups use launch templates",
    severity=Severity.MEDIUM,
    types=(GROUP,),
    fix='launch_template={"id": template.id, "version": template.latest_version}',
)
def asg_launch_template(group: Resource) -> Truth:
    """Launch configurations know neither the second metadata service's hop limit nor EFA, and get nothing new."""
    return ~group["launchConfiguration"].present()


@rule(
    "asg-multi-az",
    title="Auto Scaling groups that serve span availability zones",
    severity=Severity.MEDIUM,
    types=(GROUP,),
    fix="vpc_zone_identifiers=[subnet.id for subnet in private_subnets]",
)
def asg_multi_az(group: Resource) -> Truth:
    """One zone fails now and then. Groups with accelerators, whose jobs want to be close together, are not asked."""
    several = group["vpcZoneIdentifiers"].where(_is_several, "two subnets or more") | group["availabilityZones"].where(
        _is_several, "two zones or more"
    )
    return only_if(~from_template(group, is_accelerated), several)


def _is_several(raw: Any) -> bool:
    return isinstance(raw, list) and len(raw) > 1


@rule(
    "karpenter-imds",
    title="Nodes of Karpenter keep their role from pods",
    severity=Severity.HIGH,
    types=(NODE_CLASS,),
    fix="spec.metadataOptions: {httpTokens: required, httpPutResponseHopLimit: 1}",
)
def karpenter_imds(node_class: Resource) -> Truth:
    """With the first metadata service, or one hop more, any pod takes the node's role."""
    hops = node_class["spec.metadataOptions.httpPutResponseHopLimit"].at_most(1)
    return node_class["spec.metadataOptions.httpTokens"].is_("required") & hops


@rule(
    "karpenter-public-ip",
    title="Nodes of Karpenter have no public address",
    severity=Severity.HIGH,
    types=(NODE_CLASS,),
    fix="spec.associatePublicIPAddress: false, and subnetSelectorTerms that select private subnets",
)
def karpenter_public_ip(node_class: Resource) -> Truth:
    """A node with a public address is one open port away from the internet."""
    return ~node_class["spec.associatePublicIPAddress"].is_true()


@rule(
    "karpenter-ebs-kms",
    title="Volumes of Karpenter's nodes are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(NODE_CLASS,),
    fix="spec.blockDeviceMappings: [{deviceName: /dev/xvda, ebs: {encrypted: true, kmsKeyID: ...}}]",
)
def karpenter_ebs_kms(node_class: Resource) -> Truth:
    """Images, caches and shuffled data lie on them."""
    mappings = node_class["spec.blockDeviceMappings"]
    return mappings.present() & mappings.every(
        lambda one: one["ebs.encrypted"].is_true() & one["ebs.kmsKeyID"].present()
    )


@rule(
    "disk-ends-with-node",
    title="Disks of nodes go with them",
    severity=Severity.LOW,
    types=(NODE_CLASS, LAUNCH_TEMPLATE),
    fix="ebs={..., 'delete_on_termination': True}",
)
def disk_ends_with_node(nodes: Resource) -> Truth:
    """Disks that stay are found by nobody and paid for by the month, with what jobs wrote to them."""
    place = "spec.blockDeviceMappings" if nodes.type != LAUNCH_TEMPLATE else "blockDeviceMappings"
    return nodes[place].every(lambda one: ~one["ebs.deleteOnTermination"].is_false())


RULES: Final = (
    gpu_ami_pinned,
    gpu_block_market,
    gpu_reservation_targeted,
    gpu_reservation_end,
    gpu_dedicated_tenancy,
    asg_launch_template,
    asg_multi_az,
    karpenter_imds,
    karpenter_public_ip,
    karpenter_ebs_kms,
    disk_ends_with_node,
)
