"""What every component keeps to."""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.experimental.util import camel_case

import mlinfra
import mlinfra as ml
from mlinfra.components.component import Component, public_outputs
from mlinfra.components.registry import COMPONENTS
from mlinfra.graph import Node, ResourceGraph
from tests.components.docstrings import IN_ORDER
from tests.components.docstrings import program as examples_of_docstrings

ACCOUNT = {"id": "123456789012", "region": "eu-central-1"}
KEY = "arn:aws:kms:eu-central-1:123456789012:key/one"
VPC, SUBNET = "vpc-0123456789abcdef0", "subnet-0123456789abcdef0"
EXAMPLES: dict[str, dict[str, Any]] = {
    "Network": {
        "account": ACCOUNT,
        "cidr": "10.0.0.0/16",
        "zones": ["eu-central-1a", "eu-central-1b"],
        "logs_key_arn": KEY,
    },
    "KeyRing": {"account": ACCOUNT},
    "AccessLogBucket": {"account": ACCOUNT},
    "DataBucket": {"purpose": "models", "classification": "internal", "key_arn": KEY, "access_log_bucket": "logs"},
    "FileSystem": {
        "account": ACCOUNT,
        "key_arn": KEY,
        "vpc_id": VPC,
        "zones": ["eu-central-1a", "eu-central-1b"],
        "subnet_ids": [SUBNET, SUBNET],
        "access_points": {"home": {"uid": 1000}},
    },
    "LustreFileSystem": {"key_arn": KEY, "logs_key_arn": KEY, "vpc_id": VPC, "subnet_id": SUBNET},
    "ImageRepository": {"account": ACCOUNT, "key_arn": KEY, "repositories": ["training", "team/serving"]},
    "Secret": {"account": ACCOUNT, "key_arn": KEY, "description": "A password"},
    "AuditTrail": {"account": ACCOUNT, "logs_key_arn": KEY, "access_log_bucket": "logs", "notify": True},
}
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
ROLE = {"account": ACCOUNT, "boundary_arn": BOUNDARY}
CLUSTER_ARN = "arn:aws:eks:eu-central-1:123456789012:cluster/platform"
POD = {**ROLE, "namespace": "training", "service_account": "trainer"}
EXAMPLES |= {
    "PermissionsBoundary": {"account": ACCOUNT},
    "ServiceRole": {**ROLE, "service": "sagemaker"},
    "PodRole": {**POD, "cluster_arn": CLUSTER_ARN},
    "ServiceAccountRole": {**POD, "provider_arn": "arn:aws:iam::123456789012:oidc-provider/oidc.eks/id/EXAMPLE"},
    "GitHubProvider": {"account": ACCOUNT},
    "GitHubRole": {
        **ROLE,
        "provider_arn": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
        "repository": "my-company/models",
        "branch": "main",
    },
    "Personas": {
        **ROLE,
        "emergency_boundary_arn": BOUNDARY,
        "sign_in": {"saml_provider_arn": "arn:aws:iam::123456789012:saml-provider/company"},
        "break_glass_principals": ["arn:aws:iam::123456789012:user/emergency"],
        "logs_key_arn": KEY,
        "log_group_name": "trail",
        "alarm_topic_arn": TOPIC,
    },
    "AuditAlarms": {
        "account": ACCOUNT,
        "log_group_name": "trail",
        "logs_key_arn": KEY,
        "emails": ["security@example.com"],
    },
    "ConfigRecorder": {"account": ACCOUNT, "logs_key_arn": KEY, "access_log_bucket": "logs"},
    "ThreatDetection": {
        "account": ACCOUNT,
        "alarm_topic_arn": TOPIC,
        "archive": {"logs_key_arn": KEY, "access_log_bucket": "logs"},
    },
    "AccountBaseline": {"account": ACCOUNT},
}
CLUSTER = {
    "name": "platform",
    "arn": CLUSTER_ARN,
    "version": "1.35",
    "account": ACCOUNT,
    "endpoint": "https://0123456789ABCDEF.gr7.eu-central-1.eks.amazonaws.com",
    "vpc_id": VPC,
    "zones": ["eu-central-1a", "eu-central-1b"],
    "subnet_ids": [SUBNET, SUBNET],
    "security_group_id": "sg-0123456789abcdef0",
    "node_role_arn": "arn:aws:iam::123456789012:role/nodes",
    "volume_key_arn": KEY,
}
GPU_POOL = {
    "name": "training",
    "provisioner": "managed",
    "capacity": "on-demand",
    "instance_types": ["g6.12xlarge"],
    "zones": ["eu-central-1a"],
    "max_nodes": 4,
    "accelerator_vendor": "nvidia",
    "accelerator_model": "L4",
    "accelerators_per_node": 4,
    "resource": "nvidia.com/gpu",
    "devices": {"nvidia.com/gpu": 4},
    "driver_in_image": True,
}
EXAMPLES |= {
    "CostWatch": {"monthly_usd": 20000, "emails": ["finops@example.com"]},
    "DeviceLayer": {"cluster": CLUSTER, "pools": [GPU_POOL]},
    "Karpenter": {"cluster": CLUSTER, "boundary_arn": BOUNDARY, "queue_key_arn": KEY},
    "TeamSpace": {
        "cluster": CLUSTER,
        "members": {"data-scientist": ["vision-science"], "auditor": ["audit"]},
        "quota": {"cpu": 64, "memory_gib": 256, "gpus": 4},
        "pools": [GPU_POOL],
    },
    "TrainingCluster": {
        "cluster": CLUSTER,
        "boundary_arn": BOUNDARY,
        "pools": [GPU_POOL],
        "teams": {"vision": {"namespace": "vision", "shares": {"training": {"nodes": 1}}}},
    },
    "Cluster": {
        **ROLE,
        "vpc_id": VPC,
        "zones": ["eu-central-1a", "eu-central-1b"],
        "subnet_ids": [SUBNET, SUBNET],
        "control_subnet_ids": [SUBNET, SUBNET],
        "key_arn": KEY,
        "logs_key_arn": KEY,
        "administrators": ["arn:aws:iam::123456789012:role/deployer"],
    },
    "NodePool": {"cluster": CLUSTER, "instance_types": ["m7i.2xlarge"], "nodes": 3},
    "GpuNodePool": {"cluster": CLUSTER, "instance_types": ["g6.12xlarge"], "nodes": 2},
}
SUBNETS = {"zones": ["eu-central-1a", "eu-central-1b"], "subnet_ids": [SUBNET, SUBNET]}
EXAMPLES |= {
    "SecurityBaseline": {
        "account": ACCOUNT,
        "logs_key_arn": KEY,
        "volume_key_arn": KEY,
        "access_log_bucket": "logs",
        "emails": ["security@example.com"],
    },
    "Storage": {
        **SUBNETS,
        "account": ACCOUNT,
        "key_arns": dict.fromkeys(["data", "artifacts", "secrets", "logs"], KEY),
        "access_log_bucket": "logs",
        "vpc_id": VPC,
        "buckets": {"datasets": "internal"},
        "file_systems": {"shared": {"access_points": {"home": {"uid": 1000}}}},
        "lustre": {"scratch": {"bucket": "datasets"}},
        "repositories": ["training"],
        "secrets": {"tracking": "A password"},
    },
    "Compute": {
        "cluster": EXAMPLES["Cluster"],
        "pools": {"gpu": {"instance_types": ["g6.12xlarge"], "max_nodes": 2}},
        "teams": {"vision": {"members": {"auditor": ["audit"]}, "quota": {"cpu": 64, "memory_gib": 256, "gpus": 4}}},
        "training": {"teams": {"vision": {"shares": {"gpu": {"nodes": 1}}, "datasets": ["datasets"]}}},
        "stores": {
            "datasets": {
                "classification": "internal",
                "key_arn": KEY,
                "bucket": {"bucket_arn": "arn:aws:s3:::datasets"},
            }
        },
    },
}
TRAINING = {
    "teams": {
        "vision": {
            "name": "vision",
            "namespace": "vision",
            "queue": "training",
            "priorities": ["research", "production"],
            "service_account": "trainer",
            "driver_account": "spark",
            "role_arn": "arn:aws:iam::123456789012:role/trainer",
            "pools": ["training"],
            "checkpoints": {"claim": "checkpoints", "classification": "internal", "key_arn": KEY, "read_only": False},
        }
    },
    "pools": {"training": GPU_POOL},
    "operators": dict.fromkeys(["kueue", "jobset", "kubeflow-trainer", "kuberay-operator", "spark-operator"], "1.0.0"),
}
JOB = {
    "training": TRAINING,
    "team": "vision",
    "image": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/vision/train@sha256:" + "0" * 64,
}
SMALL = {"cpu": "2", "memory": "8Gi"}
EXAMPLES |= {
    "PyTorchJob": {**JOB, "script": "train.py", "resources": SMALL},
    "TensorFlowJob": {**JOB, "script": "train.py", "workers": {"resources": SMALL}},
    "SparkJob": {
        **JOB,
        "script": "prepare.py",
        "spark_version": "4.0.1",
        "driver": SMALL,
        "executors": {"resources": SMALL},
    },
    "RayTrainJob": {
        **JOB,
        "script": "tune.py",
        "ray_version": "2.55.1",
        "head": SMALL,
        "workers": {"cpu": {"resources": SMALL}},
    },
    "TrainingValidation": {**JOB, "pool": "training", "bus_bandwidth": 5, "slow_network": True},
}
IMAGE = JOB["image"]
MANAGED = {"account": ACCOUNT, "boundary_arn": BOUNDARY, "vpc_id": VPC, "subnet_ids": [SUBNET]}
STORE = {"bucket_arn": "arn:aws:s3:::models", "key_arn": KEY, "classification": "internal"}
REPOSITORY = "arn:aws:ecr:eu-central-1:123456789012:repository/training"
EXAMPLES |= {
    "BatchTraining": {
        **MANAGED,
        "volume_key_arn": KEY,
        "logs_key_arn": KEY,
        "instance_types": ["g6.12xlarge"],
        "max_nodes": 2,
        "pull_from": [REPOSITORY],
        "teams": {"vision": {}},
    },
    "BatchPyTorchJob": {
        "batch": {
            "region": "eu-central-1",
            "instance_types": ["g6.12xlarge"],
            "max_nodes": 2,
            "capacity": "on-demand",
            "efa_per_node": 0,
            "log_group_name": "jobs",
            "execution_role_arn": "arn:aws:iam::123456789012:role/execution",
            "teams": {"vision": {"role_arn": "arn:aws:iam::123456789012:role/vision"}},
        },
        "team": "vision",
        "image": IMAGE,
        "script": "train.py",
    },
    "SparkServerless": {
        **MANAGED,
        "logs_key_arn": KEY,
        "release": "emr-7.9.0",
        "max_vcpus": 8,
        "teams": {"vision": {}},
    },
    "SageMakerTraining": {
        **MANAGED,
        "key_arn": KEY,
        "instance_type": "ml.g6.12xlarge",
        "image": IMAGE,
        "pull_from": [REPOSITORY],
        "script": "train.py",
        "output": STORE,
    },
}
NAMED_BY_AWS = {"aws:guardduty/detectorFeature:DetectorFeature"}
SCHEMA = Path(__file__).parent / "schema.json"

