"""Plans from a warm process and from a quick one: the same as from a fresh one, whatever was saved in between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlinfra.engine import Stack, program
from mlinfra.graph import ResourceGraph
from mlinfra.offline.plan import PlanError, plan_fresh
from mlinfra.offline.quick import quick_plan
from mlinfra.offline.warm import Warm
from mlinfra.stack.project import Project

PROGRAM = """
import pulumi_aws as aws
import helper

bucket = aws.s3.Bucket("data", tags={"name": helper.NAME})
aws.s3.BucketVersioning("data", bucket=bucket.id, versioning_configuration={"status": "Enabled"})
aws.ec2.SecurityGroup("open", ingress=[aws.ec2.SecurityGroupIngressArgs(
    protocol="tcp", from_port=22, to_port=22, cidr_blocks=["0.0.0.0/0"])])
aws.ec2.SecurityGroup("also", ingress=[{"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]}])
print("declared", helper.NAME)
"""


def facts(graph: ResourceGraph) -> dict[str, Any]:
    """Everything about a graph, with what has no order in order."""
    return {
        node.urn: (
            node.type, node.parent, node.id, node.inputs, node.outputs, node.provider, node.external, node.options,
            node.source, node.secrets, {key: sorted(urns) for key, urns in node.edges.items()}, sorted(node.depends_on),
        )
        for node in graph
    }  # fmt: skip


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setenv("MLINFRA_HOME", str(tmp_path / "home"))
    folder = tmp_path / "warm"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: warm\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    (folder / "__main__.py").write_text(PROGRAM)
    (folder / "helper.py").write_text("NAME = 'first'\n")
    return opened(folder)


def opened(folder: Path) -> Stack:
    return Stack.open(Project.load(folder), "dev", passphrase="test")


@pytest.fixture
def warm(stack: Stack) -> Iterator[Warm]:
    made = Warm(stack)
    yield made
    made.close()


def test_the_ways_to_plan_say_the_same(stack: Stack, warm: Warm) -> None:
    fresh = facts(plan_fresh(stack))
    assert facts(quick_plan(stack)) == fresh
    assert facts(warm.plan(stack)) == fresh
    assert facts(warm.plan(stack)) == fresh


def test_what_was_saved_counts(stack: Stack, warm: Warm) -> None:
    folder = stack.project.root
    warm.plan(stack)
    assert warm.files == [str(folder / "helper.py")]
    (folder / "helper.py").write_text("NAME = 'the second'\n")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-north-1\n")
    graph = warm.plan(opened(folder))
    assert graph.named("data")[0].get("tags") == {"name": "the second"}
    assert ":eu-north-1:" in graph.named("also")[0].output("arn")


def test_a_broken_program_is_told_and_the_next_is_none_the_worse(stack: Stack, warm: Warm) -> None:
    program = stack.project.root / "__main__.py"
    program.write_text("import pulumi_aws as aws\naws.s3.Bukket('x')\n")
    with pytest.raises(PlanError, match="Bukket"):
        warm.plan(stack)
    program.write_text("import sys\nsys.exit(7)\n")
    with pytest.raises(PlanError):
        warm.plan(stack)
    program.write_text(PROGRAM)
    assert warm.plan(stack).named("data")


def test_what_the_program_prints_and_does_at_its_exit_is_seen(stack: Stack, warm: Warm) -> None:
    program = stack.project.root / "__main__.py"
    program.write_text("import atexit\nprint('one')\natexit.register(lambda: print('two'))\n")
    for plan in (plan_fresh, quick_plan, warm.plan):
        said: list[str] = []
        plan(stack, emit=lambda event: said.append(getattr(event, "message", "")))  # noqa: B023
        assert [one.strip() for one in said if one.strip() in ("one", "two")] == ["one", "two"]


FOREIGN = """
import json
import pulumi
import pulumi_aws as aws
from pulumi_aws import ec2
from pulumi_aws.iam import get_policy_document_output

args = ec2.SecurityGroupIngressArgs(protocol="tcp", from_port=22, to_port=22, cidr_blocks=["0.0.0.0/0"])
role = aws.iam.Role("role", assume_role_policy=get_policy_document_output(statements=[aws.iam.GetPolicyDocumentStatementArgs(
    actions=["sts:AssumeRole"], principals=[{"type": "Service", "identifiers": ["ec2.amazonaws.com"]}])]).json)
group = ec2.SecurityGroup("group", ingress=[args], tags={"role": role.name})
class Site(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("site:index:Site", name)
        bucket = aws.s3.Bucket(name, opts=pulumi.ResourceOptions(parent=self))
        rule = aws.s3.BucketLifecycleConfigurationRuleArgs(id="old", status="Enabled", expiration={"days": 30})
        aws.s3.BucketLifecycleConfiguration(name, bucket=bucket.id, rules=[rule], opts=pulumi.ResourceOptions(parent=bucket))
Site("site")
aws.lambda_.Function("fn", role=role.arn, runtime=aws.lambda_.Runtime.PYTHON3D12, handler="a.b", code=pulumi.AssetArchive({}))
pulumi.export("zones", aws.get_availability_zones().names)
"""


def test_a_program_with_the_sdks_loaded_at_once_is_planned_the_same(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    (stack.project.root / "__main__.py").write_text(FOREIGN)
    needed = facts(plan_fresh(stack))
    assert len(needed) > 6
    monkeypatch.setattr(program, "RUNNER", Path(__file__).with_name("eager.py"))
    assert facts(plan_fresh(stack)) == needed


def test_threads_that_a_program_leaves_do_not_keep_it(stack: Stack, warm: Warm) -> None:
    left = "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor().submit(lambda: print('left')).result()\n"
    (stack.project.root / "__main__.py").write_text(left + PROGRAM)
    for plan in (plan_fresh, warm.plan):
        assert plan(stack).named("data")
