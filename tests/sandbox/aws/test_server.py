"""The gRPC server: one server, many instances, told apart by their connections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from mlinfra.sandbox.aws import serve
from mlinfra.stack.codec import Wire, decode
from mlinfra.stack.values import UNKNOWN, Secret
from tests.sandbox.conftest import Sandbox

WIRE = Wire()
VPC = "urn:pulumi:serve::proj::aws:ec2/vpc:Vpc::net"


class Engine:
    """One provider instance as an engine talks to it: a connection of its own."""

    def __init__(self, port: int, args: dict[str, Any], identity: str = "id") -> None:
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.use_local_subchannel_pool", 1)])
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)
        self.stub.Attach(plugin_pb2.PluginAttach(address=f"127.0.0.1:{port}"))
        self.handshake = self.stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
        request = provider_pb2.ConfigureRequest(args=WIRE.encode(args), acceptSecrets=True, id=identity)
        self.configured = self.stub.Configure(request)

    def check(self, urn: str, news: dict[str, Any], olds: dict[str, Any] | None = None) -> Any:
        olds_struct = WIRE.encode(olds) if olds else None
        return self.stub.Check(
            provider_pb2.CheckRequest(urn=urn, olds=olds_struct, news=WIRE.encode(news), randomSeed=b"s")
        )

    def create(self, urn: str, news: dict[str, Any], *, preview: bool = False) -> tuple[str, dict[str, Any]]:
        inputs = self.check(urn, news).inputs
        made = self.stub.Create(provider_pb2.CreateRequest(urn=urn, properties=inputs, preview=preview))
        return made.id, decode(made.properties)

    def delete(self, urn: str, id_: str) -> None:
        self.stub.Delete(provider_pb2.DeleteRequest(urn=urn, id=id_))


@pytest.fixture(scope="module")
def port(sandbox: Sandbox) -> Iterator[int]:
    server, port = serve(sandbox.endpoint_url)
    yield port
    server.stop(0)


@pytest.fixture
def engine(port: int) -> Iterator[Engine]:
    made = Engine(port, {"region": "us-east-1"})
    yield made
    made.channel.close()


def test_it_takes_plain_values_and_plans(engine: Engine) -> None:
    assert (engine.configured.acceptSecrets, engine.configured.acceptResources) == (False, False)
    assert engine.configured.supportsPreview
    assert not engine.handshake.accept_secrets
    assert engine.stub.GetPluginInfo(empty_pb2.Empty()).version
    engine.stub.Cancel(empty_pb2.Empty())


def test_instances_keep_their_regions_and_tags(port: int, sandbox: Sandbox) -> None:
    one = Engine(port, {"region": "us-east-1"}, "a")
    other = Engine(port, {"region": "eu-west-1", "defaultTags": '{"tags": {"team": "ml"}}'}, "b")
    first, outputs = one.create(VPC, {"cidrBlock": "10.5.0.0/16"})
    second, others = other.create(VPC, {"cidrBlock": "10.5.0.0/16"})
    assert (outputs["region"], others["region"]) == ("us-east-1", "eu-west-1")
    assert (outputs["tagsAll"], others["tagsAll"]) == ({}, {"team": "ml"})
    found = sandbox.client("ec2", "eu-west-1").describe_vpcs(VpcIds=[second])["Vpcs"][0]
    assert found["Tags"] == [{"Key": "team", "Value": "ml"}]
    one.delete(VPC, first)
    other.delete(VPC, second)


def test_a_connection_that_nobody_configured_is_told_so(sandbox: Sandbox) -> None:
    server, port = serve(sandbox.endpoint_url)
    stub = provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{port}"))
    with pytest.raises(grpc.RpcError) as failed:
        stub.Check(provider_pb2.CheckRequest(urn=VPC))
    assert "connection to the sandbox's provider was lost" in failed.value.details()
    server.stop(0)


def test_a_lost_connection_goes_on_where_all_instances_are_alike(sandbox: Sandbox) -> None:
    server, port = serve(sandbox.endpoint_url)
    Engine(port, {"region": "eu-west-1"}).channel.close()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.use_local_subchannel_pool", 1)])
    stub = provider_pb2_grpc.ResourceProviderStub(channel)
    answer = stub.Check(provider_pb2.CheckRequest(urn=VPC, news=WIRE.encode({"cidrBlock": "10.0.0.0/16"})))
    assert decode(answer.inputs)["region"] == "eu-west-1"
    server.stop(0)


def test_a_preview_says_what_only_aws_knows(engine: Engine) -> None:
    id_, outputs = engine.create(VPC, {"cidrBlock": "10.0.0.0/16", "tags": {"a": UNKNOWN}}, preview=True)
    assert id_ == ""
    assert outputs["cidrBlock"] == "10.0.0.0/16"
    assert outputs["arn"] is outputs["id"] is outputs["mainRouteTableId"] is outputs["tagsAll"] is UNKNOWN


def test_secrets_are_taken_for_what_they_are(engine: Engine) -> None:
    answer = engine.check(VPC, {"cidrBlock": Secret("10.0.0.0/16")})
    assert decode(answer.inputs)["cidrBlock"] == "10.0.0.0/16"


def test_failures_of_a_check_name_the_property(engine: Engine) -> None:
    (failure,) = engine.check(VPC, {"cidr": "x"}).failures
    assert (failure.property, failure.reason) == ("cidr", "aws:ec2/vpc:Vpc has no property 'cidr'")


def test_a_refusal_of_aws_is_an_error_that_says_what_and_why(engine: Engine) -> None:
    with pytest.raises(grpc.RpcError) as failed:
        engine.create(VPC, {"cidrBlock": "10.0.0.0/30"})
    assert failed.value.code() is grpc.StatusCode.UNKNOWN
    assert failed.value.details().startswith("creating aws:ec2/vpc:Vpc: CreateVpc: InvalidVpc")


def test_a_half_made_resource_comes_with_its_details(engine: Engine) -> None:
    """An internet gateway is made before it turns out that its VPC does not exist."""
    urn = "urn:pulumi:serve::proj::aws:ec2/internetGateway:InternetGateway::way"
    with pytest.raises(grpc.RpcError) as failed:
        engine.create(urn, {"vpcId": "vpc-0123456789abcdef0"})
    metadata = dict(failed.value.trailing_metadata())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    details = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(details)
    assert details.id.startswith("igw-")
    assert "InvalidVpcID.NotFound" in details.reasons[0]
    assert decode(details.inputs)["vpcId"] == "vpc-0123456789abcdef0"
    engine.delete(urn, details.id)


def test_diffs_have_kinds_and_places(engine: Engine) -> None:
    kinds = provider_pb2.PropertyDiff
    olds = decode(engine.check(VPC, {"cidrBlock": "10.0.0.0/16", "tags": {"a": "1"}}).inputs)
    news = decode(engine.check(VPC, {"cidrBlock": "10.1.0.0/16", "tags": {"a": "2", "b": "1"}}).inputs)
    request = provider_pb2.DiffRequest(urn=VPC, id="vpc-1", old_inputs=WIRE.encode(olds), news=WIRE.encode(news))
    found = engine.stub.Diff(request)
    assert found.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(found.replaces) == ["cidrBlock"]
    assert found.hasDetailedDiff
    assert {path: one.kind for path, one in found.detailedDiff.items()} == {
        "cidrBlock": kinds.UPDATE_REPLACE,
        "tags.a": kinds.UPDATE,
        "tags.b": kinds.ADD,
        "tagsAll.a": kinds.UPDATE,
        "tagsAll.b": kinds.ADD,
    }


def test_another_region_is_another_provider(engine: Engine) -> None:
    request = provider_pb2.DiffRequest(
        old_inputs=WIRE.encode({"region": "a", "x": "1"}), news=WIRE.encode({"region": "b", "x": "1"})
    )
    found = engine.stub.DiffConfig(request)
    assert (list(found.diffs), list(found.replaces)) == (["region"], ["region"])


def test_wrong_settings_are_refused_before_anything_is_made(engine: Engine) -> None:
    answer = engine.stub.CheckConfig(
        provider_pb2.CheckRequest(news=WIRE.encode({"forbiddenAccountIds": '["123456789012"]'}))
    )
    assert [one.property for one in answer.failures] == ["forbiddenAccountIds"]


def test_functions_are_answered_or_named(engine: Engine) -> None:
    answer = engine.stub.Invoke(provider_pb2.InvokeRequest(tok="aws:index/getCallerIdentity:getCallerIdentity"))
    assert decode(getattr(answer, "return"))["accountId"] == "123456789012"
    with pytest.raises(grpc.RpcError) as failed:
        engine.stub.Invoke(provider_pb2.InvokeRequest(tok="aws:quicksight/getUser:getUser"))
    assert failed.value.details() == "the function aws:quicksight/getUser:getUser is not emulated by the sandbox"


def test_what_is_read_and_gone_has_no_id(engine: Engine) -> None:
    assert engine.stub.Read(provider_pb2.ReadRequest(urn=VPC, id="vpc-0123456789abcdef0")).id == ""
    engine.delete(VPC, "vpc-0123456789abcdef0")