every_component = pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.__name__)


def options(component: type[Component[Any]]) -> pulumi.ResourceOptions | None:
    """What a component must be told besides its arguments: the cluster, when it declares Kubernetes objects."""
    if not component._needs_kubernetes:
        return None
    return pulumi.ResourceOptions(provider=kubernetes.Provider("cluster", kubeconfig="{}"))


def declared_first(graph: ResourceGraph) -> Node:
    """The component itself, among those that it is made of."""
    return next(node for node in graph if node.package == "mlinfra")


def made(declare, component: type[Component[Any]], name: str = "thing"):
    return declare(lambda: component(name, EXAMPLES[component.__name__], options(component))).graph


@every_component
def test_the_type_names_module_and_class_and_a_dict_will_do_for_arguments(declare, component) -> None:
    node = declared_first(made(declare, component))
    assert node.type == f"mlinfra:{component.__module__.rpartition('.')[2]}:{component.__name__}"


@every_component
def test_every_annotated_output_is_registered_and_nothing_else(declare, component) -> None:
    node = declared_first(made(declare, component))
    assert set(node.outputs) == {camel_case(name) for name in public_outputs(component)}
    assert all(value is not None for value in node.outputs.values())


@every_component
def test_every_child_has_the_component_as_parent_and_its_name_as_prefix(declare, component) -> None:
    graph = made(declare, component)
    children = graph.resources()
    assert children
    assert {graph.component(child).type.partition(":")[0] for child in children} == {"mlinfra"}
    assert all(child.name.startswith("thing-") for child in children)


