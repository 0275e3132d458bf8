"""How a refusal reaches the caller, and what keeps the checks from being in the way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from mlinfra.sandbox.refusals import install
from mlinfra.sandbox.refusals.memory import Memory, key
from tests.sandbox.refusals.cloud import Cloud, name, policy, trust
from tests.sandbox.refusals.conftest import Watched


class Alone:
    """A session whose calls end after the checks; `asked` holds what reached the server."""

    def __init__(self, status: int = 200, answer: dict[str, Any] | None = None) -> None:
        self.session = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="eu-west-1")
        self.asked: list[str] = []
        self.answer = (
            AWSResponse("", status, {}, None),
            {"ResponseMetadata": {"HTTPStatusCode": status}, **(answer or {})},
        )
        install(self.session, lambda service, region: self.session.client(service, region_name=region))
        self.session.events.register("before-call", self._end)

    def _end(self, model: Any, **_: Any) -> Any:
        self.asked.append(model.name)
        return self.answer


def test_a_refusal_is_the_exception_that_aws_would_cause(aws: Cloud) -> None:
    with pytest.raises(aws.iam.exceptions.MalformedPolicyDocumentException) as caught:
        aws.iam.create_role(RoleName=name("role"), AssumeRolePolicyDocument="{}")
    metadata = caught.value.response["ResponseMetadata"]
    assert (metadata["RefusedBy"], metadata["HTTPStatusCode"], metadata["Transient"]) == ("mlinfra", 400, False)


def test_what_may_pass_is_marked(aws: Cloud) -> None:
    function = {"FunctionName": name("f"), "Code": {"ZipFile": b"x"}, "Role": aws.role("ec2.amazonaws.com")}
    with pytest.raises(ClientError) as caught:
        aws.lambda_.create_function(**function, Runtime="python3.13", Handler="a.b")
    assert caught.value.response["ResponseMetadata"]["Transient"] is True


def test_a_refused_call_is_not_sent() -> None:
    alone = Alone()
    with pytest.raises(ClientError, match="Missing required field Principal"):
        alone.session.client("iam").create_role(
            RoleName="a",
            AssumeRolePolicyDocument=policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}),
        )
    assert alone.asked == []


def test_calls_that_only_read_are_not_checked() -> None:
    alone = Alone()
    alone.session.client("logs").describe_log_groups(logGroupNamePrefix="not a name")
    assert alone.asked == ["DescribeLogGroups"]


def test_types_are_left_to_botocore() -> None:
    with pytest.raises(Exception, match="Parameter validation failed"):
        Alone().session.client("ec2").create_route(RouteTableId=["x"], DestinationCidrBlock=1)


def test_an_account_that_cannot_answer_refuses_nothing() -> None:
    alone = Alone(500, {"Error": {"Code": "InternalFailure", "Message": ""}})
    with pytest.raises(ClientError, match="InternalFailure"):  # of the call itself
        alone.session.client("eks").create_cluster(
            name="a", roleArn="arn:aws:iam::123456789012:role/a", resourcesVpcConfig={"subnetIds": ["subnet-1"]}
        )
    assert alone.asked[-1] == "CreateCluster"


def test_the_region_of_the_call_is_asked(aws: Cloud) -> None:
    elsewhere = Cloud(aws.client, "eu-west-1")
    vpc = elsewhere.vpc()
    with pytest.raises(ClientError, match="does not exist"):
        aws.interface(elsewhere.subnet(vpc))
    elsewhere.ec2.delete_network_interface(NetworkInterfaceId=elsewhere.interface(elsewhere.subnet(vpc, 2)))


def test_a_role_that_was_deleted_is_not_remembered(aws: Cloud) -> None:
    role = name("role")
    arn = aws.iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust("sagemaker.amazonaws.com"))["Role"]["Arn"]
    settings = {"InstanceType": "ml.t3.medium", "RoleArn": arn}
    aws.sagemaker.create_notebook_instance(NotebookInstanceName=name("notebook"), **settings)
    aws.iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust("ec2.amazonaws.com"))
    with pytest.raises(ClientError, match="Could not assume role"):
        aws.sagemaker.create_notebook_instance(NotebookInstanceName=name("notebook"), **settings)
    aws.iam.delete_role(RoleName=role)
    with pytest.raises(ClientError, match="does not exist"):
        aws.sagemaker.create_notebook_instance(NotebookInstanceName=name("notebook"), **settings)


def test_what_a_creation_tells_is_not_asked_again(watched: Watched) -> None:
    aws, reads = Cloud(watched.client), []
    client = watched.client("ec2", "us-east-1")

    def note(model: Any, **_: Any) -> None:
        if model.name.startswith("Describe"):
            reads.append(model.name)

    vpc = aws.vpc()
    subnet, group = aws.subnet(vpc), aws.group(vpc)
    client.meta.events.register("before-call.ec2", note)
    aws.interface(subnet, group)
    client.meta.events.unregister("before-call.ec2", note)
    assert reads == []


def test_an_answer_from_before_a_change_is_not_kept() -> None:
    memory, known = (
        Memory(),
        key("ec2", "us-east-1", "describe_vpc_attribute", {"VpcId": "v", "Attribute": "enableDnsSupport"}),
    )
    stamp = memory.stamp(known)  # one asks,
    memory.notice("ec2", "us-east-1", "ModifyVpcAttribute", {}, {})  # another changes,
    memory.keep(known, {"EnableDnsSupport": {"Value": False}}, stamp)  # and then the old answer arrives
    assert memory.recall(known) is None
    memory.keep(known, {"EnableDnsSupport": {"Value": True}}, memory.stamp(known))
    assert memory.recall(known) == {"EnableDnsSupport": {"Value": True}}


def test_many_threads_may_check_at_once(aws: Cloud) -> None:
    def make(_: int) -> str:
        vpc = aws.vpc()
        return aws.interface(aws.subnet(vpc), aws.group(vpc))

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(make, range(8)))) == 8
