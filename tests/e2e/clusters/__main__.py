"""A cluster that is drained before it goes, with a pool that comes and goes and a team; configured, one in Auto Mode."""

import pulumi

import mlinfra as ml

auto = pulumi.Config().get_bool("auto") or False
account = ml.Account(id="123456789012", region="us-east-1")
ZONES = ["us-east-1a", "us-east-1b"]

keys = ml.KeyRing("main", ml.KeyRingArgs(account=account, deletion_protection=False))
logs, data = keys.arn(ml.KeyPurpose.LOGS), keys.arn(ml.KeyPurpose.DATA)
network = ml.Network(
    "main",
    ml.NetworkArgs(account=account, profile=ml.Profile.BASELINE, cidr="10.0.0.0/16", zones=ZONES, logs_key_arn=logs),
)
boundary = ml.PermissionsBoundary("main", ml.PermissionsBoundaryArgs(account=account))
files = ml.FileSystem(
    "files",
    ml.FileSystemArgs(
        account=account,
        key_arn=data,
        vpc_id=network.vpc_id,
        zones=ZONES,
        subnet_ids=network.data_subnet_ids,
        access_points={"home": ml.AccessPointArgs(uid=1000)},
        deletion_protection=False,
    ),
)
cluster = ml.Cluster(
    "main",
    ml.ClusterArgs(
        account=account,
        boundary_arn=boundary.policy_arn,
        vpc_id=network.vpc_id,
        zones=ZONES,
        subnet_ids=network.workload_subnet_ids,
        control_subnet_ids=network.control_subnet_ids,
        key_arn=keys.arn(ml.KeyPurpose.CLUSTER),
        logs_key_arn=logs,
        administrators=["arn:aws:iam::123456789012:role/deployer"],
        client_security_group_ids=[files.client_security_group_id],
        auto_mode=ml.AutoMode() if auto else None,
        drain_on_delete=True,
        deletion_protection=False,
    ),
)
inside = pulumi.ResourceOptions(provider=cluster.kubernetes)
before = []
if not auto:
    args = ml.KarpenterArgs(cluster=cluster.reference, boundary_arn=boundary.policy_arn, queue_key_arn=logs)
    before = [ml.Karpenter("karpenter", args, inside)]
pool = ml.GpuNodePool(
    "gpus",
    ml.GpuNodePoolArgs(cluster=cluster.reference, instance_types=["g6.xlarge"], max_nodes=4),
    pulumi.ResourceOptions(provider=cluster.kubernetes, depends_on=before),
)
quota = ml.TeamQuota(cpu=64, memory_gib=256, gpus=4)
members = {"data-scientist": ["mlinfra:data-scientist"]}
ml.TeamSpace(
    "vision",
    ml.TeamSpaceArgs(cluster=cluster.reference, members=members, pools=[pool.reference], quota=quota),
    inside,
)
pulumi.export("name", cluster.cluster_name)
