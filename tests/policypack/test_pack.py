"""The pack says over gRPC what the check says, and its settings mean what they say."""

from __future__ import annotations

import textwrap
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2

import mlinfra
from mlinfra import graph_states as graphs
from mlinfra.compliance import waiverfile
from mlinfra.compliance.check import run
from mlinfra.compliance.frameworks import frameworks
from mlinfra.compliance.profiles import Profile
from mlinfra.compliance.report import Report, Status
from mlinfra.engine import Options, Stack, preview
from mlinfra.graph import ResourceGraph
from mlinfra.offline.provider import OfflineSource
from mlinfra.policies.registry import RULES
from mlinfra.policypack.server import Pack, _today
from mlinfra.stack import deployment
from mlinfra.stack.codec import Wire
from mlinfra.stack.project import Project
from mlinfra.stack.state import ResourceState, Snapshot
from mlinfra.stack.values import UNKNOWN, Secret
from mlinfra.testing import assert_compliant

ROOT = Path(__file__).parents[2]
STACK_URN = "urn:pulumi:dev::demo::pulumi:pulumi:Stack::demo-dev"
BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
NO_REQUEST = empty_pb2.Empty()
MANDATORY, ADVISORY, DISABLED = analyzer_pb2.MANDATORY, analyzer_pb2.ADVISORY, analyzer_pb2.DISABLED


class Aborted(Exception):
    """The call was refused."""


class Context:
    """What a servicer uses of gRPC's context."""

    def abort(self, code: grpc.StatusCode, details: str) -> None:
        raise Aborted(f"{code.name}: {details}")


class Engine:
    """Talks to a pack as Pulumi's engine does."""

    def __init__(
        self, *, stack: str = "dev", dry_run: bool = True, config: dict[str, str] | None = None, **settings: Any
    ) -> None:
        self.pack, self.context = Pack(RULES), Context()
        levels = settings.pop("levels", {})
        configs = {name: analyzer_pb2.PolicyConfig(enforcementLevel=level) for name, level in levels.items()}
        if settings:
            configs["mlinfra-check"] = analyzer_pb2.PolicyConfig(enforcementLevel=ADVISORY)
            configs["mlinfra-check"].properties.update(settings)
        request = analyzer_pb2.AnalyzerStackConfigureRequest(
            stack=stack, project="demo", dry_run=dry_run, config=config or {}
        )
        self.pack.ConfigureStack(request, self.context)  # the order is the engine's
        self.pack.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=configs), self.context)

    def run(self, states: list[ResourceState]) -> list[Any]:
        """Everything that the pack says of the resources."""
        said: list[Any] = []
        for state in states:
            said += self.pack.Analyze(
                analyzer_pb2.AnalyzeRequest(**common(state, state.inputs)), self.context
            ).diagnostics
        resources = [
            analyzer_pb2.AnalyzerResource(
                **common(state, {"id": state.id or UNKNOWN, **state.outputs}),
                parent=state.parent,
                dependencies=state.dependencies,
                propertyDependencies={
                    key: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
                    for key, urns in state.property_dependencies.items()
                },
            )
            for state in states
        ]
        request = analyzer_pb2.AnalyzeStackRequest(resources=resources)
        return [*said, *self.pack.AnalyzeStack(request, self.context).diagnostics]


def common(state: ResourceState, properties: dict[str, Any]) -> dict[str, Any]:
    options = analyzer_pb2.AnalyzerResourceOptions(protect=state.protect, parent=state.parent)
    provider = analyzer_pb2.AnalyzerProviderResource(urn=state.provider.rpartition("::")[0])
    return {
        "urn": state.urn,
        "type": state.type,
        "name": state.urn.rpartition("::")[2],
        "properties": Wire().encode(properties),
        "options": options,
        "provider": provider if state.custom else None,
    }


