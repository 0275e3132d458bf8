"""The instances of an AWS Batch environment: their role, and the launch template that says what they are."""

import base64
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from mlinfra.components.component import Component
from mlinfra.components.documents import Document, Statement, Text, trust
from mlinfra.components.managed.batch_arguments import BatchTrainingArgs
from mlinfra.components.pools.interfaces import layout

DISK: Final = "/dev/xvda"
_BOUNDARY: Final = "BATCH"
# What the container agent does for its instance (ECS developer guide, "Amazon ECS container instance IAM role"); images
# and logs are the execution role's.
_OWN: Final = (
    *("ecs:DeregisterContainerInstance", "ecs:Poll", "ecs:RegisterContainerInstance", "ecs:StartTelemetrySession"),
    *("ecs:SubmitAttachmentStateChanges", "ecs:SubmitContainerStateChange", "ecs:SubmitTaskStateChange"),
    *("ecs:TagResource", "ecs:UpdateContainerInstancesState"),
)


def instance_profile(parent: Component[Any], name: str, args: BatchTrainingArgs) -> pulumi.Output[str]:
    """The ARN of the instances' profile, known once its role may do what it must. Jobs have roles of their own."""
    role = aws.iam.Role(
        name,
        description=f"{name}: instances of AWS Batch",
        assume_role_policy=trust("ec2.amazonaws.com").json(),
        permissions_boundary=args.boundary_arn,
        opts=parent.child(),
    )
    own = [args.account.arn("ecs", f"{kind}/*") for kind in ("cluster", "container-instance", "task")]
    statements = [
        Statement(sid="RunTasks", actions=_OWN, resources=own),
        Statement(sid="FindEndpoints", actions=["ecs:DiscoverPollEndpoint"], resources=["*"]),
    ]
    policy = aws.iam.RolePolicy(name, role=role.name, policy=Document(statements).json(), opts=parent.child())
    profile = aws.iam.InstanceProfile(name, role=role.name, opts=parent.child(depends_on=[policy]))
    return profile.arn


def launch_template(
    parent: Component[Any], name: str, args: BatchTrainingArgs, groups: list[Text]
) -> aws.ec2.LaunchTemplate:
    """The template. Batch adds image, type and profile; where there are EFA interfaces, the groups are theirs."""
    capacity = args.capacity.reservation
    return aws.ec2.LaunchTemplate(
        name,
        description=f"{name}: instances of AWS Batch",
        update_default_version=True,
        block_device_mappings=[
            aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                device_name=DISK,
                ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                    volume_type="gp3",
                    volume_size=args.disk_gib,
                    encrypted="true",
                    kms_key_id=args.volume_key_arn,
                    delete_on_termination="true",
                ),
            )
        ],
        metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
            http_endpoint="enabled",
            http_tokens="required",
            http_put_response_hop_limit=1,
            instance_metadata_tags="disabled",
        ),
        monitoring=aws.ec2.LaunchTemplateMonitoringArgs(enabled=True),
        network_interfaces=[
            aws.ec2.LaunchTemplateNetworkInterfaceArgs(
                network_card_index=one.card,
                device_index=one.device,
                interface_type=one.type,
                security_groups=groups,
                delete_on_termination="true",
                description=f"Card {one.card}, device {one.device}",
            )
            for one in layout(args.types()[0])
        ]
        if args.fabric()
        else None,
        capacity_reservation_specification=aws.ec2.LaunchTemplateCapacityReservationSpecificationArgs(
            capacity_reservation_target=aws.ec2.LaunchTemplateCapacityReservationSpecificationCapacityReservationTargetArgs(
                capacity_reservation_id=capacity.reservation_id,
                capacity_reservation_resource_group_arn=capacity.group_arn,
            )
        )
        if capacity
        else None,
        user_data=base64.b64encode(user_data().encode()).decode(),
        tag_specifications=[
            aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags={"Name": name})
            for kind in ("instance", "volume", "network-interface")
        ],
        opts=parent.child(),
    )


def user_data() -> str:
    """What keeps jobs from the role of their instance: no metadata service for containers with an interface of their own.

    The others are kept from it by the hop limit. In the form that Batch takes:
    https://docs.aws.amazon.com/batch/latest/userguide/launch-templates.html.
    """
    return (
        f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="{_BOUNDARY}"\n\n'
        f'--{_BOUNDARY}\nContent-Type: text/x-shellscript; charset="us-ascii"\n\n'
        "#!/bin/bash\necho ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config\n"
        f"--{_BOUNDARY}--\n"
    )
