"""The platform stack in each configuration that the repository ships."""

from __future__ import annotations

import pytest

from mlinfra.catalog.aws_types import AwsType, lookup
from mlinfra.catalog.endpoints import endpoints, needed
from mlinfra.catalog.endpoints import names as names_of
from mlinfra.graph import Node, ResourceGraph
from mlinfra.testing import PlanError

STACKS = ["baseline", "dev", "prod", "isolated"]
EXPORTED = {
    *("vpcId", "workloadSubnetIds", "dataSubnetIds", "controlSubnetIds", "podSubnetIds", "egressIps", "endpointIds"),
    *("keyArns", "bucketNames", "fileSystemIds", "lustreMounts", "repositoryUrls", "secretArns", "accessLogBucket"),
    *("trailArn", "logArchive", "alarmTopicArn", "detectorId", "configHistory", "boundaryArn", "trainingRoleArn"),
    *("clusterName", "clusterAdministratorArn"),
}
ONCE = (
    *("keys:KeyRing", "network:Network", "access_logs:AccessLogBucket", "images:ImageRepository", "audit:AuditTrail"),
    *("audit_alarms:AuditAlarms", "config_recorder:ConfigRecorder", "detection:ThreatDetection"),
    *("account_baseline:AccountBaseline", "boundary:PermissionsBoundary", "roles:ServiceRole"),
    *("cluster:Cluster", "cost_watch:CostWatch"),
    *("security_baseline:SecurityBaseline", "storage:Storage", "compute:Compute"),
)


@pytest.mark.parametrize("stack", STACKS)
def test_it_declares_the_foundation_and_says_where_it_is(planned, stack: str) -> None:
    graph = planned(stack)
    for component in ONCE:
        assert len(graph.of_type(f"mlinfra:{component}")) == 1
    assert graph.outputs.keys() == EXPORTED
    buckets = graph.of_type("mlinfra:storage:DataBucket")
    assert graph.outputs["bucketNames"].keys() == {node.name.removeprefix("platform-") for node in buckets}


@pytest.mark.parametrize("stack", STACKS)
def test_all_but_what_aws_alone_knows_is_known_before_deploying(planned, stack: str) -> None:
    unknown = {(node.type, value.path) for node in planned(stack).resources() for value in node.unknowns()}
    groups_of_eks = {("aws:autoscaling/schedule:Schedule", "autoscalingGroupName")}
    assert unknown == (groups_of_eks if stack == "dev" else set())


@pytest.mark.parametrize("stack", STACKS)
def test_everything_is_tagged(planned, stack: str) -> None:
    wanted = {"owner", "cost-center", "environment", "data-classification", "project", "stack"}
    taking = [node for node in of_aws(planned(stack)) if "tags" in type_of(node).schema.inputs]
    assert len(taking) > len(wanted)
    assert {node.type for node in taking if not wanted <= (node.get("tags") or {}).keys()} == set()


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_speaks_with_the_world(planned, stack: str) -> None:
    graph = planned(stack)
    rules = (
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    )
    for rule in graph.of_type(*rules):
        assert rule.get("cidrIpv4") != "0.0.0.0/0"
    for subnet in graph.of_type("aws:ec2/subnet:Subnet"):
        assert subnet.get("mapPublicIpOnLaunch") is False
    assert bool(graph.of_type("aws:ec2/route:Route")) == (stack != "isolated")


@pytest.mark.parametrize("stack", STACKS)
def test_logs_and_data_never_share_a_key(planned, stack: str) -> None:
    graph = planned(stack)
    keys = {
        node.name: [key.name for key in graph.references(node, "rules")]
        for node in graph.of_type(
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
        )
    }
    assert keys["platform-archive-encryption"] == ["platform-logs"]
    assert keys["platform-datasets-bucket-encryption"] == ["platform-data"]
    assert keys["platform-models-bucket-encryption"] == ["platform-artifacts"]
    assert keys["platform-access-logs-encryption"] == []


