"""Two p5 nodes from a capacity block, with EFA and a placement group for good measure."""

import pulumi_aws as aws

block = aws.ec2.CapacityBlockReservation(
    "h100", capacity_block_offering_id="cb-0123456789abcdefg", instance_platform="Linux/UNIX"
)
together = aws.ec2.PlacementGroup("h100", strategy="cluster")
group = aws.ec2.SecurityGroup(
    "efa",
    vpc_id="vpc-0a1b2c3d4e5f60718",
    ingress=[{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}],
    egress=[{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}],
)
template = aws.ec2.LaunchTemplate(
    "h100",
    image_id="resolve:ssm:/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-amazon-linux-2023/latest/ami-id",
    instance_type="p5.48xlarge",
    placement={"group_name": together.name},
    capacity_reservation_specification={"capacity_reservation_target": {"capacity_reservation_id": block.id}},
    network_interfaces=[
        {
            "device_index": 0,
            "network_card_index": 0,
            "interface_type": "efa",
            "associate_public_ip_address": "true",
            "security_groups": [group.id],
        }
    ],
)
aws.autoscaling.Group(
    "h100",
    min_size=2,
    max_size=2,
    vpc_zone_identifiers=["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"],
    launch_template={"id": template.id, "version": "$Latest"},
)
