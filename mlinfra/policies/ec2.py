"""Rules about instances, launch templates, Auto Scaling groups, volumes and images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import STACK, Severity, rule
from mlinfra.compliance.truth import Truth, all_of, any_of, only_if
from mlinfra.policies.references import names_a_key
from mlinfra.policies.secret_texts import no_secret
from mlinfra.policies.shared import account_stack
from mlinfra.policies.subnets import private_subnets

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

INSTANCE: Final = "aws:ec2/instance:Instance"
TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
SPOT: Final = "aws:ec2/spotInstanceRequest:SpotInstanceRequest"
CONFIGURATION: Final = "aws:ec2/launchConfiguration:LaunchConfiguration"
GROUP: Final = "aws:autoscaling/group:Group"
VOLUME: Final = "aws:ebs/volume:Volume"
DEFAULT_ENCRYPTION: Final = "aws:ebs/encryptionByDefault:EncryptionByDefault"
DEFAULT_KEY: Final = "aws:ebs/defaultKmsKey:DefaultKmsKey"
SNAPSHOT_BLOCK: Final = "aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess"
IMAGE_BLOCK: Final = "aws:ec2/imageBlockPublicAccess:ImageBlockPublicAccess"
MOST_HOPS: Final = 2  # from a container on the instance
METADATA_DEFAULTS: Final = "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults"
LAUNCH_PERMISSION: Final = "aws:ec2/amiLaunchPermission:AmiLaunchPermission"
MACHINES: Final = (INSTANCE, SPOT)
LAUNCHED: Final = (INSTANCE, SPOT, TEMPLATE, CONFIGURATION)


def _here_or_in_template(machine: Resource, says: Callable[[Resource], Truth]) -> Truth:
    """Whether something holds for an instance, or for the launch template that it is made from."""
    own = says(machine)
    if machine.type not in MACHINES:
        return own
    named = machine["launchTemplate"]
    return only_if(~named.present(), own) & only_if(named.present(), own | named.resources(TEMPLATE).any(says))


@rule(
    "ec2-imdsv2",
    title="Instances ask for a token before they give out credentials",
    severity=Severity.HIGH,
    types=LAUNCHED,
    fix='metadata_options={"http_tokens": "required"}',
)
def ec2_imdsv2(machine: Resource) -> Truth:
    """With version 1 of the metadata service, any request that a server can be tricked into hands over the role of the node."""

    def safe(one: Resource) -> Truth:
        return one["metadataOptions.httpTokens"].is_("required") | one["metadataOptions.httpEndpoint"].is_("disabled")

    return _here_or_in_template(machine, safe)


@rule(
    "ec2-imds-hop",
    title="Containers do not reach the credentials of their node",
    severity=Severity.MEDIUM,
    types=LAUNCHED,
    fix='metadata_options={"http_put_response_hop_limit": 1}; give pods roles of their own (EKS Pod Identity)',
)
def ec2_imds_hop(machine: Resource) -> Truth:
    """With two hops every pod, and every notebook that somebody runs in one, is as powerful as the node."""
    return machine["metadataOptions.httpPutResponseHopLimit"].at_most(1) | machine["metadataOptions.httpEndpoint"].is_(
        "disabled"
    )


@rule(
    "ec2-no-public-ip",
    title="Instances have no public address",
    severity=Severity.HIGH,
    types=LAUNCHED,
    fix="associate_public_ip_address=False, in a private subnet",
)
def ec2_no_public_ip(machine: Resource) -> Truth:
    """A GPU node on the internet is found within minutes; what it needs from there it gets through NAT or endpoints."""
    if machine.type != TEMPLATE:
        return ~machine["associatePublicIpAddress"].is_true()
    return ~machine["networkInterfaces"].any(lambda one: one["associatePublicIpAddress"].is_true())


@rule(
    "ec2-private-subnet",
    title="Instances stand in private subnets",
    severity=Severity.HIGH,
    types=(INSTANCE, SPOT, GROUP),
    fix="subnet_id (or vpc_zone_identifiers) of subnets without a route to an internet gateway",
)
def ec2_private_subnet(machine: Resource) -> Truth:
    """In a public subnet one address, given by mistake, is all that is missing for the node to be on the internet."""
    subnets = machine["vpcZoneIdentifiers" if machine.type == GROUP else "subnetId"]
    return only_if(subnets.present(), private_subnets(subnets))


@rule(
    "ec2-ebs-encrypted",
    title="Volumes are encrypted",
    severity=Severity.MEDIUM,
    types=(INSTANCE, SPOT, TEMPLATE, VOLUME),
    fix="encrypted=True; or aws.ebs.EncryptionByDefault(name, enabled=True) for the account",
)
def ec2_ebs_encrypted(holder: Resource) -> Truth:
    """Training data, checkpoints and swapped-out memory stay behind on the disks of a node, and in their snapshots."""
    by_default = holder.graph.of(DEFAULT_ENCRYPTION).any(lambda one: one["enabled"].is_true())
    return by_default | _volumes(holder, lambda one: one["encrypted"].is_true())


@rule(
    "ec2-ebs-kms",
    title="Volumes are encrypted with a key of the organisation's own",
    severity=Severity.LOW,
    types=(INSTANCE, SPOT, TEMPLATE, VOLUME),
    fix="kms_key_id=key.arn; or aws.ebs.DefaultKmsKey(name, key_arn=key.arn) for the account",
    profiles=STRICT,
)
def ec2_ebs_kms(holder: Resource) -> Truth:
    """A snapshot under the key that AWS manages cannot be kept from anybody who may read snapshots."""
    return holder.graph.of(DEFAULT_KEY).exist() | _volumes(holder, lambda one: names_a_key(one["kmsKeyId"]))


@rule(
    "ec2-userdata-secret",
    title="No secret in the user data of instances",
    severity=Severity.HIGH,
    types=LAUNCHED,
    fix="read it at start from Secrets Manager, with the role of the instance",
    waivable=False,
)
def ec2_userdata_secret(machine: Resource) -> Truth:
    """User data can be read by everybody who may describe instances, and by everything that runs on one."""
    texts = [machine["userData"]] if machine.type == TEMPLATE else [machine["userData"], machine["userDataBase64"]]
    return all_of(map(no_secret, texts))


@rule(
    "ec2-ssh-key",
    title="Nobody logs in with a key of SSH",
    severity=Severity.MEDIUM,
    types=LAUNCHED,
    fix="no key_name: Session Manager knows who logged in, and what they did",
)
def ec2_ssh_key(machine: Resource) -> Truth:
    """A key that is shared says of nobody who they are, and goes on working when its owner has left."""
    return ~machine["keyName"].present()


@rule(
    "ec2-instance-profile",
    title="Instances have a role",
    severity=Severity.LOW,
    types=(INSTANCE, SPOT),
    fix="iam_instance_profile=profile.name",
)
def ec2_instance_profile(machine: Resource) -> Truth:
    """What has no role is given access keys, and those are on its disk for good."""
    profile = machine["iamInstanceProfile"]
    own = profile.resources().exist() if profile.is_unknown else profile.present()
    template = machine["launchTemplate"].resources(TEMPLATE)
    named = ("iamInstanceProfile.name", "iamInstanceProfile.arn")
    return own | template.any(lambda one: any_of(one[path].present() for path in named))


@rule(
    "ec2-ami-private",
    title="Images are not public",
    severity=Severity.HIGH,
    types=(LAUNCH_PERMISSION,),
    fix="account_id or organization_arn instead of group",
)
def ec2_ami_private(permission: Resource) -> Truth:
    """Everything that was ever written to the disk of the image can be read by everybody."""
    return ~permission["group"].is_("all")


@rule(
    "ec2-ebs-default-encryption",
    title="The account encrypts volumes by default",
    severity=Severity.MEDIUM,
    types=(STACK,),
    fix="aws.ebs.EncryptionByDefault(name, enabled=True)",
)
def ec2_ebs_default_encryption(stack: Resource) -> Truth:
    """It holds for every volume in the region, also for those of services that make instances by themselves."""
    return account_stack(stack, stack.graph.of(DEFAULT_ENCRYPTION).any(lambda one: one["enabled"].is_true()))


@rule(
    "ec2-snapshot-block",
    title="The account blocks public snapshots",
    severity=Severity.HIGH,
    types=(STACK,),
    fix='aws.ebs.SnapshotBlockPublicAccess(name, state="block-all-sharing")',
)
def ec2_snapshot_block(stack: Resource) -> Truth:
    """One click shares a snapshot of a training volume with everybody."""
    blocked = stack.graph.of(SNAPSHOT_BLOCK).any(lambda one: one["state"].is_("block-all-sharing"))
    return account_stack(stack, blocked)


@rule(
    "ec2-account-imdsv2",
    title="The account asks for tokens of the metadata service by default",
    severity=Severity.MEDIUM,
    types=(STACK,),
    fix='aws.ec2.InstanceMetadataDefaults(name, http_tokens="required", http_put_response_hop_limit=1)',
)
def ec2_account_imdsv2(stack: Resource) -> Truth:
    """It holds for instances whose maker said nothing, those of SageMaker HyperPod, Batch and EMR among them."""

    def safe(one: Resource) -> Truth:
        hops = one["httpPutResponseHopLimit"]
        return one["httpTokens"].is_("required") & hops.at_least(1) & hops.at_most(MOST_HOPS)

    return account_stack(stack, stack.graph.of(METADATA_DEFAULTS).any(safe))


def _volumes(holder: Resource, says: Callable[[Resource | Value], Truth]) -> Truth:
    """Whether something holds for every volume: of an instance its root and those beside it."""
    if holder.type == VOLUME:
        return says(holder)
    if holder.type == TEMPLATE:
        devices = holder["blockDeviceMappings"]
        return devices.present() & devices.every(lambda one: only_if(one["ebs"].present(), says(one["ebs"])))
    return says(holder["rootBlockDevice"]) & holder["ebsBlockDevices"].every(says)


RULES: Final = (
    *(ec2_imdsv2, ec2_imds_hop, ec2_no_public_ip, ec2_private_subnet, ec2_ebs_encrypted, ec2_ebs_kms),
    *(ec2_userdata_secret, ec2_ssh_key, ec2_instance_profile, ec2_ami_private),
    *(ec2_ebs_default_encryption, ec2_snapshot_block, ec2_account_imdsv2),
)
