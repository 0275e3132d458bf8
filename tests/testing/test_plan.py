"""`mlinfra.testing.plan`: programs as functions and as folders, and what goes wrong in them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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


def test_what_aws_would_refuse_already_in_a_plan() -> None:
    def program() -> None:
        Thing("aws:ec2/subnet:Subnet", "s", cidr="10.0.0.0/24")

    with pytest.raises(PlanError) as error:
        plan(program)
    assert "has no property 'cidr'" in str(error.value)
    assert "needs the property 'vpcId'" in str(error.value)


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