@pytest.mark.parametrize(
    ("stack", "protected"), [("baseline", False), ("dev", False), ("prod", True), ("isolated", False)]
)
def test_deletion_protection_covers_what_holds_state(planned, stack: str, protected: bool) -> None:
    kinds = (
        *("aws:kms/key:Key", "aws:s3/bucket:Bucket", "aws:cloudtrail/trail:Trail", "aws:efs/fileSystem:FileSystem"),
        *("aws:fsx/lustreFileSystem:LustreFileSystem", "aws:ecr/repository:Repository"),
        "aws:secretsmanager/secret:Secret",
    )
    assert {node.options.protect for node in planned(stack).of_type(*kinds)} == {protected}


def test_the_trail_watches_every_data_bucket(planned) -> None:
    graph = planned("prod")
    (trail,) = graph.of_type("aws:cloudtrail/trail:Trail")
    watched = {node.name for node in graph.references(trail, "advancedEventSelectors")}
    assert watched == {f"{node.name}-bucket" for node in graph.of_type("mlinfra:storage:DataBucket")}
    assert len(watched) == 5


def test_restricted_buckets_are_bound_to_the_networks_endpoint(planned) -> None:
    graph = planned("prod")
    (endpoint,) = graph.named("platform-endpoint-s3")
    bound = {node.name for node in graph.dependents(endpoint, "aws:s3/bucketPolicy:BucketPolicy")}
    assert bound == {"platform-datasets-bucket-policy", "platform-features-bucket-policy"}


def test_every_bucket_of_an_isolated_platform_is_bound_to_the_endpoint(planned) -> None:
    graph = planned("isolated")
    (endpoint,) = graph.named("platform-endpoint-s3")
    assert len(graph.dependents(endpoint, "aws:s3/bucketPolicy:BucketPolicy")) == 2


def of_aws(graph: ResourceGraph) -> list[Node]:
    return [node for node in graph.resources() if node.package == "aws"]


def type_of(node: Node) -> AwsType:
    found = lookup(node.type)
    assert found, node.type
    return found


def brought(graph: ResourceGraph) -> set[str]:
    """The component classes in use."""
    return {node.type.rpartition(":")[2] for node in graph if node.package == "mlinfra"}


