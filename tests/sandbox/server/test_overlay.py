"""moto and what is added to it are one account: dependants, tags, shared lists, and clean errors for all the rest."""

from __future__ import annotations

import http.client
import importlib.util
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError


def _sibling(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


parents = _sibling("parents")
ROLE, unique = parents.ROLE, parents.unique


@pytest.fixture(scope="module")
def clients(sandbox):
    return cache(sandbox.client)


def code(raised: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = raised.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


class TestDependants:
    def test_children_need_their_parent(self, clients) -> None:
        with pytest.raises(ClientError) as raised:
            clients("eks").create_addon(clusterName="nowhere", addonName="vpc-cni")
        assert code(raised) == ("ResourceNotFoundException", 404)
        with pytest.raises(ClientError) as raised:
            clients("s3").get_bucket_request_payment(Bucket="no-such-bucket-anywhere")
        assert code(raised) == ("NoSuchBucket", 404)

    def test_children_go_with_their_parent(self, clients) -> None:
        eks = clients("eks")
        name = parents.access_entry(clients)["clusterName"]
        eks.create_addon(clusterName=name, addonName="coredns")
        eks.delete_cluster(name=name)
        subnet = parents.subnet(clients)
        eks.create_cluster(name=name, roleArn=ROLE, resourcesVpcConfig={"subnetIds": [subnet]})
        assert eks.list_addons(clusterName=name)["addons"] == []
        assert eks.list_access_entries(clusterName=name)["accessEntries"] == []

    def test_parents_stay_while_aws_would_keep_them(self, clients) -> None:
        sagemaker = clients("sagemaker")
        members = parents.user_profile(clients)
        with pytest.raises(ClientError) as raised:
            sagemaker.delete_domain(DomainId=members["DomainId"])
        assert code(raised)[0] == "ResourceInUse"
        sagemaker.delete_user_profile(**members)
        sagemaker.delete_domain(DomainId=members["DomainId"])

    def test_bucket_settings_go_with_the_bucket(self, clients) -> None:
        s3 = clients("s3")
        name = parents.bucket(clients)["Bucket"]
        s3.put_bucket_request_payment(Bucket=name, RequestPaymentConfiguration={"Payer": "Requester"})
        s3.delete_bucket(Bucket=name)
        s3.create_bucket(Bucket=name)
        assert s3.get_bucket_request_payment(Bucket=name)["Payer"] == "BucketOwner"


class TestBucketsAreSafe:
    """moto alone takes each of these requests for one that creates or deletes the bucket."""

    @pytest.mark.parametrize("kind", ["analytics", "intelligent_tiering", "inventory", "metrics"])
    def test_deleting_a_configuration_keeps_the_bucket(self, clients, kind: str) -> None:
        s3 = clients("s3")
        name = parents.bucket(clients)["Bucket"]
        with pytest.raises(ClientError) as raised:
            getattr(s3, f"delete_bucket_{kind}_configuration")(Bucket=name, Id="none")
        assert code(raised) == ("NoSuchConfiguration", 404)
        s3.head_bucket(Bucket=name)

    def test_configuring_does_not_create_a_bucket(self, clients) -> None:
        s3 = clients("s3")
        name = unique("never")
        with pytest.raises(ClientError) as raised:
            s3.put_bucket_metrics_configuration(Bucket=name, Id="all", MetricsConfiguration={"Id": "all"})
        assert code(raised) == ("NoSuchBucket", 404)
        assert name not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]

    def test_what_is_not_emulated_is_refused(self, clients) -> None:
        s3 = clients("s3")
        name = parents.bucket(clients)["Bucket"]
        with pytest.raises(
            ClientError, match="the sandbox does not emulate s3 DeleteBucketMetadataConfiguration"
        ) as raised:
            s3.delete_bucket_metadata_configuration(Bucket=name)
        assert code(raised) == ("NotImplemented", 501)
        s3.head_bucket(Bucket=name)

    def test_objects_pass_untouched(self, clients) -> None:
        s3 = clients("s3")
        name = parents.bucket(clients)["Bucket"]
        body = bytes(range(256)) * 40_000
        s3.put_object(Bucket=name, Key="a/b c+d", Body=body, Metadata={"kind": "binary"})
        assert s3.get_object(Bucket=name, Key="a/b c+d")["Body"].read() == body
        head = s3.head_object(Bucket=name, Key="a/b c+d")
        assert (head["ContentLength"], head["Metadata"]) == (len(body), {"kind": "binary"})


class TestNotEmulated:
    @pytest.mark.parametrize(
        ("service", "operation", "params"),
        [
            ("ec2", "describe_ipams", {}),  # EC2's XML
            ("iam", "get_account_properties", {}),  # query
            ("kms", "describe_custom_key_stores", {}),  # JSON
            ("eks", "list_insights", {"clusterName": "any"}),  # REST and JSON
            ("route53", "list_cidr_collections", {}),  # REST and XML
            ("sagemaker", "list_optimization_jobs", {}),
            ("resource-explorer-2", "list_indexes", {}),  # a service that moto does not have at all
        ],
    )
    def test_a_clean_error_names_service_and_operation(self, clients, service, operation, params) -> None:
        with pytest.raises(ClientError, match="the sandbox does not emulate ") as raised:
            getattr(clients(service), operation)(**params)
        assert code(raised) == ("NotImplemented", 501)

    def test_rehearsals_change_nothing(self, clients) -> None:
        with pytest.raises(ClientError) as raised:
            clients("ec2").create_placement_group(GroupName="rehearsed", Strategy="cluster", DryRun=True)
        assert code(raised)[0] == "DryRunOperation"
        groups = clients("ec2").describe_placement_groups()["PlacementGroups"]
        assert "rehearsed" not in [group["GroupName"] for group in groups]

    def test_what_moto_looks_up_blindly_is_missing(self, clients) -> None:
        with pytest.raises(ClientError) as raised:
            clients("sagemaker").describe_feature_group(FeatureGroupName="nowhere")
        assert code(raised)[0] == "ResourceNotFound"


class TestTags:
    def test_by_arn(self, clients) -> None:
        analyzers = clients("accessanalyzer")
        arn = analyzers.create_analyzer(analyzerName=unique("a"), type="ACCOUNT", tags={"a": "1", "b": "2"})["arn"]
        analyzers.tag_resource(resourceArn=arn, tags={"b": "3", "c": "4"})
        analyzers.untag_resource(resourceArn=arn, tagKeys=["a"])
        assert analyzers.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "3", "c": "4"}
        shown = next(one for one in analyzers.list_analyzers()["analyzers"] if one["arn"] == arn)
        assert shown["tags"] == {"b": "3", "c": "4"}

    def test_by_id_together_with_what_moto_has(self, clients) -> None:
        ec2 = clients("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        name = unique("group")
        group = ec2.create_placement_group(
            GroupName=name,
            TagSpecifications=[{"ResourceType": "placement-group", "Tags": [{"Key": "a", "Value": "1"}]}],
        )["PlacementGroup"]
        ec2.create_tags(Resources=[vpc, group["GroupId"]], Tags=[{"Key": "b", "Value": "2"}])
        assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Tags"] == [{"Key": "b", "Value": "2"}]
        both = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
        assert group["Tags"] == both[:1]
        assert ec2.describe_placement_groups(GroupNames=[name])["PlacementGroups"][0]["Tags"] == both
        chosen = ec2.describe_placement_groups(Filters=[{"Name": "tag:b", "Values": ["2"]}])["PlacementGroups"]
        assert name in [one["GroupName"] for one in chosen]
        ec2.delete_tags(Resources=[name], Tags=[{"Key": "a"}])
        assert ec2.describe_placement_groups(GroupNames=[name])["PlacementGroups"][0]["Tags"] == both[1:]

    def test_beside_the_name_of_the_thing(self, clients) -> None:
        trail = clients("cloudtrail")
        arn = trail.create_event_data_store(Name=unique("s"), TagsList=[{"Key": "a", "Value": "1"}])[
            "EventDataStoreArn"
        ]
        trail.add_tags(ResourceId=arn, TagsList=[{"Key": "b", "Value": "2"}])
        trail.remove_tags(ResourceId=arn, TagsList=[{"Key": "a"}])
        listed = trail.list_tags(ResourceIdList=[arn])["ResourceTagList"]
        assert listed == [{"ResourceId": arn, "TagsList": [{"Key": "b", "Value": "2"}]}]

    def test_of_what_moto_has_but_cannot_tag(self, clients) -> None:
        guardduty = clients("guardduty")
        detector = guardduty.create_detector(Enable=True, Tags={"a": "1"})["DetectorId"]
        arn = f"arn:aws:guardduty:us-east-1:123456789012:detector/{detector}"
        guardduty.tag_resource(ResourceArn=arn, Tags={"b": "2"})
        guardduty.untag_resource(ResourceArn=arn, TagKeys=["a"])
        assert guardduty.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"b": "2"}
        assert guardduty.get_detector(DetectorId=detector)["Tags"] == {"b": "2"}
        members = parents.budget(clients)
        arn = f"arn:aws:budgets::123456789012:budget/{members['BudgetName']}"
        clients("budgets").tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "a", "Value": "1"}])
        shown = clients("budgets").list_tags_for_resource(ResourceARN=arn)["ResourceTags"]
        assert shown == [{"Key": "a", "Value": "1"}]


