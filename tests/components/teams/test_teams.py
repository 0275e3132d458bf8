"""A team's place on a cluster: what is declared, what is refused, and that every rule passes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

import mlinfra as ml
from mlinfra.catalog.team_roles import permissions, team_personas
from mlinfra.components.cluster.reference import ClusterReference
from mlinfra.components.pools.reference import CapacityKind, PoolReference, Provisioner
from mlinfra.components.teams.connections import TeamConnection, TrafficDirection
from mlinfra.components.teams.quota import ContainerDefaults, TeamQuota
from mlinfra.components.teams.teams import PodSecurity, TeamSpace, TeamSpaceArgs
from mlinfra.testing import assert_compliant, plan

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
    "node_role_arn": "arn:aws:iam::123456789012:role/nodes",
    "volume_key_arn": "arn:aws:kms:eu-central-1:123456789012:key/one",
}
QUOTA = {"cpu": 256, "memory_gib": 2048}
ENOUGH = {"cluster": CLUSTER, "members": {"data-scientist": ["vision-science"]}, "quota": QUOTA}


def pool(**other: Any) -> PoolReference:
    given = {
        "name": "h100",
        "provisioner": Provisioner.MANAGED,
        "capacity": CapacityKind.RESERVATION,
        "instance_types": ["p5.48xlarge"],
        "zones": ["eu-central-1a"],
        "max_nodes": 4,
        "devices": {"nvidia.com/gpu": 8, "vpc.amazonaws.com/efa": 32},
    }
    return PoolReference(**(given | other))


@pytest.fixture(scope="module")
def graph():
    def program() -> None:
        provider = kubernetes.Provider("cluster", kubeconfig="{}")
        args = TeamSpaceArgs(
            cluster=ClusterReference(**CLUSTER),
            members={"data-scientist": ["vision-science", "guests"], "auditor": ["audit"]},
            quota=TeamQuota(**QUOTA, gpus=16, efa_interfaces=64),
            pools=[pool(), pool(name="mig", devices={"nvidia.com/mig-1g.10gb": 14})],
            connections=[
                TeamConnection(name="endpoints", direction=TrafficDirection.TO, cidr="10.0.0.0/16", ports=[443]),
                TeamConnection(
                    name="metrics",
                    direction=TrafficDirection.FROM,
                    namespace="monitoring",
                    pod_labels={"a_b": "c"},
                    ports=[9],
                ),
                TeamConnection(name="links", direction=TrafficDirection.TO, cidr="169.254.0.0/16", ports=[443]),
            ],
            service_accounts=["trainer"],
        )
        space = TeamSpace("vision", args, pulumi.ResourceOptions(provider=provider))
        kubernetes.core.v1.ConfigMap(
            "later", metadata={"namespace": space.namespace}, opts=pulumi.ResourceOptions(provider=provider)
        )

    return plan(program)


def one(graph, kind: str, name: str) -> Any:
    (found,) = [node for node in graph if node.type.endswith(f":{kind}") and node.get("metadata.name") == name]
    return found


def test_the_namespace_enforces_its_standard_at_the_version_of_the_cluster(graph) -> None:
    labels = one(graph, "Namespace", "vision").get("metadata.labels")
    assert labels == {"mlinfra/team": "vision"} | {
        f"pod-security.kubernetes.io/{mode}{what}": value
        for mode in ("enforce", "audit", "warn")
        for what, value in (("", "restricted"), ("-version", "v1.35"))
    }


def test_everything_is_in_the_namespace(graph) -> None:
    objects = [node for node in graph.resources() if not node.type.endswith(":Namespace") and node.name != "later"]
    assert objects
    assert {node.get("metadata.namespace") for node in objects} == {"vision"}


def test_what_comes_into_the_namespace_waits_for_quota_and_policies(graph) -> None:
    (later,) = graph.named("later")
    needed = {node.type.rpartition(":")[2] for node in graph.dependencies(later)}
    assert {"Namespace", "ResourceQuota", "LimitRange", "NetworkPolicy"} <= needed


def test_the_quota_names_every_device_of_the_cluster(graph) -> None:
    hard = one(graph, "ResourceQuota", "quota").get("spec.hard")
    assert hard["requests.nvidia.com/gpu"] == "16"
    assert hard["requests.vpc.amazonaws.com/efa"] == "64"
    assert hard["requests.nvidia.com/mig-1g.10gb"] == "0"
    assert hard["requests.aws.amazon.com/neuron"] == "0"
    assert hard["services.nodeports"] == hard["services.loadbalancers"] == "0"
    assert not [name for name in hard if "deviceclass" in name]


def test_containers_that_say_nothing_get_something(graph) -> None:
    limits = one(graph, "LimitRange", "limits").get("spec.limits")
    assert limits[0] == {
        "type": "Container",
        "default": {"memory": "2Gi"},
        "defaultRequest": {"cpu": "500m", "memory": "2Gi"},
    }


def test_only_what_is_named_passes(graph) -> None:
    policies = {
        node.get("metadata.name"): node.get("spec") for node in graph.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    }  # fmt: skip
    assert set(policies) == {"default-deny", "dns", "identity", "internal", "endpoints", "metrics", "links"}
    assert policies["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert policies["dns"]["egress"][0]["to"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ]
    assert policies["metrics"]["ingress"] == [
        {
            "from": [
                {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}},
                    "podSelector": {"matchLabels": {"a_b": "c"}},
                }
            ],
            "ports": [{"protocol": "TCP", "port": 9}],
        }
    ]
    links = policies["links"]["egress"][0]["to"][0]["ipBlock"]
    assert links == {"cidr": "169.254.0.0/16", "except": ["169.254.169.254/32"]}


def test_members_have_the_role_of_their_persona(graph) -> None:
    binding = one(graph, "RoleBinding", "data-scientist")
    assert [subject["name"] for subject in binding.get("subjects")] == ["vision-science", "guests"]
    assert {subject["kind"] for subject in binding.get("subjects")} == {"Group"}
    assert binding.get("roleRef.name") == "data-scientist"
    assert {node.get("metadata.name") for node in graph if node.type.endswith(":Role")} == {"data-scientist", "auditor"}


def test_no_service_account_carries_a_token_of_itself(graph) -> None:
    accounts = [one(graph, "ServiceAccountPatch", "default"), one(graph, "ServiceAccount", "trainer")]
    assert {account.get("automountServiceAccountToken") for account in accounts} == {False}


@pytest.mark.parametrize("profile", ["baseline", "regulated", "isolated"])
def test_no_rule_objects(graph, profile: str) -> None:
    assert_compliant(graph, profile=profile, today=date(2026, 11, 22))


def test_under_dra_gpus_are_counted_by_device_class_as_well() -> None:
    quota = TeamQuota(**QUOTA, gpus=8, device_classes={"mig.nvidia.com": 2, "efa.example.com": 4})
    hard = quota.hard([pool(dra=True)])
    assert hard["requests.nvidia.com/gpu"] == "8"
    assert {name: amount for name, amount in hard.items() if "deviceclass" in name} == {
        "gpu.nvidia.com.deviceclass.resource.k8s.io/devices": "8",
        "mig.nvidia.com.deviceclass.resource.k8s.io/devices": "2",
        "efa.example.com.deviceclass.resource.k8s.io/devices": "4",
    }


def test_without_internal_traffic_pods_of_one_team_do_not_meet(declare) -> None:
    def program() -> None:
        opts = pulumi.ResourceOptions(provider=kubernetes.Provider("cluster", kubeconfig="{}"))
        auto = {
            "cluster": CLUSTER | {"auto_mode": True},
            "internal_traffic": False,
            "pod_security": PodSecurity.BASELINE,
        }
        TeamSpace("auto", TeamSpaceArgs(**(ENOUGH | auto)), opts)

    declared = declare(program)
    policies = {
        node.get("metadata.name"): node for node in declared.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    }
    assert set(policies) == {"default-deny", "dns", "identity"}
    networks = [peer["ipBlock"]["cidr"] for peer in policies["dns"].get("spec.egress")[0]["to"]]
    assert "0.0.0.0/0" not in networks
    assert "10.0.0.0/8" in networks


@pytest.mark.parametrize("shells", [False, True])
@pytest.mark.parametrize("persona", team_personas())
def test_no_persona_reads_secrets_or_gives_itself_more(persona: str, shells: bool) -> None:
    for permission in permissions(persona, shells=shells):
        assert "*" not in {*permission.resources, *permission.verbs, permission.group}
        assert "secrets" not in permission.resources
        assert not {"bind", "escalate", "impersonate"} & set(permission.verbs)
        if set(permission.verbs) - {"get", "list", "watch"}:
            assert persona != "auditor"
            assert permission.group not in ("rbac.authorization.k8s.io", "networking.k8s.io")
            assert not {"resourcequotas", "limitranges", "namespaces", "serviceaccounts"} & set(permission.resources)


@pytest.mark.parametrize("persona", team_personas())
def test_shells_open_only_where_they_are_asked_for_and_only_to_those_who_start_pods(persona: str) -> None:
    def opens(**asked: bool) -> bool:
        return any("pods/exec" in permission.resources for permission in permissions(persona, **asked))

    assert not opens()
    assert opens(shells=True) == (persona in ("data-scientist", "ml-engineer"))


CONNECTION = {"name": "registry", "direction": "to", "cidr": "10.0.0.0/16", "ports": [443]}
NOBODY = "members"
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nobody": ({"members": {}}, "nobody could use"),
    "no persona": ({"members": {"intern": ["a"]}}, "'intern' has no role in a team"),
    "break-glass": ({"members": {"break-glass": ["a"]}}, "access policy of EKS"),
    "a persona of nobody": ({"members": {"auditor": []}}, "auditor is nobody"),
    "everybody": ({"members": {"auditor": ["system:authenticated"]}}, "a group of Kubernetes or AWS"),
    "masters": ({"members": {"auditor": ["system:masters"]}}, "a group of Kubernetes or AWS"),
    "a wildcard": ({"members": {"auditor": ["*"]}}, "no wildcards"),
    "a namespace of Kubernetes": ({"namespace": "kube-vision"}, "belongs to the cluster"),
    "the default namespace": ({"namespace": "default"}, "belongs to the cluster"),
    "a namespace of node agents": ({"namespace": "gpu-operator"}, "belongs to the cluster"),
    "a name that is none": ({"namespace": "Vision"}, "is not the name of a namespace"),
    "a long name": ({"namespace": "v" * 64}, "63 characters"),
    "nothing to run on": ({"quota": QUOTA | {"cpu": 0}}, "nothing could run"),
    "less than no GPUs": ({"quota": QUOTA | {"gpus": -1}}, "less than nothing"),
    "GPUs twice": ({"quota": QUOTA | {"devices": {"nvidia.com/gpu": 1}}}, "give gpus"),
    "EFA twice": ({"quota": QUOTA | {"devices": {"vpc.amazonaws.com/efa": 1}}}, "give efa_interfaces"),
    "the GPUs' class": ({"quota": QUOTA | {"device_classes": {"gpu.nvidia.com": 1}}}, "give gpus"),
    "no device": ({"quota": QUOTA | {"devices": {"gpu": 1}}}, "not the name of a device"),
    "no device class": ({"quota": QUOTA | {"device_classes": {"GPU!": 1}}}, "not the name of a device class"),
    "what no pool has": ({"quota": QUOTA | {"neuron_devices": 1}, "pools": [pool()]}, "no pool offers aws.amazon.com/neuron"),
    "the default account": ({"service_accounts": ["default"]}, "an account of its own"),
    "two accounts": ({"service_accounts": ["a", "a"]}, "two are called 'a'"),
    "two connections": ({"connections": [CONNECTION, CONNECTION]}, "two are called 'registry'"),
    "default-deny again": ({"connections": [CONNECTION | {"name": "default-deny"}]}, "every team's space has"),
    "no other side": ({"connections": [CONNECTION | {"cidr": None}]}, "with whom"),
    "two other sides": ({"connections": [CONNECTION | {"namespace": "a"}]}, "two other sides"),
    "labels of a network": ({"connections": [CONNECTION | {"pod_labels": {"a": "b"}}]}, "no pods with labels"),
    "no ports": ({"connections": [CONNECTION | {"ports": []}]}, "open on every port"),
    "no port": ({"connections": [CONNECTION | {"ports": [0]}]}, "0 is not a port"),
    "no network": ({"connections": [CONNECTION | {"cidr": "10.0.0.1/16"}]}, "host bits"),
    "the metadata service": ({"connections": [CONNECTION | {"cidr": "169.254.169.254/32"}]}, "role of their node"),
    "the whole world in": ({"connections": [CONNECTION | {"cidr": "::/0", "direction": "from"}]}, "everybody could call"),
    "no amount": ({"defaults": {"memory": "lots"}}, "is not an amount"),
    "no size": ({"defaults": {"volume_gib": 0}}, "hold nothing"),
    "privileged pods": ({"pod_security": "privileged"}, "pod_security"),
}  # fmt: skip


@pytest.mark.parametrize(("wrong", "says"), REFUSED.values(), ids=list(REFUSED))
def test_refused(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ml.ArgumentError) as refused:
        TeamSpaceArgs(**(ENOUGH | wrong))
    assert says in str(refused.value)
    assert "fix: " in str(refused.value)


def test_a_team_whose_name_is_the_clusters_needs_another_namespace(declare) -> None:
    def program() -> None:
        opts = pulumi.ResourceOptions(provider=kubernetes.Provider("cluster", kubeconfig="{}"))
        with pytest.raises(ml.ArgumentError, match="belongs to the cluster"):
            TeamSpace("default", TeamSpaceArgs(**ENOUGH), opts)
        TeamSpace("default", TeamSpaceArgs(**(ENOUGH | {"namespace": "team-default"})), opts)

    assert declare(program).of("kubernetes:core/v1:Namespace")[0].get("metadata.name") == "team-default"


def test_defaults_are_what_the_documentation_says() -> None:
    args = TeamSpaceArgs(**ENOUGH)
    assert (args.shells, args.internal_traffic, args.pod_security) == (False, True, PodSecurity.RESTRICTED)
    assert ContainerDefaults().memory == "2Gi"
