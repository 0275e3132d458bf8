"""Shared storage of a training cluster: fast, and that is all."""

import pulumi_aws as aws

group = aws.ec2.SecurityGroup(
    "storage",
    vpc_id="vpc-0a1b2c3d4e5f60718",
    ingress=[{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}],
)
aws.fsx.LustreFileSystem(
    "checkpoints",
    storage_capacity=4800,
    deployment_type="SCRATCH_2",
    subnet_ids="subnet-0a1b2c3d4e5f60718",
    security_group_ids=[group.id],
    import_path="s3://training-data",
    tags={"purpose": "checkpoints"},
)
home = aws.efs.FileSystem("home", encrypted=False)
aws.efs.MountTarget("home", file_system_id=home.id, subnet_id="subnet-0a1b2c3d4e5f60718", security_groups=[group.id])