def reached(graph: ResourceGraph) -> set[str]:
    """The services that the network offers privately."""
    by_name = {endpoint.service_name("us-east-1"): service for service, endpoint in endpoints().items()}
    return {by_name[str(node.get("serviceName"))] for node in graph.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")}


@pytest.mark.parametrize("stack", ["dev", "prod", "isolated"])
def test_every_service_that_a_component_in_use_needs_is_reached_privately(planned, stack: str) -> None:
    graph = planned(stack)
    wanted = set(needed(brought(graph)))
    assert {"s3", "kms", "ecr.api", "ecr.dkr", "elasticfilesystem", "fsx", "secretsmanager"} <= wanted
    assert wanted <= reached(graph)


def test_a_service_that_nobody_needs_is_not_paid_for(planned) -> None:
    assert "elasticfilesystem" not in reached(planned("dev", fileSystems={}))
    assert reached(planned("baseline")) == {"s3", "dynamodb"}


def test_an_isolated_platform_has_no_way_out(planned) -> None:
    graph = planned("isolated")
    for kind in ("internetGateway:InternetGateway", "natGateway:NatGateway", "eip:Eip", "route:Route"):
        assert not graph.of_type(f"aws:ec2/{kind}")
    (names,) = graph.named("platform-dns-firewall-allowed")
    assert set(names.inputs["domains"]) == set(names_of("us-east-1"))
    assert needed(["eks", "sagemaker"])
    assert set(needed(["eks", "sagemaker"])) <= reached(graph)


def test_file_systems_stand_in_the_data_tier_and_show_the_buckets_asked_for(planned) -> None:
    graph = planned("prod")
    data = {node.name for node in graph.of_type("aws:ec2/subnet:Subnet") if "-data-" in node.name}
    for target in graph.of_type("aws:efs/mountTarget:MountTarget"):
        subnets = [node for node in graph.references(target, "subnetId") if node.type == "aws:ec2/subnet:Subnet"]
        assert {node.name for node in subnets} <= data
        assert subnets
    shown = {
        node.name: node.inputs["s3"].keys()
        for node in graph.of_type("aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation")
    }
    assert shown["platform-training-bucket"] == {"autoImportPolicy"}
    assert shown["platform-checkpoints-bucket"] == {"autoImportPolicy", "autoExportPolicy"}


def test_a_tag_is_an_update_and_nothing_else(planned) -> None:
    before, after = ({n.urn: n for n in planned("dev", **change).resources()} for change in ({}, {"owner": "another"}))
    assert before.keys() == after.keys()
    changed = {
        name for urn, old in before.items() for name in old.inputs if old.inputs[name] != after[urn].inputs.get(name)
    }
    assert changed == {"tags", "tagsAll"}


def test_bad_settings_end_the_program_with_their_text_alone(planned) -> None:
    with pytest.raises(PlanError) as error:
        planned("dev", cidr="10.0.0.0/30", zonez=["us-east-1a"])
    text = str(error.value)
    assert "Pulumi.dev.yaml: platform:cidr = '10.0.0.0/30': too small" in text
    assert "Pulumi.dev.yaml: platform:zonez = '[\"us-east-1a\"]': not known here\n  fix: did you mean zones?" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("stack", ["dev", "prod", "isolated"])
def test_the_regulated_foundation_is_whole_and_nothing_is_merely_recorded(planned, stack: str) -> None:
    found = of_aws(planned(stack))
    assert len(found) >= 150
    assert {type_of(node).fidelity for node in found} <= {"moto", "overlay"}


def test_what_the_organisation_owns_is_used_and_not_made_again(planned) -> None:
    trail = "arn:aws:cloudtrail:us-east-1:999999999999:trail/organization"
    topic = "arn:aws:sns:us-east-1:123456789012:alarms"
    owned = {
        "trail": {"trailArn": trail, "archiveBucketName": "log-archive", "logGroupName": "organization-trail"},
        "alarmTopic": topic,
        "configRecorder": "default",
        "detection": {"detectorId": "12abc34d567e8fa901bc2d34e56789f0", "securityHub": True, "accessAnalyzer": True},
        "accountSettings": ["imds"],
    }
    graph = planned("dev", organization=owned, alarmEmails=[], monthlyBudget="null")
    for made in ("cloudtrail/trail:Trail", "sns/topic:Topic", "cfg/recorder:Recorder", "guardduty/detector:Detector"):
        assert not graph.of_type(f"aws:{made}")
    assert not graph.of_type("aws:securityhub/account:Account", "aws:accessanalyzer/analyzer:Analyzer")
    assert graph.outputs["trailArn"] == trail
    assert graph.outputs["alarmTopicArn"] == topic


def test_the_platform_has_a_cluster_with_three_kinds_of_gpus_and_a_team(planned) -> None:
    graph = planned("dev")
    pools = {node.name: node for node in graph.of_type("aws:eks/nodeGroup:NodeGroup")}
    assert set(pools) == {
        f"platform-{name}" for name in ("system", "general-nodes", "inference-nodes", "training-nodes")
    }
    assert pools["platform-inference-nodes"].get("capacityType") == "ON_DEMAND"
    (elastic,) = graph.of_type("kubernetes:karpenter.sh/v1:NodePool")
    assert "spot" in str(elastic.inputs["spec"])
    (efa,) = graph.named("platform-training-efa")[:1]
    assert efa
    reserved = next(node for node in graph.named("platform-training-nodes") if node.type.endswith("LaunchTemplate"))
    assert "cr-0123456789abcdef0" in str(reserved.inputs["capacityReservationSpecification"])
    quota = next(node for node in graph.of_type("kubernetes:core/v1:ResourceQuota") if "vision" in node.name)
    assert quota.inputs["spec"]["hard"]["requests.nvidia.com/gpu"] == "24"


def test_everything_in_the_cluster_belongs_to_its_provider(planned) -> None:
    graph = planned("dev")
    (provider,) = graph.of_type("pulumi:providers:kubernetes")
    inside = [node for node in graph.resources() if node.package == "kubernetes"]
    assert len(inside) > 20
    assert all(provider.urn in node.provider for node in inside)


def test_pools_and_teams_need_a_cluster(planned) -> None:
    with pytest.raises(PlanError) as error:
        planned("dev", cluster="null")
    assert "platform:pools" in str(error.value)
    assert "there is no cluster for them" in str(error.value)
