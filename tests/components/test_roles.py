"""The boundary, and roles of workloads: what they declare."""

from __future__ import annotations

import json
from typing import Any

import pytest

import mlinfra as ml
from mlinfra.catalog.guardrails import guardrails
from mlinfra.catalog.trusted_services import trusted_services
from mlinfra.components.boundary import boundary

ACCOUNT = ml.Account(id="123456789012", region="eu-central-1")
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/data"
BUCKET = "arn:aws:s3:::datasets"


def service_role(declare, **arguments: Any):
    args = {"account": ACCOUNT, "boundary_arn": BOUNDARY, "service": "sagemaker", **arguments}
    return declare(lambda: ml.ServiceRole("training", ml.ServiceRoleArgs(**args)))


def test_the_boundary_keeps_to_the_regions_given() -> None:
    by_sid = {s["Sid"]: s for s in boundary(ACCOUNT, ["eu-west-1", "eu-central-1"]).render()["Statement"]}
    keep = by_sid["KeepToRegions"]
    assert keep["Effect"] == "Deny"
    assert keep["Condition"] == {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}}
    assert "iam:*" in keep["NotAction"]
    assert "ProtectArchives" not in by_sid


def test_the_boundaries_differ_in_how_identity_is_protected_alone() -> None:
    everyday, emergency = (
        {s["Sid"] for s in boundary(ACCOUNT, ["eu-central-1"], role=role).render()["Statement"]}
        for role in ("everyday", "emergency")
    )
    assert everyday ^ emergency == {"ProtectIdentity", "ProtectCredentials"}


def test_every_guard_denies_and_says_why() -> None:
    for guard in guardrails().guards:
        assert guard.why
        assert guard.binds <= {"everyday", "emergency"}
        assert all(":" in action and not action.endswith(":*") for action in guard.actions)


def test_the_component_makes_both_and_hands_out_their_arns(declare) -> None:
    args = ml.PermissionsBoundaryArgs(account=ACCOUNT, archive_bucket_arns=["arn:aws:s3:::archive"])
    declared = declare(lambda: ml.PermissionsBoundary("platform", args))
    made = {node.name: node for node in declared.of("aws:iam/policy:Policy")}
    outputs = declared.one("mlinfra:boundary:PermissionsBoundary").outputs
    assert outputs["policyArn"] == made["platform-boundary"].outputs["arn"]
    assert outputs["emergencyPolicyArn"] == made["platform-emergency"].outputs["arn"]
    archives = json.loads(made["platform-boundary"].inputs["policy"])["Statement"][-1]
    assert archives["Resource"] == ["arn:aws:s3:::archive", "arn:aws:s3:::archive/*"]


def test_a_role_is_bounded_and_reaches_nothing_unless_told(declare) -> None:
    declared = service_role(declare)
    assert declared.one("aws:iam/role:Role").inputs["permissionsBoundary"] == BOUNDARY
    assert not declared.of("aws:iam/rolePolicy:RolePolicy")


def test_the_arn_is_handed_out_once_the_policy_stands(declare) -> None:
    def program() -> None:
        access = ml.Access(metrics_in=["Platform/Training"])
        args = {"account": ACCOUNT, "boundary_arn": BOUNDARY, "service": "lambda", "access": access}
        role = ml.ServiceRole("one", ml.ServiceRoleArgs(**args))
        hand_on = ml.PassRole(role_arn=role.role_arn, service="lambda")
        ml.ServiceRole("two", ml.ServiceRoleArgs(**{**args, "access": ml.Access(pass_roles=[hand_on])}))

    declared = declare(program)
    assert "one-role-access" in declared.needs(declared.one("aws:iam/rolePolicy:RolePolicy", "two-role-access"))


@pytest.mark.parametrize("service", list(trusted_services()))
def test_every_service_says_for_whom_it_acts_where_it_can(declare, statements, service: str) -> None:
    (assume,) = statements(service_role(declare, service=service).one("aws:iam/role:Role"), "assumeRolePolicy")
    known = trusted_services()[service]
    assert assume["Principal"] == {"Service": known.principal}
    if known.source:
        assert assume["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
        assert "123456789012" in assume["Condition"]["ArnLike"]["aws:SourceArn"]
    else:
        assert "Condition" not in assume


def test_sources_and_documentation_are_stated_for_every_service() -> None:
    assert {name for name, known in trusted_services().items() if not known.source} == {"lambda", "ec2"}
    assert all(known.docs.startswith("https://docs.aws.amazon.com/") for known in trusted_services().values())


def test_keys_are_used_through_s3_for_the_bucket_alone(declare, statements) -> None:
    access = ml.Access(buckets=[ml.BucketAccess(bucket_arn=BUCKET, key_arn=KEY)])
    by_sid = {
        s["Sid"]: s for s in statements(service_role(declare, access=access).one("aws:iam/rolePolicy:RolePolicy"))
    }
    assert set(by_sid) == {"ListBuckets", "ReadObjects", "ReadWithKeys"}
    assert by_sid["ReadWithKeys"] == {
        "Sid": "ReadWithKeys",
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": KEY,
        "Condition": {
            "StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"},
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": [BUCKET, f"{BUCKET}/*"]},
        },
    }


@pytest.mark.parametrize(
    ("mode", "sids"),
    [
        ("read", {"ListBuckets", "ReadObjects", "ReadWithKeys"}),
        ("write", {"ListBuckets", "WriteObjects", "WriteWithKeys"}),
        (
            "read-write",
            {"ListBuckets", "ReadObjects", "WriteObjects", "DeleteObjects", "ReadWithKeys", "WriteWithKeys"},
        ),
    ],
)
def test_modes_are_what_they_say(declare, statements, mode: str, sids: set[str]) -> None:
    access = ml.Access(buckets=[ml.BucketAccess(bucket_arn=BUCKET, key_arn=KEY, mode=ml.Mode(mode))])
    made = statements(service_role(declare, access=access).one("aws:iam/rolePolicy:RolePolicy"))
    assert {statement["Sid"] for statement in made} == sids


def test_a_role_for_pods_comes_with_its_association(declare) -> None:
    args = {"account": ACCOUNT, "boundary_arn": BOUNDARY, "namespace": "training", "service_account": "trainer"}
    cluster = "arn:aws:eks:eu-central-1:123456789012:cluster/platform"
    declared = declare(lambda: ml.PodRole("trainer", ml.PodRoleArgs(**args, cluster_arn=cluster)))
    association = declared.one("aws:eks/podIdentityAssociation:PodIdentityAssociation")
    assert association.inputs["clusterName"] == "platform"
    assert (association.inputs["namespace"], association.inputs["serviceAccount"]) == ("training", "trainer")
    assert declared.refers(association, "roleArn") == {"trainer-role"}


def test_github_is_trusted_once_or_already(declare) -> None:
    made = declare(lambda: ml.GitHubProvider("github", ml.GitHubProviderArgs(account=ACCOUNT)))
    provider = made.one("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
    assert provider.inputs["url"] == "https://token.actions.githubusercontent.com"
    assert provider.inputs["clientIdLists"] == ["sts.amazonaws.com"]
    already = declare(lambda: ml.GitHubProvider("github", ml.GitHubProviderArgs(account=ACCOUNT, existing=True)))
    assert not already.of("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
    assert (
        already.one("mlinfra:roles_github:GitHubProvider").outputs["providerArn"]
        == "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    )
