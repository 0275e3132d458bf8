"""`mlinfra.testing.plan`: programs as functions and as folders, and what goes wrong in them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Sequence  # noqa: UP035 (what generated SDKs use)

import pulumi
import pytest

from mlinfra.errors import ConfigError
from mlinfra.testing import PlanError, ResourceGraph, Unknown, plan

PARAMETER, KEY, BUCKET = "aws:ssm/parameter:Parameter", "aws:kms/key:Key", "aws:s3/bucket:Bucket"


class Thing(pulumi.CustomResource):
    """A resource as a generated SDK declares it, without the seconds that importing one takes."""

    arn: pulumi.Output[str]
    hostedZoneId: pulumi.Output[str]  # noqa: N815

    def __init__(self, kind: str, name: str, opts: pulumi.ResourceOptions | None = None, **inputs) -> None:
        super().__init__(kind, name, {"arn": None, "hostedZoneId": None, **inputs}, opts)


def declare() -> None:
    config = pulumi.Config()
    bucket = Thing(BUCKET, "data", tags={"size": config.get("size") or "none"})
    Thing(
        "aws:s3/bucketPolicy:BucketPolicy", "policy", bucket=bucket.id, policy=bucket.arn.apply(lambda arn: f"{arn}/*")
    )
    pulumi.export("arn", bucket.arn)
    pulumi.export("zone", bucket.hostedZoneId)
    pulumi.export("shape", config.get_object("shape"))
    pulumi.export("where", [pulumi.get_project(), pulumi.get_stack(), pulumi.runtime.is_dry_run()])


def folder(where: Path, program: str, config: str = "") -> Path:
    where.mkdir(exist_ok=True)
    (where / "Pulumi.yaml").write_text(f"name: p\nruntime: python\n{config}")
    (where / "__main__.py").write_text(program)
    return where


def check(graph: ResourceGraph) -> None:
    (bucket,) = graph.of_type(BUCKET)
    (policy,) = graph.of_type("aws:s3/bucketPolicy:BucketPolicy")
    assert policy.get("policy") == f"arn:aws:s3:::{bucket.id}/*"
    assert graph.references(policy, "policy") == [bucket]
    assert bucket.output("hostedZoneId") == Unknown("hostedZoneId", (bucket.urn,))
    assert graph.outputs["arn"] == bucket.output("arn")
    assert isinstance(graph.outputs["zone"], Unknown)


def test_a_function() -> None:
    graph = plan(declare)
    check(graph)
    assert graph.outputs["where"] == ["test", "test", True]
    assert graph.of_type(BUCKET)[0].source is not None


def test_a_function_with_configuration() -> None:
    graph = plan(declare, config={"size": 3, "shape": {"a": [1]}}, stack="prod", project="shop")
    assert graph.of_type(BUCKET)[0].get("tags.size") == "3"
    assert graph.outputs["shape"] == {"a": [1]}
    assert graph.outputs["where"] == ["shop", "prod", True]


def test_provider_configuration() -> None:
    graph = plan(declare, config={"aws:region": "eu-west-1", "aws:defaultTags": {"tags": {"team": "ml"}}})
    (bucket,) = graph.of_type(BUCKET)
    assert bucket.get("region") == "eu-west-1"
    assert bucket.get("tagsAll") == {"size": "none", "team": "ml"}


def test_a_folder(tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); from test_plan import declare; declare()"
    )
    project = folder(tmp_path / "p", program, "config: {size: {default: small}}\n")
    graph = plan(project)
    check(graph)
    assert graph.of_type(BUCKET)[0].get("tags.size") == "small"
    (project / "Pulumi.dev.yaml").write_text("config: {size: large}\n")
    assert plan(str(project), stack="dev").of_type(BUCKET)[0].get("tags.size") == "large"
    assert plan(project, stack="dev", config={"size": "huge"}).of_type(BUCKET)[0].get("tags.size") == "huge"
    assert sorted(p.name for p in project.iterdir()) == ["Pulumi.dev.yaml", "Pulumi.yaml", "__main__.py"]


def test_plans_do_not_know_of_each_other() -> None:
    def one() -> None:
        Thing(KEY, "one")

    def other() -> None:
        Thing(KEY, "other")

    assert [node.name for node in plan(one).of_type(KEY)] == ["one"]
    assert [node.name for node in plan(other).of_type(KEY)] == ["other"]


def test_an_async_function() -> None:
    async def program() -> None:
        Thing(KEY, "one")

    assert len(plan(program).of_type(KEY)) == 1


def test_what_a_function_raises_is_raised() -> None:
    class OwnError(Exception):
        pass

    def program() -> None:
        Thing(KEY, "one")
        raise OwnError("mine")

    with pytest.raises(OwnError, match="mine"):
        plan(program)


def test_what_an_apply_raises_is_raised() -> None:
    def program() -> None:
        Thing(KEY, "one").arn.apply(lambda arn: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        plan(program)


def test_a_missing_setting_is_pulumis_own_error() -> None:
    def program() -> None:
        pulumi.Config().require("size")

    with pytest.raises(pulumi.ConfigMissingError, match="test:size"):
        plan(program)


def test_a_broken_folder(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as error:
        plan(folder(tmp_path / "p", "raise ValueError('mine')"))
    assert "stack p/test cannot be planned" in str(error.value)
    assert "ValueError: mine" in str(error.value)


def test_a_cluster_and_what_runs_on_it() -> None:
    class Provider(pulumi.ProviderResource):
        pass

    def program() -> None:
        key = Thing(KEY, "one")
        cluster = Provider("kubernetes", "cluster", {"kubeconfig": key.hostedZoneId})
        Thing("kubernetes:core/v1:Namespace", "ml", pulumi.ResourceOptions(provider=cluster), metadata={"name": "ml"})

    graph = plan(program)
    (namespace,) = graph.of_type("kubernetes:core/v1:Namespace")
    assert namespace.id == "ml"
    assert isinstance(graph.node(namespace.provider).get("kubeconfig"), Unknown)


def test_what_aws_would_refuse_already_in_a_plan() -> None:
    def program() -> None:
        Thing("aws:ec2/subnet:Subnet", "s", cidr="10.0.0.0/24")

    with pytest.raises(PlanError) as error:
        plan(program)
    assert "has no property 'cidr'" in str(error.value)
    assert "needs the property 'vpcId'" in str(error.value)


def test_a_region_that_does_not_exist() -> None:
    with pytest.raises(PlanError, match="there is no region 'eu-west-9' in the catalog"):
        plan(declare, config={"aws:region": "eu-west-9"})


def test_no_project(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no Pulumi\.yaml"):
        plan(tmp_path)


def test_fixtures(mlinfra_plan, mlinfra_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    assert os.environ["MLINFRA_HOME"] == str(mlinfra_home)
    assert len(mlinfra_plan(lambda: Thing(KEY, "one") and None).of_type(KEY)) == 1
    assert not mlinfra_home.exists()


def test_pytest_starts_without_anything_heavy() -> None:
    code = "import sys, mlinfra.testing.fixtures; print(sorted({'pulumi', 'grpc', 'yaml', 'pydantic', 'google'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_no_such_name() -> None:
    import mlinfra.testing

    with pytest.raises(AttributeError, match="no attribute 'absent'"):
        _ = mlinfra.testing.absent


@pulumi.output_type
class LookedUp:
    """What `aws.ec2.get_ami` would return, in part."""

    def __init__(self, id: str, tags: list[str], public: bool) -> None:
        if (id and not isinstance(id, str)) or (tags and not isinstance(tags, list)):
            raise TypeError("as generated SDKs check it")
        for name, value in (("id", id), ("tags", tags), ("public", public)):
            pulumi.set(self, name, value)

    @property
    @pulumi.getter
    def id(self) -> str:
        return pulumi.get(self, "id")

    @property
    @pulumi.getter
    def tags(self) -> Sequence[str]:
        return pulumi.get(self, "tags")

    @property
    @pulumi.getter
    def public(self) -> bool:
        return pulumi.get(self, "public")


def test_what_only_aws_knows_is_unknown_however_it_is_asked() -> None:
    def program() -> None:
        asked = pulumi.runtime.invoke_output("aws:ec2/getAmi:getAmi", {}, typ=LookedUp)
        known = pulumi.runtime.invoke("aws:ec2/getAmi:getAmi", {}, typ=LookedUp).value
        Thing(KEY, "one", description=asked.id, policy=known.id, tags={"a": f"x-{known.id}", "b": known.tags[0]})
        pulumi.export("text", f"<{known.id}>")
        pulumi.export("public", known.public)

    graph = plan(program)
    (key,) = graph.of_type(KEY)
    unknown = {found.path for found in key.unknowns()}
    assert unknown == {"description", "policy", "tags.a", "tags.b", "tagsAll.a", "tagsAll.b"}
    assert graph.outputs == {"text": Unknown("text")}


def test_what_can_be_told_is_known_however_it_is_asked() -> None:
    def program() -> None:
        token = "aws:index/getCallerIdentity:getCallerIdentity"
        pulumi.export("now", pulumi.runtime.invoke(token, {}).value["accountId"])
        pulumi.export("later", pulumi.runtime.invoke_output(token, {}).apply(lambda found: found["accountId"]))

    assert plan(program).outputs == {"now": "123456789012", "later": "123456789012"}


def test_a_function_that_nothing_answers_is_named() -> None:
    def program() -> None:
        pulumi.runtime.invoke("conf:index:echo", {})

    with pytest.raises(Exception, match="the function conf:index:echo cannot be answered in a plan"):
        plan(program)


def test_a_stack_that_is_referred_to_is_given_or_not_known(mlinfra_plan) -> None:
    def program() -> None:
        other = pulumi.StackReference("organization/network/dev")
        aws.s3.BucketPolicy("policy", bucket=other.require_output("bucket"), policy="{}")

    import pulumi
    import pulumi_aws as aws

    known = mlinfra_plan(program, references={"organization/network/dev": {"bucket": "data-1"}})
    assert known.named("policy")[0].get("bucket") == "data-1"
    (policy,) = mlinfra_plan(program).named("policy")
    assert isinstance(policy.get("bucket"), Unknown)