def resource(type: str, name: str, inputs: dict[str, Any], refers: dict[str, str] | None = None) -> ResourceState:
    """A resource in a preview of the real engine: ids are not known, references are."""
    return ResourceState(
        urn=f"urn:pulumi:dev::demo::{type}::{name}", type=type, custom=True, inputs=inputs, outputs=dict(inputs),
        parent=STACK_URN, provider="urn:pulumi:dev::demo::pulumi:providers:aws::default::id",
        property_dependencies={key: [f"urn:pulumi:dev::demo::{BUCKET}::{other}"] for key, other in (refers or {}).items()},
    )  # fmt: skip


def block(name: str, **flags: Any) -> ResourceState:
    every = dict.fromkeys(["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"], True)
    return resource(BLOCK, name, {"bucket": UNKNOWN, **every, **flags}, {"bucket": name})


def bucket(name: str, **inputs: Any) -> ResourceState:
    return resource(BUCKET, name, inputs)


STACK = ResourceState(urn=STACK_URN, type="pulumi:pulumi:Stack")


def levels(said: list[Any], policy: str) -> dict[str, int]:
    return {one.urn.rpartition("::")[2]: one.enforcementLevel for one in said if one.policyName == policy}


def test_every_rule_is_a_policy() -> None:
    info = Pack(RULES).GetAnalyzerInfo(NO_REQUEST, Context())
    policies = {policy.name: policy for policy in info.policies}
    assert set(policies) == {"mlinfra-check", "mlinfra-attestation", *(rule.id for rule in RULES)}
    assert (info.name, info.version, info.supportsConfig) == ("mlinfra", mlinfra.__version__, True)
    shown = policies["s3-block-public"]
    assert shown.severity == analyzer_pb2.POLICY_SEVERITY_HIGH
    assert shown.framework.name in {one.title for one in frameworks().values()}
    assert shown.framework.specification
    assert any(tag.startswith("nist-800-53-r5:") for tag in shown.tags)
    assert all(policy.description and policy.message for policy in info.policies)


def test_a_preview_proves_by_reference() -> None:
    said = Engine().run([STACK, bucket("good"), block("good"), bucket("bad"), block("bad", blockPublicAcls=False)])
    assert levels(said, "s3-block-public") == {"bad": MANDATORY}


def test_what_a_preview_cannot_know_is_told_and_closed_on_request() -> None:
    states = [STACK, bucket("b"), block("b", blockPublicPolicy=UNKNOWN)]
    assert levels(Engine().run(states), "s3-block-public") == {"b": ADVISORY}
    assert levels(Engine(failClosed=True).run(states), "s3-block-public") == {"b": MANDATORY}
    assert levels(Engine(dry_run=False).run(states), "s3-block-public") == {"b": MANDATORY}
    message = next(one.message for one in Engine().run(states) if one.policyName == "s3-block-public")
    assert "`mlinfra check`" in message


def test_levels_are_the_users() -> None:
    states = [STACK, bucket("b")]
    assert levels(Engine(levels={"s3-block-public": ADVISORY}).run(states), "s3-block-public") == {"b": ADVISORY}
    assert levels(Engine(levels={"s3-block-public": DISABLED}).run(states), "s3-block-public") == {}


def test_secrets_are_not_shown() -> None:
    states = [STACK, bucket("b"), block("b", blockPublicAcls=Secret("hunter2"))]
    assert all("hunter2" not in one.message for one in Engine().run(states))


def test_the_profile_is_the_settings_or_the_stacks() -> None:
    strict = {rule.id for rule in RULES if "baseline" not in {str(profile) for profile in rule.profiles}}
    states = [STACK, bucket("b")]
    for engine in (Engine(profile="baseline"), Engine(config={"demo:profile": "baseline"})):
        assert not {one.policyName for one in engine.run(states)} & strict
    assert Engine(config={"demo:profile": "unheard of"}).run(states)


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"profile": "strict"}, "profile = 'strict'"),
        ({"failClosed": "yes"}, "failClosed = 'yes'"),
        ({"failOpen": True}, "no setting 'failOpen'"),
        ({"waivers": "nowhere.yaml"}, "no such file"),
        ({"regions": ["eu-mars-1"]}, "regions: there is no region 'eu-mars-1'"),
        ({"regions": "everywhere"}, "regions: there is no region 'everywhere'"),
        ({"config": {"mlinfra:regions": "{}"}}, "mlinfra:regions = '{}' is no list of regions"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], wrong: str) -> None:
    with pytest.raises(Aborted, match=wrong):
        Engine(**settings)


