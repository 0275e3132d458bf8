"""IAM, enforced: what sessions and users may ask of the account."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mlinfra.sandbox.server import control
from tests.sandbox.conftest import Sandbox

ACCOUNT = "123456789012"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def trust(principal: Any = None, **more: Any) -> str:
    return document({"Effect": "Allow", "Principal": principal or {"AWS": ROOT}, "Action": "sts:AssumeRole", **more})


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """An account of its own in which IAM is enforced."""
    home = tmp_path_factory.mktemp("iam-home")
    control.enforce_iam(home, on=True)
    yield Sandbox(home, control.start(home, port=0, idle_seconds=900))
    control.stop(home)


def client_of(sandbox: Sandbox, credentials: dict[str, Any]) -> Callable[[str], Any]:
    session = boto3.Session(
        credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials.get("SessionToken"), "us-east-1"
    )
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, proxies={})
    return lambda service: session.client(service, endpoint_url=sandbox.endpoint_url, config=config)


@pytest.fixture
def session_of(sandbox: Sandbox) -> Callable[..., Callable[[str], Any]]:
    """Makes a role with one policy and gives clients with a session of it."""
    iam, sts = sandbox.client("iam"), sandbox.client("sts")

    def make(*statements: dict[str, Any], boundary: str | None = None, name: str = "", **session: Any) -> Any:
        role = name or f"role-{uuid.uuid4().hex[:8]}"
        held = {"PermissionsBoundary": boundary} if boundary else {}
        arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(), **held)["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=role, PolicyName="work", PolicyDocument=document(*statements))
        return client_of(sandbox, sts.assume_role(RoleArn=arn, RoleSessionName="me", **session)["Credentials"])

    return make


def refused(call: Callable[..., Any], **params: Any) -> str:
    """The message with which the account refuses a call for lack of permission."""
    with pytest.raises(ClientError) as error:
        call(**params)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    return str(error.value.response["Error"]["Message"])


@pytest.fixture
def bucket(sandbox: Sandbox, request: pytest.FixtureRequest) -> str:
    name = f"b-{abs(hash(request.node.name))}"
    sandbox.client("s3").create_bucket(Bucket=name)
    sandbox.client("s3").put_object(Bucket=name, Key="a/one", Body=b"1")
    return name


def test_the_sandbox_itself_may_do_everything(sandbox: Sandbox, bucket: str) -> None:
    assert sandbox.client("s3").get_object(Bucket=bucket, Key="a/one")["Body"].read() == b"1"


def test_a_role_does_what_its_policy_says_and_nothing_else(session_of: Any, bucket: str) -> None:
    s3 = session_of(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/a/*"), name="reader")("s3")
    assert s3.get_object(Bucket=bucket, Key="a/one")
    message = refused(s3.get_object, Bucket=bucket, Key="b/one")
    assert message == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/reader/me is not authorized to perform: s3:GetObject on resource: "
        f"arn:aws:s3:::{bucket}/b/one because no identity-based policy allows the s3:GetObject action"
    )
    refused(s3.put_object, Bucket=bucket, Key="a/one", Body=b"2")
    refused(s3.list_objects_v2, Bucket=bucket)
    refused(s3.list_buckets)


def test_a_denial_wins(session_of: Any, bucket: str) -> None:
    s3 = session_of(allow("s3:*"), deny("s3:DeleteObject"))("s3")
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    assert "explicit deny" in refused(s3.delete_object, Bucket=bucket, Key="a/one")


def test_a_boundary_holds_a_role_in(sandbox: Sandbox, session_of: Any) -> None:
    policy = document(allow(["s3:*", "sqs:*"]))
    boundary = sandbox.client("iam").create_policy(PolicyName="edge", PolicyDocument=policy)["Policy"]["Arn"]
    made = session_of(allow(["iam:*", "sqs:*"]), boundary=boundary)
    assert made("sqs").create_queue(QueueName="inside")
    assert "because no permissions boundary allows" in refused(made("iam").list_roles)


def test_a_session_may_be_held_in_further(session_of: Any) -> None:
    made = session_of(allow("*"), Policy=document(allow("sqs:*")))
    assert made("sqs").list_queues()
    assert "session policy" in refused(made("sns").list_topics)


def test_conditions_look_at_the_request(session_of: Any, bucket: str) -> None:
    s3 = session_of(
        allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition={"StringLike": {"s3:prefix": "a/*"}}),
        allow("s3:PutObject", Condition={"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}),
    )("s3")
    assert s3.list_objects_v2(Bucket=bucket, Prefix="a/")
    refused(s3.list_objects_v2, Bucket=bucket)
    refused(s3.put_object, Bucket=bucket, Key="k", Body=b"")
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"", ServerSideEncryption="aws:kms")


def test_tags_and_regions(session_of: Any, sandbox: Sandbox) -> None:
    sqs = session_of(
        allow("sqs:CreateQueue", Condition={"StringEquals": {"aws:RequestTag/team": "ml"}}),
        allow("sns:*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
    )
    assert sqs("sqs").create_queue(QueueName="tagged", tags={"team": "ml"})
    refused(sqs("sqs").create_queue, QueueName="untagged")
    refused(sqs("sns").list_topics)


def test_a_buckets_policy_may_allow_and_deny(sandbox: Sandbox, session_of: Any, bucket: str) -> None:
    s3 = session_of(name="guest")("s3")
    refused(s3.get_object, Bucket=bucket, Key="a/one")
    guest = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/guest"}
    statements = [allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal=guest)]
    sandbox.client("s3").put_bucket_policy(Bucket=bucket, Policy=document(*statements))
    assert s3.get_object(Bucket=bucket, Key="a/one")
    only_encrypted = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}
    statements.append(deny("s3:PutObject", f"arn:aws:s3:::{bucket}/*", Principal="*", Condition=only_encrypted))
    sandbox.client("s3").put_bucket_policy(Bucket=bucket, Policy=document(*statements))
    other = session_of(allow("s3:*"))("s3")
    assert "resource-based policy" in refused(other.put_object, Bucket=bucket, Key="x", Body=b"")


def test_a_key_is_given_by_its_own_policy_only(sandbox: Sandbox, session_of: Any) -> None:
    kms = sandbox.client("kms")
    admins = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    closed = document(allow(["kms:Describe*", "kms:Put*", "kms:Create*"], Principal=admins))
    key = kms.create_key(Policy=closed, BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]["KeyId"]
    open_key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/open", TargetKeyId=open_key)
    arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{open_key}"
    mine = session_of(allow("kms:*", [arn, f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key}"]))("kms")
    assert "resource-based policy" in refused(mine.encrypt, KeyId=key, Plaintext=b"1")
    sealed = mine.encrypt(KeyId="alias/open", Plaintext=b"1")["CiphertextBlob"]
    assert mine.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"1"
    refused(session_of(allow("sqs:*"))("kms").decrypt, CiphertextBlob=sealed)


def test_roles_are_assumed_by_whom_they_trust(sandbox: Sandbox, session_of: Any) -> None:
    iam = sandbox.client("iam")
    arn = iam.create_role(
        RoleName="careful",
        AssumeRolePolicyDocument=trust(
            {"AWS": f"arn:aws:iam::{ACCOUNT}:role/known"}, Condition={"StringEquals": {"sts:ExternalId": "42"}}
        ),
    )["Role"]["Arn"]
    known = session_of(name="known")("sts")
    assert known.assume_role(RoleArn=arn, RoleSessionName="me", ExternalId="42")
    refused(known.assume_role, RoleArn=arn, RoleSessionName="me")
    stranger = session_of(allow("sts:*"))("sts")
    refused(stranger.assume_role, RoleArn=arn, RoleSessionName="me", ExternalId="42")


def test_roles_are_passed_only_by_permission(sandbox: Sandbox, session_of: Any) -> None:
    role = sandbox.client("iam").create_role(
        RoleName="worker", AssumeRolePolicyDocument=trust({"Service": "sagemaker.amazonaws.com"})
    )["Role"]["Arn"]
    model = {"ModelName": "m", "ExecutionRoleArn": role, "PrimaryContainer": {"Image": "i"}}
    passing = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    assert "iam:PassRole" in refused(session_of(allow("sagemaker:*"))("sagemaker").create_model, **model)
    may = session_of(allow("sagemaker:*"), allow("iam:PassRole", role, Condition=passing))("sagemaker")
    assert may.create_model(**model)


def test_users_and_their_groups_and_boundaries(sandbox: Sandbox) -> None:
    iam = sandbox.client("iam")
    iam.create_user(UserName="ann", Tags=[{"Key": "team", "Value": "ml"}])
    iam.create_group(GroupName="people")
    iam.add_user_to_group(GroupName="people", UserName="ann")
    own = allow(["iam:GetUser", "iam:TagUser"], f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}")
    queues = allow("sqs:*", "arn:aws:sqs:*:*:${aws:PrincipalTag/team}-*")
    iam.put_group_policy(GroupName="people", PolicyName="own", PolicyDocument=document(own, queues))
    ann = client_of(sandbox, iam.create_access_key(UserName="ann")["AccessKey"])
    assert ann("iam").get_user(UserName="ann")
    refused(ann("iam").get_user, UserName="bob")
    assert ann("sqs").create_queue(QueueName="ml-jobs")
    refused(ann("sqs").create_queue, QueueName="jobs")
    edge = iam.create_policy(PolicyName="reading", PolicyDocument=document(allow("iam:Get*")))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=edge)
    assert ann("iam").get_user(UserName="ann")
    assert "permissions boundary" in refused(ann("sqs").create_queue, QueueName="ml-more")
    assert ann("sts").get_caller_identity()["Arn"].endswith("user/ann")


def test_enforcement_is_switched_while_the_server_runs(sandbox: Sandbox, session_of: Any) -> None:
    sns = session_of()("sns")
    refused(sns.list_topics)
    control.enforce_iam(sandbox.home, on=False)
    try:
        assert "Topics" in sns.list_topics()
    finally:
        control.enforce_iam(sandbox.home, on=True)


def test_the_policy_simulator(sandbox: Sandbox, session_of: Any) -> None:
    iam = sandbox.client("iam")
    session_of(allow("s3:Get*", "arn:aws:s3:::data/*"), deny("s3:GetObjectAcl"), name="simulated")
    found = iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/simulated",
        ActionNames=["s3:GetObject", "s3:GetObjectAcl", "s3:PutObject"],
        ResourceArns=["arn:aws:s3:::data/x"],
    )["EvaluationResults"]
    assert [one["EvalDecision"] for one in found] == ["allowed", "explicitDeny", "implicitDeny"]
    assert found[0]["MatchedStatements"][0]["SourcePolicyId"] == "work"
    mfa = allow("sqs:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    entry = {"ContextKeyName": "aws:MultiFactorAuthPresent", "ContextKeyType": "boolean"}
    for word, decision in (("true", "allowed"), ("false", "implicitDeny")):
        found = iam.simulate_custom_policy(
            PolicyInputList=[document(mfa)],
            PermissionsBoundaryPolicyInputList=[document(allow("sqs:*"))],
            ActionNames=["sqs:SendMessage"],
            ContextEntries=[entry | {"ContextKeyValues": [word]}],
        )["EvaluationResults"]
        assert found[0]["EvalDecision"] == decision
        assert found[0]["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"]
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.simulate_principal_policy(PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/nobody", ActionNames=["s3:*"])


def test_an_encrypted_object_needs_its_key_too(sandbox: Sandbox, session_of: Any, bucket: str) -> None:
    s3, kms = sandbox.client("s3"), sandbox.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [default]})
    s3.put_object(Bucket=bucket, Key="sealed", Body=b"1")
    without = session_of(allow("s3:*"))("s3")
    assert without.get_object(Bucket=bucket, Key="a/one")  # older than the bucket's key
    assert "kms:Decrypt" in refused(without.get_object, Bucket=bucket, Key="sealed")
    assert "kms:GenerateDataKey" in refused(without.put_object, Bucket=bucket, Key="new", Body=b"")
    via = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    made = session_of(allow("s3:*"), allow(["kms:Decrypt", "kms:GenerateDataKey"], key, Condition=via))
    assert made("s3").get_object(Bucket=bucket, Key="sealed")
    assert made("s3").put_object(Bucket=bucket, Key="new", Body=b"")
    refused(made("kms").generate_data_key, KeyId=key, KeySpec="AES_256")


def test_a_secret_needs_its_key_too(sandbox: Sandbox, session_of: Any) -> None:
    key = sandbox.client("kms").create_key()["KeyMetadata"]["Arn"]
    sandbox.client("secretsmanager").create_secret(Name="db", KmsKeyId=key, SecretString="s")
    reading = allow("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:db-??????")
    without = session_of(reading)("secretsmanager")
    assert "kms:Decrypt" in refused(without.get_secret_value, SecretId="db")
    assert session_of(reading, allow("kms:Decrypt", key))("secretsmanager").get_secret_value(SecretId="db")


def test_tags_of_resources(sandbox: Sandbox, session_of: Any) -> None:
    sqs = sandbox.client("sqs")
    queues = [sqs.create_queue(QueueName=f"of-{team}", tags={"team": team})["QueueUrl"] for team in ("ml", "web")]
    mine = session_of(allow("sqs:SendMessage", Condition={"StringEquals": {"aws:ResourceTag/team": "ml"}}))("sqs")
    assert mine.send_message(QueueUrl=queues[0], MessageBody="x")
    refused(mine.send_message, QueueUrl=queues[1], MessageBody="x")
