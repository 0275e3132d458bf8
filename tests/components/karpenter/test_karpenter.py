"""Karpenter's controller: what it may touch, what it hears, what is installed, and what is refused."""

from __future__ import annotations

import fnmatch
import json
import re
from datetime import date
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

import mlinfra as ml
from mlinfra.catalog.charts import chart
from mlinfra.components.account import Account
from mlinfra.components.documents import Document
from mlinfra.components.karpenter.karpenter import Karpenter, KarpenterArgs
from mlinfra.components.karpenter.policies import controller_policy
from mlinfra.testing import assert_compliant, plan

ACCOUNT = Account(id="123456789012", region="eu-central-1")
KEY = "arn:aws:kms:eu-central-1:123456789012:key/one"
NODES = "arn:aws:iam::123456789012:role/nodes"
CLUSTER: dict[str, Any] = {
    "name": "platform",
    "arn": "arn:aws:eks:eu-central-1:123456789012:cluster/platform",
    "version": "1.35",
    "account": {"id": "123456789012", "region": "eu-central-1"},
    "endpoint": "https://example.eks.amazonaws.com",
    "vpc_id": "vpc-0123456789abcdef0",
    "zones": ["eu-central-1a"],
    "subnet_ids": ["subnet-0123456789abcdef0"],
    "security_group_id": "sg-0123456789abcdef0",
    "node_role_arn": NODES,
    "volume_key_arn": KEY,
}
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
ENOUGH = {"cluster": CLUSTER, "boundary_arn": BOUNDARY, "queue_key_arn": KEY}
TAGS = {"owner": "ml-platform", "cost-center": "4711", "environment": "dev"}


@pytest.fixture(scope="module")
def graph():
    def program() -> None:
        ml.tag_everything(TAGS)
        keys = ml.KeyRing("main", ml.KeyRingArgs(account=ACCOUNT))
        boundary = ml.PermissionsBoundary("main", ml.PermissionsBoundaryArgs(account=ACCOUNT))
        args = KarpenterArgs(
            **(ENOUGH | {"boundary_arn": boundary.policy_arn, "queue_key_arn": keys.arn(ml.KeyPurpose.LOGS)}),
            spot_to_spot=True,
        )
        Karpenter("karpenter", args, pulumi.ResourceOptions(provider=kubernetes.Provider("cluster", kubeconfig="{}")))

    return plan(program)


def one(graph, kind: str, name: str) -> Any:
    (found,) = [node for node in graph if node.type.endswith(f":{kind}") and node.name == f"karpenter-{name}"]
    return found


@pytest.mark.parametrize("profile", ["baseline", "regulated", "isolated"])
def test_no_rule_objects(graph, profile: str) -> None:
    assert_compliant(graph, profile=profile, today=date(2026, 11, 22))


def test_the_definitions_come_first_and_the_controller_brings_none(graph) -> None:
    definitions, controller = one(graph, "Release", "crd"), one(graph, "Release", "controller")
    assert definitions.get("chart") == chart("karpenter-crd").chart
    assert controller.get("chart") == chart("karpenter").chart
    assert definitions.get("version") == controller.get("version") == chart("karpenter").version
    assert controller.get("skipCrds") is True
    needed = graph.dependencies(controller)
    assert definitions in needed
    assert {one(graph, "RolePolicy", "role"), one(graph, "PodIdentityAssociation", "association")} <= {*needed}


def test_the_controller_is_told_its_cluster_its_queue_and_its_features(graph) -> None:
    values = one(graph, "Release", "controller").get("values")
    assert values["replicas"] == 2
    assert values["settings"] == {
        "clusterName": "platform",
        "clusterEndpoint": CLUSTER["endpoint"],
        "interruptionQueue": one(graph, "Queue", "notices").output("name"),
        "isolatedVPC": True,
        "featureGates": {
            "nodeRepair": True,
            "staticCapacity": True,
            "spotToSpotConsolidation": True,
            "reservedCapacity": True,
        },
    }


def test_it_gets_its_role_by_pod_identity_for_its_service_account_alone(graph) -> None:
    association, role = one(graph, "PodIdentityAssociation", "association"), one(graph, "Role", "role")
    (statement,) = json.loads(role.get("assumeRolePolicy"))["Statement"]
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert statement["Condition"]["StringEquals"]["aws:RequestTag/kubernetes-service-account"] == "karpenter"
    assert association.get("serviceAccount") == "karpenter"
    assert association.get("clusterName") == "platform"
    assert role.get("permissionsBoundary")


