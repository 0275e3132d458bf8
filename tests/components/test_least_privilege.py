"""What roles can do and cannot, by evaluation as AWS does it: policies, boundaries, keys' and buckets' policies.

The tables in access/ list it for every persona and for some workloads: [action, resource, what the request carries].
"""

from __future__ import annotations

import functools
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import mlinfra as ml
from mlinfra.sandbox.iam import Outcome, Policies, Policy, Principal, Request, evaluate
from tests.components.access.platform import (
    ACCESS_POINT,
    ACCOUNT,
    CLUSTER,
    FILE_SYSTEM,
    OIDC,
    REGION,
    REPOSITORY,
    SAML,
    SECRET,
    TRAINING_LOG,
    graph,
    one,
)

TABLES = Path(__file__).parent / "access"
PERSONAS = [persona.value for persona in ml.Persona]
WORKLOADS = {"training": "training-role", "release": "release-role"}


@functools.cache
def names() -> dict[str, str]:
    """What the tables call the platform's parts."""
    bucket, key, role = "aws:s3/bucket:Bucket", "aws:kms/key:Key", "aws:iam/role:Role"
    github = one("aws:iam/openIdConnectProvider:OpenIdConnectProvider", "github-oidc").outputs["arn"]
    return {
        "account": ACCOUNT, "region": REGION, "saml": SAML, "oidc": OIDC, "cluster": CLUSTER, "github": github,
        "issuer": OIDC.split("oidc-provider/")[1], "github_issuer": github.split("oidc-provider/")[1],
        "repository": REPOSITORY, "secret": SECRET, "file_system": FILE_SYSTEM, "access_point": ACCESS_POINT,
        "datasets": one(bucket, "datasets-bucket").outputs["arn"], "models": one(bucket, "models-bucket").outputs["arn"],
        "archive": one(bucket, "audit-archive").outputs["arn"], "history": one(bucket, "config-history").outputs["arn"],
        **{f"{purpose.value}_key": one(key, f"platform-{purpose.value}").outputs["arn"] for purpose in ml.KeyPurpose},
        **{f"{name}_role": one(role, f"{name}-role").outputs["arn"] for name in ("training", "function")},
        "boundary": one("aws:iam/policy:Policy", "platform-boundary").outputs["arn"],
        "trail": one("aws:cloudtrail/trail:Trail", "audit-trail").outputs["arn"],
        "trail_log": one("aws:cloudwatch/logGroup:LogGroup", "audit-trail").outputs["arn"],
        "training_log": TRAINING_LOG,
    }  # fmt: skip


def filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {filled(key): filled(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(filled(inner) for inner in value)
    return re.sub(r"\{(\w+)\}", lambda found: names()[found[1]], value)


@functools.cache
def held(role: str) -> Policies:
    """What the role's own, its AWS managed and its boundary's policies say."""
    node = one("aws:iam/role:Role", role)
    inline = [
        policy
        for policy in graph().of_type("aws:iam/rolePolicy:RolePolicy")
        if node in graph().references(policy, "role")
    ]
    attached = [
        attachment.inputs["policyArn"].rpartition("/")[2]
        for attachment in graph().of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if node in graph().references(attachment, "role")
    ]
    (boundary,) = graph().references(node, "permissionsBoundary")
    return Policies(
        identity=(
            *(Policy.parse(policy.inputs["policy"], policy.name) for policy in inline),
            *(Policy.parse(aws_managed()[name]["Document"], name) for name in attached),
        ),
        boundary=Policy.parse(boundary.inputs["policy"], "boundary"),
    )


@functools.cache
def aws_managed() -> dict[str, Any]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    return json.loads(aws_managed_policies_data)


@functools.cache
def of_resource(resource: str) -> Policy | None:
    """The policy of a key or of an object's bucket."""
    for type_, holder in (
        ("aws:kms/key:Key", "aws:kms/key:Key"),
        ("aws:s3/bucket:Bucket", "aws:s3/bucketPolicy:BucketPolicy"),
    ):
        for node in graph().of_type(type_):
            if resource.partition("/AWSLogs")[0].startswith(node.outputs["arn"]):
                for policy in graph().of_type(holder):
                    if policy is node or node in graph().references(policy, "bucket"):
                        return Policy.parse(policy.inputs["policy"], policy.name)
    return None


def asked(role: str, row: list[str], also: tuple[Policy, ...] = (), *, bounded: bool = True) -> Any:
    """The decision on a row of a table; `also` are policies beside the role's own."""
    action, resource, *more = row
    context = dict(filled(table("contexts")[more[0]])) if more else {}
    arn = one("aws:iam/role:Role", role).outputs["arn"]
    every = {
        "aws:RequestedRegion": REGION,
        "aws:SecureTransport": "true",
        "s3:TlsVersion": "1.3",
        "aws:PrincipalAccount": ACCOUNT,
        "aws:ResourceAccount": ACCOUNT,
        "kms:CallerAccount": ACCOUNT,
        "aws:PrincipalArn": arn,
    }
    session = arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/somebody"
    principal = Principal(name=session, account=ACCOUNT, role=arn)
    on = filled(resource)
    policies, key = held(role), action.startswith("kms:")
    return evaluate(
        Request(principal=principal, action=action, resource=on, context={**every, **context}),
        Policies(
            identity=(*policies.identity, *also),
            boundary=policies.boundary if bounded else None,
            resource=of_resource(on),
            strict=key,
        ),
    )


@functools.cache
def table(name: str) -> dict[str, Any]:
    return tomllib.loads((TABLES / f"{name}.toml").read_text())


def rows(verdict: str) -> list[Any]:
    roles = {persona: f"people-{persona}" for persona in PERSONAS} | WORKLOADS
    found = [(role, row) for who, role in roles.items() for row in table(who).get(verdict, ())]
    if verdict == "denied":
        everybody = [*table("everybody")["denied"], *table("everybody")["everyday"]]
        found += [(role, row) for role in roles.values() for row in everybody]
    return [pytest.param(role, row, id=f"{role}-{'-'.join(row)}") for role, row in found]


@pytest.mark.parametrize(("role", "row"), rows("allowed"))
def test_roles_can_do_their_work(role: str, row: list[str]) -> None:
    decision = asked(role, row)
    assert decision, decision.reason


@pytest.mark.parametrize(("role", "row"), rows("denied"))
def test_roles_can_do_nothing_else(role: str, row: list[str]) -> None:
    decision = asked(role, row)
    assert not decision, decision.statements


ADMINISTRATOR = Policy.parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, "administrator")


@pytest.mark.parametrize("row", table("everybody")["denied"], ids="-".join)
@pytest.mark.parametrize("role", ["training-role", "people-break-glass"])
def test_boundaries_hold_whatever_is_allowed(role: str, row: list[str]) -> None:
    assert not asked(role, row, (ADMINISTRATOR,))


@pytest.mark.parametrize("row", table("everybody")["everyday"], ids="-".join)
def test_the_everyday_boundary_holds_identity_whatever_is_allowed(row: list[str]) -> None:
    assert not asked("training-role", row, (ADMINISTRATOR,))


def test_boundaries_are_not_what_keeps_work_from_being_done() -> None:
    row = ["sagemaker:CreateEndpoint", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/one"]
    assert asked("training-role", row, (ADMINISTRATOR,))


@pytest.mark.parametrize(("role", "row"), rows("never"))
def test_jobs_are_kept_apart_whatever_else_is_allowed(role: str, row: list[str]) -> None:
    assert asked(role, row, (ADMINISTRATOR,), bounded=False).outcome is Outcome.EXPLICIT_DENY


def trusts(verdict: str) -> list[Any]:
    return [
        pytest.param(role, entry.get("action", "sts:AssumeRole"), who, carried, id=f"{role}-{number}")
        for role, entry in table("trusts").items()
        for number, (who, carried) in enumerate(entry[verdict])
    ]


def assumed(role: str, action: str, who: str, carried: dict[str, str]) -> bool:
    kind, _, name = filled(who).partition(":")
    node = one("aws:iam/role:Role", role if role.startswith(("people", "sso")) else f"{role}-role")
    kind = {"S": "Service", "A": "AWS", "F": "Federated"}[kind]
    principal = Principal(name=name, account=ACCOUNT if kind == "AWS" else "", kind=kind)
    context = {"aws:PrincipalArn": name, **filled(carried)}
    anything = Policy.parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    trust = Policy.parse(node.inputs["assumeRolePolicy"])
    request = Request(principal=principal, action=action, account=ACCOUNT, context=context)
    own = (anything,) if kind == "AWS" else ()
    return bool(evaluate(request, Policies(identity=own, resource=trust, strict=True)))


@pytest.mark.parametrize(("role", "action", "who", "carried"), trusts("allowed"))
def test_who_is_meant_can_assume_the_role(role: str, action: str, who: str, carried: dict[str, str]) -> None:
    assert assumed(role, action, who, carried)


@pytest.mark.parametrize(("role", "action", "who", "carried"), trusts("denied"))
def test_nobody_else_can_assume_the_role(role: str, action: str, who: str, carried: dict[str, str]) -> None:
    assert not assumed(role, action, who, carried)


def test_every_table_says_enough() -> None:
    for name in (*PERSONAS, *WORKLOADS):
        assert len(table(name)["denied"]) >= 5
        assert len(table(name)["allowed"]) >= 4
    for row in [row for name in (*PERSONAS, *WORKLOADS, "everybody") for rows in table(name).values() for row in rows]:
        assert len(row) in (2, 3)


def test_nobody_holds_two_jobs_that_auditors_keep_apart() -> None:
    """Of what changes the platform, what reads data and what approves models, a persona has one at most."""
    apart = {
        "data": ["s3:GetObject", "{datasets}/train.csv"],
        "approval": ["sagemaker:UpdateModelPackage", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/one"],
        "machines": ["ec2:TerminateInstances", f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0123456789abcdef0"],
        "records": ["s3:GetObject", "{archive}/AWSLogs/x"],
    }
    jobs = {
        persona: [job for job, row in apart.items() if asked(f"people-{persona}", row)]
        for persona in PERSONAS
        if persona != "break-glass"
    }
    assert jobs == {
        "data-scientist": ["data"],
        "ml-engineer": ["approval"],
        "platform-operator": ["machines"],
        "auditor": ["records"],
    }
