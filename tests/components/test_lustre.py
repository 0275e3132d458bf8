"""FSx for Lustre file systems."""

from __future__ import annotations

from typing import Any

import pytest

import mlinfra as ml

KEY, LOGS = (f"arn:aws:kms:eu-central-1:123456789012:key/{purpose}" for purpose in ("data", "logs"))
LINK = "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation"
INGRESS, EGRESS = (f"aws:vpc/securityGroup{way}Rule:SecurityGroup{way}Rule" for way in ("Ingress", "Egress"))


def lustre(declare, **arguments: Any):
    args = {
        "key_arn": KEY,
        "logs_key_arn": LOGS,
        "vpc_id": "vpc-0123456789abcdef0",
        "subnet_id": "subnet-0123456789abcdef0",
        **arguments,
    }
    return declare(lambda: ml.LustreFileSystem("scratch", args))  # type: ignore[arg-type]


def made(declared):
    return declared.one("aws:fsx/lustreFileSystem:LustreFileSystem")


def test_it_is_persistent_encrypted_and_as_large_and_fast_as_asked_for(declare) -> None:
    inputs = made(lustre(declare, size_gib=4800, throughput=500)).inputs
    assert (inputs["deploymentType"], inputs["storageType"]) == ("PERSISTENT_2", "SSD")
    assert (inputs["storageCapacity"], inputs["perUnitStorageThroughput"]) == (4800, 500)
    assert inputs["kmsKeyId"] == KEY


def test_what_no_bucket_holds_is_backed_up_and_what_one_holds_is_not(declare) -> None:
    assert made(lustre(declare)).inputs["automaticBackupRetentionDays"] == 30
    assert made(lustre(declare)).inputs["copyTagsToBackups"] is True
    linked = made(lustre(declare, link={"bucket_name": "datasets"})).inputs
    assert linked["automaticBackupRetentionDays"] == 0
    assert linked["skipFinalBackup"] is True
    assert made(lustre(declare, profile="baseline", backup_days=0)).inputs["automaticBackupRetentionDays"] == 0


@pytest.mark.parametrize(("protected", "skipped"), [(True, False), (False, True)])
def test_a_last_backup_is_taken_unless_everything_is_to_go(declare, protected: bool, skipped: bool) -> None:
    found = made(lustre(declare, deletion_protection=protected))
    assert found.options.protect is protected
    assert found.inputs["skipFinalBackup"] is skipped


def test_a_link_shows_objects_as_files_and_writes_back_only_when_told_to(declare) -> None:
    assert not lustre(declare).of(LINK)
    link = {"bucket_name": "datasets", "prefix": "images/2026/", "directory": "/images"}
    found = lustre(declare, link=link).one(LINK)
    assert found.inputs["dataRepositoryPath"] == "s3://datasets/images/2026"
    assert found.inputs["fileSystemPath"] == "/images"
    assert found.inputs["s3"] == {"autoImportPolicy": {"events": ["NEW", "CHANGED", "DELETED"]}}
    both = lustre(declare, link={**link, "write_back": True}).one(LINK)
    assert both.inputs["s3"].keys() == {"autoImportPolicy", "autoExportPolicy"}


def test_the_whole_bucket_is_linked_without_a_slash_at_the_end(declare) -> None:
    assert lustre(declare, link={"bucket_name": "datasets"}).one(LINK).inputs["dataRepositoryPath"] == "s3://datasets"


def test_clients_and_servers_speak_lustre_with_each_other_and_nobody_else(declare) -> None:
    declared = lustre(declare)
    groups = {"scratch-servers", "scratch-clients"}
    for way in (INGRESS, EGRESS):
        pairs = {
            (*declared.refers(rule, "securityGroupId"), *declared.refers(rule, "referencedSecurityGroupId"))
            for rule in declared.of(way)
        }
        assert {name for pair in pairs for name in pair} == groups
        assert ("scratch-clients", "scratch-clients") not in pairs
        ports = {(rule.inputs["fromPort"], rule.inputs["toPort"]) for rule in declared.of(way)}
        assert ports == {(988, 988), (1018, 1023)}
        assert not [rule for rule in declared.of(way) if "cidrIpv4" in rule.inputs]


def test_its_log_is_encrypted_and_named_as_fsx_wants_it(declare) -> None:
    group = lustre(declare).one("aws:cloudwatch/logGroup:LogGroup")
    assert group.inputs["name"] == "/aws/fsx/dev-scratch"
    assert (group.inputs["kmsKeyId"], group.inputs["retentionInDays"]) == (LOGS, 365)
