"""What an account may have at most by default; each test has a region of its own."""

from __future__ import annotations

from tests.sandbox.refusals.catalogue import mistake
from tests.sandbox.refusals.cloud import Cloud, name


@mistake("ec2.CreateVpc", "VpcLimitExceeded")
def sixth_vpc_in_a_region(aws: Cloud) -> None:
    strict = aws.strict("eu-west-2")
    for _ in range(5):  # the default VPC is the first
        strict.ec2.create_vpc(CidrBlock="10.0.0.0/16")


@mistake("ec2.AllocateAddress", "AddressLimitExceeded")
def sixth_address_in_a_region(aws: Cloud) -> None:
    for _ in range(6):
        aws.strict("eu-west-2").eip()


@mistake("ec2.CreateInternetGateway", "InternetGatewayLimitExceeded")
def sixth_internet_gateway_in_a_region(aws: Cloud) -> None:
    for _ in range(6):
        aws.strict("eu-west-2").ec2.create_internet_gateway()


@mistake("ec2.CreateNatGateway", "NatGatewayLimitExceeded")
def sixth_nat_gateway_in_a_zone(aws: Cloud) -> None:
    strict = aws.strict("eu-central-1")
    vpc = strict.vpc()
    strict.gateway(vpc)
    subnet = strict.subnet(vpc)
    for _ in range(6):
        strict.ec2.create_nat_gateway(
            SubnetId=subnet, AllocationId=aws.client("ec2", "eu-central-1").allocate_address()["AllocationId"]
        )


@mistake("ec2.CreateNetworkInterface", "SecurityGroupsPerInterfaceLimitExceeded|SecurityGroupsPerInstanceLimitExceeded")
def six_groups_on_an_interface(aws: Cloud) -> None:
    vpc = aws.vpc()
    aws.interface(aws.subnet(vpc), *(aws.group(vpc) for _ in range(6)))


@mistake("ec2.ModifyNetworkInterfaceAttribute", "SecurityGroupsPerInterfaceLimitExceeded")
def sixth_group_of_an_interface(aws: Cloud) -> None:
    vpc = aws.vpc()
    interface = aws.interface(aws.subnet(vpc), aws.group(vpc))
    groups = [aws.group(vpc) for _ in range(6)]
    aws.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=groups)


@mistake("ec2.RunInstances", "SecurityGroupsPerInterfaceLimitExceeded")
def six_groups_on_an_instance(aws: Cloud) -> None:
    vpc = aws.vpc()
    card = {"DeviceIndex": 0, "SubnetId": aws.subnet(vpc), "Groups": [aws.group(vpc) for _ in range(6)]}
    image = aws.ec2.register_image(Name=name("image"))["ImageId"]
    aws.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, NetworkInterfaces=[card])


@mistake("efs.CreateMountTarget", "SecurityGroupLimitExceeded")
def six_groups_on_a_mount_target(aws: Cloud) -> None:
    vpc = aws.vpc()
    files = aws.efs.create_file_system(CreationToken=name())["FileSystemId"]
    groups = [aws.group(vpc) for _ in range(6)]
    aws.efs.create_mount_target(FileSystemId=files, SubnetId=aws.subnet(vpc), SecurityGroups=groups)


@mistake("cloudtrail.CreateTrail", "MaximumNumberOfTrailsExceededException")
def sixth_trail_in_a_region(aws: Cloud) -> None:
    from tests.sandbox.refusals.mistakes.observing import trail_bucket

    bucket = trail_bucket(aws)
    for _ in range(6):
        aws.strict("ca-central-1").cloudtrail.create_trail(Name=name("trail"), S3BucketName=bucket)


@mistake("elbv2.AddTags", "TooManyTags|ValidationError")
def fifty_one_tags(aws: Cloud) -> None:
    vpc = aws.vpc()
    made = aws.elbv2.create_target_group(Name=name("tg"), Protocol="HTTP", Port=80, VpcId=vpc)
    tags = [{"Key": f"key-{number}", "Value": "x"} for number in range(51)]
    aws.elbv2.add_tags(ResourceArns=[made["TargetGroups"][0]["TargetGroupArn"]], Tags=tags)


@mistake("ec2.CreateTags", "TagLimitExceeded")
def fifty_one_tags_on_a_vpc(aws: Cloud) -> None:
    tags = [{"Key": f"key-{number}", "Value": "x"} for number in range(51)]
    aws.ec2.create_tags(Resources=[aws.vpc()], Tags=tags)