def test_regions_are_the_settings_or_the_stacks() -> None:
    provider = ResourceState(
        urn="urn:pulumi:dev::demo::pulumi:providers:aws::default", type="pulumi:providers:aws", custom=True,
        inputs={"region": "eu-west-1"}, outputs={"region": "eu-west-1"}, parent=STACK_URN,
    )  # fmt: skip
    states = [STACK, provider, bucket("b")]
    assert levels(Engine().run(states), "region-allowed") == {}
    for engine in (Engine(regions=["us-east-1"]), Engine(config={"mlinfra:regions": '["us-east-1"]'})):
        assert levels(engine.run(states), "region-allowed") == {"default": MANDATORY}
    settings_win = Engine(regions=["eu-west-1"], config={"mlinfra:regions": '["us-east-1"]'})
    assert levels(settings_win.run(states), "region-allowed") == {}


def test_waivers_hold(tmp_path: Path) -> None:
    file = tmp_path / "mlinfra.waivers.yaml"
    file.write_text(
        textwrap.dedent(
            f"""\
            waivers:
              - rule: s3-block-public
                scope: b
                reason: the site is public on purpose
                owner: web@example.com
                ticket: WEB-1
                expires: {_today() + timedelta(days=20)}
            """
        )
    )
    states = [STACK, bucket("b"), bucket("c")]
    said = Engine(waivers=str(file)).run(states)
    assert levels(said, "s3-block-public") == {"c": MANDATORY}


STACKS = ["dev", *(pytest.param(name, marks=pytest.mark.e2e) for name in ("baseline", "isolated", "prod"))]


@pytest.mark.parametrize("name", STACKS)
def test_every_path_says_the_same(name: str, tmp_path: Path) -> None:
    """Of our own stacks, with what trains and Kubernetes: check, state, test helper and pack, by rule and resource."""
    project = Project.load(ROOT)
    stack = Stack.open(project, name, home=tmp_path)
    result = preview(stack, Options(plugins=OfflineSource()), lambda _: None)
    assert not result.failed
    snapshot: Snapshot = result.snapshot
    profile = Profile(stack.config.values()["platform:profile"])
    waivers = ROOT / waiverfile.NAME

    def found(report: Report) -> set[tuple[str, str, str]]:
        return {(one.rule.id, one.resource.urn, str(one.status)) for one in report.findings}

    def checked(graph: ResourceGraph) -> Report:
        return run(graph, rules=RULES, profile=profile, waivers=waiverfile.load(waivers), today=_today())

    declared = checked(graphs.from_snapshot(snapshot))
    assert declared.passed, [str(one.rule.id) for one in declared.blocking]
    state = deployment.encode(snapshot, None)
    assert found(checked(graphs.from_document(state, where="the state"))) == found(declared)
    helper = assert_compliant(graphs.from_snapshot(snapshot), profile=profile, waivers=waivers, today=_today())
    assert found(helper) == found(declared)
    engine = Engine(stack=name, dry_run=False, profile=str(profile), waivers=str(waivers))
    assert [one for one in engine.run(snapshot.resources) if one.policyName != "mlinfra-check"] == []
    strict = Engine(stack=name, dry_run=False, profile="isolated", waivers=str(waivers)).run(snapshot.resources)
    expected = run(
        graphs.from_snapshot(snapshot),
        rules=RULES,
        profile=Profile.ISOLATED,
        waivers=waiverfile.load(waivers),
        today=_today(),
    )
    stack_urn = f"::{project.name}-{name}"
    assert {(one.policyName, one.urn) for one in strict if one.policyName != "mlinfra-check"} == {
        (one.rule.id, "" if one.resource.urn.endswith(stack_urn) else one.resource.urn)
        for one in expected.findings
        if one.status is not Status.WAIVED
    }
