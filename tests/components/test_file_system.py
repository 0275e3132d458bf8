"""EFS file systems."""

from __future__ import annotations

from typing import Any

import mlinfra as ml

ZONES = ["eu-central-1a", "eu-central-1c"]
KEY = "arn:aws:kms:eu-central-1:123456789012:key/data"
SUBNETS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
INGRESS, EGRESS = (f"aws:vpc/securityGroup{way}Rule:SecurityGroup{way}Rule" for way in ("Ingress", "Egress"))


def file_system(declare, **arguments: Any):
    args = {
        "account": {"id": "123456789012", "region": "eu-central-1"},
        "key_arn": KEY,
        "vpc_id": "vpc-0123456789abcdef0",
        "zones": ZONES,
        "subnet_ids": SUBNETS,
        "access_points": {"home": {"uid": 1000}},
        **arguments,
    }
    return declare(lambda: ml.FileSystem("shared", args))  # type: ignore[arg-type]


def test_it_is_encrypted_tiered_and_backed_up(declare) -> None:
    declared = file_system(declare)
    made = declared.one("aws:efs/fileSystem:FileSystem")
    assert (made.inputs["encrypted"], made.inputs["kmsKeyId"]) == (True, KEY)
    assert made.inputs["lifecyclePolicies"] == [
        {"transitionToIa": "AFTER_30_DAYS"},
        {"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
    ]
    assert declared.one("aws:efs/backupPolicy:BackupPolicy").inputs["backupPolicy"] == {"status": "ENABLED"}
    assert made.options.protect is True


def test_one_day_is_singular(declare) -> None:
    made = file_system(declare, infrequent_access_days=1).one("aws:efs/fileSystem:FileSystem")
    assert made.inputs["lifecyclePolicies"][0] == {"transitionToIa": "AFTER_1_DAY"}


def test_it_is_mounted_in_every_zone_once_its_policy_stands(declare) -> None:
    declared = file_system(declare)
    targets = declared.of("aws:efs/mountTarget:MountTarget")
    assert [target.name for target in targets] == ["shared-a", "shared-c"]
    assert [target.inputs["subnetId"] for target in targets] == SUBNETS
    assert all({"shared-policy", "shared-servers"} <= declared.needs(target) for target in targets)


def test_only_members_of_the_clients_group_reach_it_by_nfs(declare) -> None:
    declared = file_system(declare)
    (arriving,), (leaving,) = declared.of(INGRESS), declared.of(EGRESS)
    assert declared.refers(arriving, "securityGroupId") == {"shared-servers"}
    assert declared.refers(arriving, "referencedSecurityGroupId") == {"shared-clients"}
    assert declared.refers(leaving, "securityGroupId") == {"shared-clients"}
    assert declared.refers(leaving, "referencedSecurityGroupId") == {"shared-servers"}
    assert (arriving.inputs["fromPort"], arriving.inputs["toPort"]) == (2049, 2049)


def test_its_policy_denies_plaintext_and_every_way_but_access_points(declare, statements) -> None:
    declared = file_system(declare)
    arn = declared.one("aws:efs/fileSystem:FileSystem").outputs["arn"]
    own, *denied = statements(declared.one("aws:efs/fileSystemPolicy:FileSystemPolicy"))
    assert own["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert "elasticfilesystem:ClientRootAccess" not in own["Action"]
    assert {s["Sid"]: s["Condition"] for s in denied} == {
        "DenyPlaintext": {"Bool": {"aws:SecureTransport": "false"}},
        "DenyOutsideMountTargets": {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "false"}},
        "DenyOutsideAccessPoints": {"Null": {"elasticfilesystem:AccessPointArn": "true"}},
    }
    assert {(s["Effect"], s["Resource"], s["Principal"]) for s in denied} == {("Deny", arn, "*")}


def test_access_points_fix_directory_and_user(declare) -> None:
    points = {"home": {"uid": 1000}, "vision": {"uid": 1001, "gid": 2000, "path": "/teams/vision"}}
    home, vision = file_system(declare, access_points=points).of("aws:efs/accessPoint:AccessPoint")
    assert home.inputs["posixUser"] == {"uid": 1000, "gid": 1000}
    assert home.inputs["rootDirectory"] == {
        "path": "/home",
        "creationInfo": {"ownerUid": 1000, "ownerGid": 1000, "permissions": "0750"},
    }
    assert vision.inputs["posixUser"] == {"uid": 1001, "gid": 2000}
    assert vision.inputs["rootDirectory"]["path"] == "/teams/vision"


def test_another_zone_moves_no_mount_target(declare) -> None:
    before = file_system(declare)
    after = file_system(declare, zones=[*ZONES, "eu-central-1b"], subnet_ids=[*SUBNETS, "subnet-0123456789abcdef2"])
    kept = {target.name: target.inputs["subnetId"] for target in after.of("aws:efs/mountTarget:MountTarget")}
    for target in before.of("aws:efs/mountTarget:MountTarget"):
        assert kept[target.name] == target.inputs["subnetId"]


def test_it_stands_in_the_data_tier_of_a_network(declare) -> None:
    def program() -> None:
        account = ml.Account(id="123456789012", region="eu-central-1")
        network = ml.Network("net", ml.NetworkArgs(account=account, cidr="10.0.0.0/16", zones=ZONES, logs_key_arn=KEY))
        ml.FileSystem(
            "shared",
            ml.FileSystemArgs(
                account=account,
                key_arn=KEY,
                vpc_id=network.vpc_id,
                zones=ZONES,
                subnet_ids=network.data_subnet_ids,
                access_points={"home": ml.AccessPointArgs(uid=1000)},
            ),
        )

    declared = declare(program)
    subnets = {subnet.id: subnet.name for subnet in declared.of("aws:ec2/subnet:Subnet")}
    targets = {t.name: subnets[t.inputs["subnetId"]] for t in declared.of("aws:efs/mountTarget:MountTarget")}
    assert targets == {"shared-a": "net-data-a", "shared-c": "net-data-c"}