class TestShared:
    def test_alarms_of_both_kinds_are_listed_and_deleted_together(self, clients) -> None:
        cloudwatch = clients("cloudwatch")
        plain, composite = unique("plain"), unique("composite")
        cloudwatch.put_metric_alarm(
            AlarmName=plain, MetricName="m", Namespace="n", Period=60, EvaluationPeriods=1, Threshold=1,
            Statistic="Sum", ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
        cloudwatch.put_composite_alarm(AlarmName=composite, AlarmRule=f"ALARM({plain})")
        names = [plain, composite]
        shown = cloudwatch.describe_alarms(AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        assert [alarm["AlarmName"] for alarm in shown["MetricAlarms"]] == [plain]
        assert [alarm["AlarmRule"] for alarm in shown["CompositeAlarms"]] == [f"ALARM({plain})"]
        cloudwatch.delete_alarms(AlarmNames=names)
        shown = cloudwatch.describe_alarms(AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        assert not shown["MetricAlarms"]
        assert not shown["CompositeAlarms"]

    def test_backup_policies_are_told_at_creation_or_later(self, clients) -> None:
        efs = clients("efs")
        backed = efs.create_file_system(CreationToken=unique("t"), Backup=True)["FileSystemId"]
        assert efs.describe_backup_policy(FileSystemId=backed)["BackupPolicy"]["Status"] == "ENABLED"
        efs.put_backup_policy(FileSystemId=backed, BackupPolicy={"Status": "DISABLED"})
        assert efs.describe_backup_policy(FileSystemId=backed)["BackupPolicy"]["Status"] == "DISABLED"

    def test_query_logging_is_taken_back(self, clients) -> None:
        resolver = clients("route53resolver")
        vpc = clients("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        made = resolver.create_resolver_query_log_config(
            Name=unique("log"), DestinationArn="arn:aws:s3:::logs", CreatorRequestId=unique("request")
        )["ResolverQueryLogConfig"]
        one = {"ResolverQueryLogConfigId": made["Id"], "ResourceId": vpc}
        resolver.associate_resolver_query_log_config(**one)
        resolver.disassociate_resolver_query_log_config(**one)
        with pytest.raises(ClientError) as raised:
            resolver.disassociate_resolver_query_log_config(**one)
        assert code(raised)[0] == "ResourceNotFoundException"
        resolver.delete_resolver_query_log_config(ResolverQueryLogConfigId=made["Id"])
        with pytest.raises(ClientError):
            resolver.get_resolver_query_log_config(ResolverQueryLogConfigId=made["Id"])

    def test_deletes_that_moto_lacks(self, clients) -> None:
        sagemaker = clients("sagemaker")
        group = parents.model_package_group(clients)
        sagemaker.delete_model_package_group(**group)
        with pytest.raises(ClientError):
            sagemaker.describe_model_package_group(**group)
        with pytest.raises(ClientError) as raised:
            sagemaker.delete_model_package_group(**group)
        assert code(raised)[0] == "ValidationException"

    def test_regions_and_accounts_of_the_same_store_are_apart(self, sandbox) -> None:
        name = unique("elsewhere")
        here, there = sandbox.client("accessanalyzer"), sandbox.client("accessanalyzer", "eu-west-1")
        arn = there.create_analyzer(analyzerName=name, type="ACCOUNT")["arn"]
        assert arn == f"arn:aws:access-analyzer:eu-west-1:123456789012:analyzer/{name}"
        assert name not in [one["name"] for one in here.list_analyzers()["analyzers"]]

    def test_requests_at_once_are_answered_one_by_one(self, sandbox) -> None:
        iam = sandbox.client("iam")
        names = [unique(f"at-once-{index}") for index in range(60)]
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda name: iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}"), names))
            listed = list(pool.map(lambda _: iam.list_roles(MaxItems=1000)["Roles"], range(20)))
        assert len(made) == len(names)
        assert all(set(names) <= {role["RoleName"] for role in roles} for roles in listed)


def ask(sandbox, method: str, path: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(sandbox.endpoint_url).netloc)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    return response.status, response.read().decode()


class TestTheDoor:
    def test_other_names_for_this_machine_are_refused(self, sandbox) -> None:
        for host in ("evil.example.com", "evil.example.com:5566", "127.0.0.1.evil.com", "localhost.evil.com", ""):
            assert ask(sandbox, "GET", "/", Host=host)[0] == 403
        for host in ("localhost", "127.0.0.1:1", "data.localhost:9", "123456789012.127.0.0.1:9"):
            assert ask(sandbox, "GET", "/_mlinfra/status", Host=host)[0] == 200

    def test_web_pages_are_refused(self, sandbox) -> None:
        status, text = ask(sandbox, "POST", "/_mlinfra/reset", Origin="https://evil.example.com")
        assert (status, "this machine only" in text) == (403, True)
        assert ask(sandbox, "GET", "/_mlinfra/status", Origin="null")[0] == 403

    def test_only_this_machine_can_connect(self, sandbox) -> None:
        assert urlsplit(sandbox.endpoint_url).hostname == "127.0.0.1"

    def test_motos_own_api_is_shut(self, sandbox) -> None:
        before = json.loads(ask(sandbox, "GET", "/_mlinfra/status")[1])["generation"]
        assert ask(sandbox, "POST", "/moto-api/reset")[0] == 404
        assert json.loads(ask(sandbox, "GET", "/_mlinfra/status")[1])["generation"] == before
        assert ask(sandbox, "GET", "/_mlinfra/nothing")[0] == 404


def test_answers_that_say_nothing_new_stay_as_moto_gave_them(sandbox, caplog) -> None:
    """Timestamps with fractions and unknown members would not survive being read and written again."""
    caplog.set_level(logging.ERROR)
    ec2 = sandbox.client("ec2", "eu-central-1")
    shown = ec2.describe_subnets()["Subnets"][0]
    assert shown["PrivateDnsNameOptionsOnLaunch"]["HostnameType"] == "ip-name"
