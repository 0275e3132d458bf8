"""People at work in an account in which IAM is enforced: what they call, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mlinfra.sandbox.server.control import status
from tests.e2e.conftest import Shell

pytestmark = pytest.mark.e2e
Clients = Callable[[str], Any]
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
PERSONAS = ["data-scientist", "ml-engineer", "platform-operator", "auditor", "break-glass"]

# What is tried, and who gets through. `o` are the stack's outputs.
TRIED: dict[str, tuple[Callable[[Clients, dict[str, Any]], Any], str]] = {
    "read datasets": (lambda c, o: c("s3").get_object(Bucket=o["buckets"]["datasets"], Key="one"), "data-scientist training"),
    "write datasets": (
        lambda c, o: c("s3").put_object(Bucket=o["buckets"]["datasets"], Key="two", Body=b"2"),
        "data-scientist",
    ),
    "read models": (lambda c, o: c("s3").get_object(Bucket=o["buckets"]["models"], Key="one"), "ml-engineer"),
    "read the archive": (lambda c, o: c("s3").list_objects_v2(Bucket=o["archive"]), "auditor"),
    "rewrite the archive": (lambda c, o: c("s3").put_object(Bucket=o["archive"], Key="AWSLogs/x", Body=b""), ""),
    "search the trail": (lambda c, o: c("logs").filter_log_events(logGroupName=o["logGroup"]), "auditor"),
    "delete the trail's log group": (lambda c, o: c("logs").delete_log_group(logGroupName=o["logGroup"]), ""),
    "stop the trail": (lambda c, o: c("cloudtrail").stop_logging(Name=o["trail"]), ""),
    "stop recording": (lambda c, _: c("config").stop_configuration_recorder(ConfigurationRecorderName="x"), ""),
    "list jobs": (
        lambda c, _: c("sagemaker").list_training_jobs(),
        "data-scientist ml-engineer platform-operator auditor break-glass",
    ),
    "see machines": (lambda c, _: c("ec2").describe_instances(), "platform-operator auditor break-glass"),
    "make a network": (lambda c, _: c("ec2").create_vpc(CidrBlock="10.0.0.0/16"), ""),
    "see a key's policy": (
        lambda c, o: c("kms").get_key_policy(KeyId=o["keys"]["data"], PolicyName="default"),
        "platform-operator auditor break-glass",
    ),
    "decrypt": (lambda c, o: c("kms").decrypt(KeyId=o["keys"]["data"], CiphertextBlob=o["ciphertext"]), ""),
    "delete a key": (lambda c, o: c("kms").schedule_key_deletion(KeyId=o["keys"]["data"]), ""),
    "open a bucket": (lambda c, o: c("s3").delete_public_access_block(Bucket=o["buckets"]["datasets"]), ""),
    "see roles": (lambda c, _: c("iam").list_roles(), "platform-operator auditor break-glass"),
    "make a user": (lambda c, _: c("iam").create_user(UserName="eve"), ""),
    "make a role": (
        lambda c, _: c("iam").create_role(RoleName="eve", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []})),
        "",
    ),
    "switch detection off": (lambda c, _: c("securityhub").disable_security_hub(), ""),
    "publish metrics": (
        lambda c, _: c("cloudwatch").put_metric_data(
            Namespace="Platform/Training", MetricData=[{"MetricName": "loss", "Value": 1.0}]
        ),
        "training",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], Callable[[str], Clients]]]:
    """The stack's outputs, and clients by persona, in an account in which IAM is enforced."""
    shell = Shell(tmp_path_factory.mktemp("people"), cwd=Path(__file__).parent / "people")
    shell.run("sandbox", "start", "--enforce-iam")
    try:
        assert shell.changes("up", "-s", "dev", "--yes").get("create", 0) >= 200
        assert set(shell.changes("up", "-s", "dev", "--yes")) == {"same"}
        outputs = json.loads(shell.run("outputs", "--json", "-s", "dev"))
        server = status(shell.home)
        assert server
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, proxies={})

        def clients(*keys: str) -> Clients:
            session = boto3.Session(*keys, region_name="us-east-1")
            return lambda service: session.client(service, endpoint_url=server.endpoint_url, config=config)

        account = clients("test", "test")
        for bucket in outputs["buckets"].values():
            account("s3").put_object(Bucket=bucket, Key="one", Body=b"1")
        outputs["ciphertext"] = account("kms").encrypt(KeyId=outputs["keys"]["data"], Plaintext=b"1")["CiphertextBlob"]

        def act_as(who: str) -> Clients:
            arn = outputs["training"] if who == "training" else outputs["roles"][who]
            given = account("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
            return clients(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

        yield outputs, act_as
    finally:
        shell.run("sandbox", "stop", code=None)


@pytest.mark.parametrize("who", [*PERSONAS, "training"])
def test_everybody_gets_through_where_he_may_and_nowhere_else(stack, who: str) -> None:
    outputs, act_as = stack
    clients = act_as(who)
    got_through = set()
    for what, (call, _) in TRIED.items():
        try:
            call(clients, outputs)
        except ClientError as error:
            if error.response["Error"]["Code"] not in DENIED:
                got_through.add(what)
        else:
            got_through.add(what)
    assert got_through == {what for what, (_, whom) in TRIED.items() if who in whom.split()}