def test_it_hears_of_everything_that_ends_an_instance(graph) -> None:
    rules = graph.of_type("aws:cloudwatch/eventRule:EventRule")
    told = {json.loads(rule.get("eventPattern"))["detail-type"][0] for rule in rules}
    assert told == {
        "EC2 Spot Instance Interruption Warning",
        "EC2 Instance Rebalance Recommendation",
        "EC2 Instance State-change Notification",
        "EC2 Capacity Reservation Instance Interruption Warning",
        "AWS Health Event",
    }
    queue = one(graph, "Queue", "notices")
    targets = graph.of_type("aws:cloudwatch/eventTarget:EventTarget")
    assert [target.get("arn") for target in targets] == [queue.output("arn")] * len(rules)
    assert queue.get("messageRetentionSeconds") == 300
    assert json.loads(queue.get("redrivePolicy"))["deadLetterTargetArn"] == one(graph, "Queue", "unread").output("arn")


def statements(document: Document) -> dict[str, Any]:
    return {statement["Sid"]: statement for statement in document.render()["Statement"]}


@pytest.fixture(scope="module")
def allowed() -> dict[str, Any]:
    return statements(
        controller_policy(
            ACCOUNT,
            cluster_name="platform",
            cluster_arn=CLUSTER["arn"],
            node_role_arn=NODES,
            volume_key_arn=KEY,
            queue_arn="arn:aws:sqs:eu-central-1:123456789012:notices",
            queue_key_arn=KEY,
        )
    )


# What ends or changes something, and the tag that it must carry: of what is there, or of what is made.
@pytest.mark.parametrize(
    ("action", "key"),
    [
        ("ec2:TerminateInstances", "aws:ResourceTag/eks:eks-cluster-name"),
        ("ec2:DeleteLaunchTemplate", "aws:ResourceTag/eks:eks-cluster-name"),
        ("ec2:CreateLaunchTemplate", "aws:RequestTag/eks:eks-cluster-name"),
        ("ec2:CreateTags", "aws:R*Tag/eks:eks-cluster-name"),
    ],
)
def test_it_touches_only_what_carries_the_name_of_its_cluster(allowed, action: str, key: str) -> None:
    granting = [
        one
        for one in allowed.values()
        if action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    ]
    assert granting
    for statement in granting:
        equal = statement["Condition"]["StringEquals"]
        assert next(value for name, value in equal.items() if fnmatch.fnmatch(name, key)) == "platform"


def test_nodes_get_one_role_and_its_own_reads_are_the_only_ones_without_bounds(allowed) -> None:
    assert allowed["GiveNodesTheirRole"]["Resource"] == NODES
    assert allowed["GiveNodesTheirRole"]["Condition"] == {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    everywhere = [sid for sid, one in allowed.items() if one["Resource"] == "*"]
    assert everywhere == ["See", "SeeProfiles"]
    assert all(action.startswith("ec2:Describe") for action in allowed["See"]["Action"])
    assert not [one for one in allowed.values() if "*" in str(one["Action"])]
    of_iam = {action for action in re.findall(r"iam:\w+", str(allowed)) if action != "iam:PassedToService"}
    assert of_iam == {"iam:GetInstanceProfile", "iam:ListInstanceProfiles", "iam:PassRole"}


def test_only_rules_of_the_account_send_and_only_over_tls(graph) -> None:
    policy = json.loads(one(graph, "QueuePolicy", "notices").get("policy"))["Statement"]
    sends, refuses = policy
    assert sends["Principal"] == {"Service": "events.amazonaws.com"}
    assert sends["Condition"] == {"ArnLike": {"aws:SourceArn": "arn:aws:events:eu-central-1:123456789012:rule/*"}}
    assert (refuses["Effect"], refuses["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "Auto Mode": ({"cluster": CLUSTER | {"auto_mode": True}}, "automode.html"),
    "one controller": ({"replicas": 1}, "give 2 or more"),
    "two versions": ({"versions": {"karpenter": "1.15.0"}}, "karpenter and karpenter-crd differ"),
    "another chart": ({"versions": {"kueue": "0.19.3"}}, "'kueue' is not installed here"),
    "no boundary": ({"boundary_arn": "boundary"}, "boundary_arn"),
    "no key": ({"queue_key_arn": "key"}, "queue_key_arn"),
}


@pytest.mark.parametrize(("wrong", "says"), REFUSED.values(), ids=list(REFUSED))
def test_refused(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ml.ArgumentError) as refused:
        KarpenterArgs(**(ENOUGH | wrong))
    assert says in str(refused.value)
    assert "fix: " in str(refused.value)