@every_component
def test_two_of_a_kind_live_side_by_side(declare, component) -> None:
    def program() -> None:
        opts = options(component)
        for name in ("one", "two"):
            component(name, EXAMPLES[component.__name__], opts)

    resources = [node for node in declare(program).graph.resources() if node.type not in NAMED_BY_AWS]
    names = [(node.type, node.inputs.get("name")) for node in resources]
    named = [name for name in names if name[1]]
    assert len(set(named)) == len(named)


@every_component
def test_every_output_and_argument_is_documented(component) -> None:
    args = component._args_type
    assert [name for name, field in args.model_fields.items() if not field.description] == []
    sources = [ast.parse(inspect.getsource(cls)).body[0] for cls in component.__mro__ if issubclass(cls, Component)]
    documented = {
        statement.target.id
        for source in sources
        if isinstance(source, ast.ClassDef)
        for statement, following in zip(source.body, source.body[1:], strict=False)
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and isinstance(following, ast.Expr)
        and isinstance(following.value, ast.Constant)
    }
    assert set(public_outputs(component)) <= documented
    assert component.__doc__


@every_component
def test_a_name_that_aws_would_not_take_is_refused_before_anything_is_registered(declare, component) -> None:
    def program() -> None:
        for name in ("", "Data", "a_b", "-a", "a--b", "a" * 25, "1a", None, 3, "ü"):
            with pytest.raises(ml.ArgumentError, match=rf"{component.__name__}: name = .*\n  fix: "):
                component(name, EXAMPLES[component.__name__])

    assert not declare(program).graph.resources()


