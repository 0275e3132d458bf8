"""Every policy of the platform's roles, as a linter and IAM's own limits see them."""

from __future__ import annotations

import json
import re
from collections import defaultdict

import parliament

from mlinfra.components.access_policies import INTERFACES
from mlinfra.graph import Node
from tests.components.access.platform import graph

READS = re.compile(
    r"[\w-]+:(BatchDescribe|BatchGet|Describe|Generate|Get|List|Lookup|Search|Select|Simulate|Validate|View)"
)
# The longest that IAM takes, white space aside (IAM user guide, "IAM and AWS STS quotas", 2026-11-22).
MANAGED, INLINE, TRUST = 6_144, 10_240, 2_048
# What cannot be limited to a resource, or is not told apart by one (Service Authorization Reference).
UNSCOPED = {
    *("ecr:GetAuthorizationToken", "cloudwatch:PutMetricData", "logs:StopQuery"),
    *("access-analyzer:ValidatePolicy", "cloudtrail:LookupEvents"),
}


def policies() -> list[Node]:
    return [*graph().of_type("aws:iam/rolePolicy:RolePolicy"), *graph().of_type("aws:iam/policy:Policy")]


def dense(text: str) -> int:
    return len(re.sub(r"\s", "", text))


def test_the_linter_finds_nothing() -> None:
    assert {policy.name: found for policy in policies() if (found := findings(policy))} == {}


def findings(policy: Node) -> list[tuple[object, ...]]:
    boundary = policy.type.endswith(":Policy")  # names whole services, and allows nothing by itself
    return [
        (finding.issue, finding.detail, finding.location)
        for finding in parliament.analyze_policy_string(policy.inputs["policy"]).findings
        if not (finding.issue == "RESOURCE_STAR" and (boundary or reads_only(finding.detail)))
        and not (finding.issue == "RESOURCE_MISMATCH" and lambda_asks_for_it(finding.detail))
    ]


def reads_only(actions: list[str]) -> bool:
    return all(READS.match(action) or action in UNSCOPED for action in actions)


def lambda_asks_for_it(mismatches: list[dict[str, str]]) -> bool:
    return all(one["action"] in INTERFACES for one in mismatches)


def test_the_linter_would_find_something() -> None:
    def issues(action: str, resource: str) -> set[str]:
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        return {finding.issue for finding in parliament.analyze_policy_string(json.dumps(document)).findings}

    assert issues("s3:GetObjekt", "*") == {"UNKNOWN_ACTION"}
    assert issues("sagemaker:CreateTrainingJob", "arn:aws:s3:::bucket") == {"RESOURCE_MISMATCH"}
    assert not reads_only(["s3:PutObject"])


def test_no_policy_is_longer_than_iam_takes() -> None:
    inline: dict[str, int] = defaultdict(int)
    for policy in graph().of_type("aws:iam/rolePolicy:RolePolicy"):
        (role,) = graph().references(policy, "role")
        inline[role.name] += dense(policy.inputs["policy"])
    assert max(inline.values()) <= INLINE
    assert all(dense(policy.inputs["policy"]) <= MANAGED for policy in graph().of_type("aws:iam/policy:Policy"))
    assert all(dense(role.inputs["assumeRolePolicy"]) <= TRUST for role in graph().of_type("aws:iam/role:Role"))


def test_nothing_allows_a_whole_service_but_boundaries() -> None:
    for policy in graph().of_type("aws:iam/rolePolicy:RolePolicy"):
        for statement in json.loads(policy.inputs["policy"])["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert statement["Effect"] == "Deny" or not [one for one in actions if re.fullmatch(r"(\*|[\w-]+:\*)", one)]


def test_every_role_that_something_or_somebody_works_with_is_bounded() -> None:
    own = {"audit-trail"}  # CloudTrail's way to its log group, which nobody can assume
    roles = [role for role in graph().of_type("aws:iam/role:Role") if role.name not in own]
    assert len(roles) >= 10
    assert all(graph().references(role, "permissionsBoundary") for role in roles)
