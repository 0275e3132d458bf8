"""A Kubernetes stack driven by the command line: what it makes lasts over a stop of the sandbox, and goes with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Shell

pytestmark = pytest.mark.e2e

PROGRAM = """
import json
import pulumi, pulumi_aws as aws, pulumi_kubernetes as k8s

from mlinfra.components.cluster.kubeconfig import kubeconfig

trust = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
role = aws.iam.Role("cluster", assume_role_policy=json.dumps(trust))
vpc = aws.ec2.Vpc("net", cidr_block="10.0.0.0/16")
subnets = [
    aws.ec2.Subnet(f"net-{zone}", vpc_id=vpc.id, cidr_block=f"10.0.{number}.0/24", availability_zone=f"us-east-1{zone}")
    for number, zone in enumerate("ab")
]
cluster = aws.eks.Cluster("main", role_arn=role.arn, vpc_config={"subnet_ids": [one.id for one in subnets]})
config = kubeconfig(
    name=cluster.name, endpoint=cluster.endpoint, certificate_authority=cluster.certificate_authority.data,
    role_arn=role.arn, region="us-east-1",
)
on = pulumi.ResourceOptions(provider=k8s.Provider("main", kubeconfig=config))
team = k8s.core.v1.Namespace("team", metadata={"name": "team"}, opts=on)
inside = pulumi.ResourceOptions(provider=on.provider, depends_on=[team])
web = k8s.core.v1.Service(
    "web", metadata={"namespace": "team"}, spec={"type": "LoadBalancer", "ports": [{"port": 80}]}, opts=inside
)
k8s.helm.v3.Release("kueue", name="kueue", chart="kueue", version="0.19.3", namespace="team", opts=inside)
pulumi.export("host", web.status.load_balancer.ingress[0].hostname)
"""


def test_objects_last_as_long_as_their_cluster(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: objects\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    shell.cwd = tmp_path
    assert shell.changes("up", "--yes")["create"] == 10
    held = shell.inventory()["kubernetes"]
    assert any(one.startswith("Service team/web-") for one in held)
    assert sum("kueue.x-k8s.io" in one for one in held) == 11

    shell.run("sandbox", "stop")
    assert "create" not in shell.changes("up", "--yes")
    assert shell.inventory()["kubernetes"] == held
    assert "recorded only" in shell.run("up", "--yes")

    shell.run("destroy", "--yes")
    assert shell.inventory() == {}
    shell.run("up", "--yes")
    shell.run("sandbox", "reset", "--yes")
    assert shell.inventory() == {}