@every_component
def test_what_are_not_its_arguments_is_refused_before_anything_is_registered(declare, component) -> None:
    def program() -> None:
        for args in (None, 3, "args", [("cidr", 1)], {1: 2}, {"nonsense": True}):
            with pytest.raises(ml.ArgumentError, match=rf'{component.__name__} "thing": '):
                component("thing", args)

    assert not declare(program).graph.resources()


def test_an_error_ends_a_pulumi_program_without_a_traceback() -> None:
    assert issubclass(ml.ArgumentError, pulumi.RunError)


def test_the_examples_of_the_docstrings_run_as_one_program(declare) -> None:
    assert set(IN_ORDER) == set(COMPONENTS)
    declared = declare(lambda: exec(examples_of_docstrings(), {}))
    assert {node.type.rpartition(":")[2] for node in declared.graph if node.package == "mlinfra"} == {
        component.__name__ for component in IN_ORDER
    }


def test_the_readmes_program_runs(declare) -> None:
    text = (Path(__file__).parents[2] / "components/README.md").read_text()
    (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    graph = declare(lambda: exec(program, {}))
    assert graph.one("mlinfra:network:Network").outputs["vpcId"] == graph.one("aws:ec2/vpc:Vpc").id


def test_schema_inference_sees_everything() -> None:
    """Update the snapshot with `python tests/components/test_components.py` after looking at the difference."""
    assert inferred() == json.loads(SCHEMA.read_text())


def test_the_schema_requires_what_has_no_default_and_describes_everything() -> None:
    resources = inferred()["resources"]
    for component in COMPONENTS:
        resource = resources[f"mlinfra:index:{component.__name__}"]
        fields = component._args_type.model_fields
        assert set(resource["inputProperties"]) == {camel_case(name) for name in fields}
        assert set(resource["requiredInputs"]) == {camel_case(n) for n, field in fields.items() if field.is_required()}
        assert set(resource["properties"]) == {camel_case(name) for name in public_outputs(component)}
        assert all(p["description"] for p in [*resource["inputProperties"].values(), *resource["properties"].values()])


def test_the_component_host_constructs_from_what_comes_over_the_wire(declare) -> None:
    provider = ComponentProvider([*COMPONENTS], "mlinfra", version=mlinfra.__version__)
    inputs = {
        "account": ACCOUNT,
        "cidr": "10.0.0.0/16",
        "zones": ["eu-central-1a", "eu-central-1b"],
        "logsKeyArn": KEY,
        "profile": "baseline",
        "logRetentionDays": 400.0,
    }
    results = []
    graph = declare(lambda: results.append(provider.construct("net", "mlinfra:index:Network", inputs)))
    assert {group.inputs["retentionInDays"] for group in graph.of("aws:cloudwatch/logGroup:LogGroup")} == {400}
    assert len(graph.of("aws:ec2/natGateway:NatGateway")) == 1
    assert set(results[0].state) == {camel_case(name) for name in public_outputs(ml.Network)}


def inferred() -> dict[str, Any]:
    schema = json.loads(ComponentProvider([*COMPONENTS], "mlinfra", version=mlinfra.__version__).schema or "")
    del schema["version"]
    return schema


def test_the_public_names_are_these() -> None:
    from mlinfra import settings

    assert {component.__name__ for component in COMPONENTS} <= set(ml.__all__)
    assert {name for name in vars(settings) if name.endswith("Settings")} <= set(ml.__all__)
    assert all(getattr(ml, name) for name in ml.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = ml.nonsense  # type: ignore[attr-defined]


def test_importing_the_package_does_not_import_the_aws_sdk(tmp_path: Path) -> None:
    import subprocess

    code = "import sys, mlinfra, mlinfra.errors; sys.exit('pulumi_aws' in sys.modules or 'pulumi' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


if __name__ == "__main__":
    SCHEMA.write_text(json.dumps(inferred(), indent=2) + "\n")
